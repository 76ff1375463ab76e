import { describe, expect, it } from 'vitest';
import { findLeaks } from './search.ts';

const SECRET = 'p/q+r s"t?u&v=w~x';
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('the search for leaks', () => {
  it.each([
    ['as it is', `the key ${SECRET} was refused`],
    ['in an address', `https://u:${encodeURIComponent(SECRET)}@example.org`],
    ['in a form', new URLSearchParams({ password: SECRET, next: '/' }).toString()],
    ['in JSON', JSON.stringify({ password: SECRET })],
    ['in hexadecimal', `dump: ${Buffer.from(SECRET).toString('hex')}00`],
    ...['', 'u:', 'ab:', 'abc:'].flatMap((before): [string, string][] => [
      [`in base64 after "${before}"`, base64(`${before}${SECRET}`)],
      [`in base64 after "${before}", with more behind`, base64(`${before}${SECRET}, more`)],
      [`in base64 of URLs after "${before}"`, Buffer.from(`${before}${SECRET}`).toString('base64url')],
    ]),
  ])('finds a marker %s', (_, text) => {
    expect(findLeaks({ 'S3 key': SECRET }, { stdout: 'nothing', stderr: text })).toEqual(['S3 key in stderr']);
  });

  it('finds nothing else', () => {
    expect(findLeaks({ 'S3 key': SECRET }, { stdout: `${SECRET.slice(1)} ${base64(SECRET.slice(1))} ***` })).toEqual([]);
  });
});
