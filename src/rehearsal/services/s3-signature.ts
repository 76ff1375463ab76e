import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ServiceRequest, World } from '../world.ts';

/** Who signed a request, or S3's error code for why it does not count. */
export type Verification = { readonly buckets: readonly string[] } | { readonly code: string };

const ALGORITHM = 'AWS4-HMAC-SHA256';
const LONGEST = 7 * 24 * 3600;

/** Checks a request that was presigned in its query (Signature Version 4, unsigned payload), at the world's time. */
export function verifySignature({ method, path, query, headers }: ServiceRequest, world: World): Verification {
  const value = (name: string) => query.get(`X-Amz-${name}`) ?? '';
  if (value('Algorithm') !== ALGORITHM) return { code: 'AccessDenied' };
  const [accessKey = '', ...scope] = value('Credential').split('/');
  const key = world.buckets.secretOf(accessKey);
  if (key === undefined) return { code: 'InvalidAccessKeyId' };
  const [day = '', region = '', service = '', terminal = ''] = scope;
  const date = value('Date');
  const signed = parseDate(date);
  if (signed === undefined || !date.startsWith(day) || service !== 's3' || terminal !== 'aws4_request') return { code: 'AccessDenied' };
  const seconds = Number(value('Expires'));
  const age = (world.now().getTime() - signed) / 1000;
  if (!(seconds > 0 && seconds <= LONGEST) || age > seconds) return { code: 'AccessDenied' };

  const names = value('SignedHeaders').split(';');
  if (!names.includes('host')) return { code: 'AccessDenied' };
  const canonical = [
    method,
    path.split('/').map(encode).join('/'),
    [...query]
      .filter(([name]) => name !== 'X-Amz-Signature')
      .map(([name, text]) => `${encode(name)}=${encode(text)}`)
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim()}`),
    '',
    names.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n');
  const toSign = [ALGORITHM, date, scope.join('/'), createHash('sha256').update(canonical).digest('hex')].join('\n');
  const signingKey = [day, region, service, terminal].reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${key.secretKey}`);
  const expected = hmac(signingKey, toSign);
  const given = Buffer.from(value('Signature'), 'hex');
  const right = given.length === expected.length && timingSafeEqual(given, expected);
  return right ? { buckets: key.buckets } : { code: 'SignatureDoesNotMatch' };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** S3's own encoding: everything but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** "20260131T120000Z" in milliseconds. */
function parseDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
