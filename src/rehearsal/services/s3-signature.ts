import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { ServiceRequest, World } from '../world.ts';

/** Who signed a request, or S3's error code for why it does not count. */
export type Verification = { readonly buckets: readonly string[] } | { readonly code: string };

const ALGORITHM = 'AWS4-HMAC-SHA256';
const LONGEST = 7 * 24 * 3600;

/** Checks a request that was presigned in its query (Signature Version 4, unsigned payload), at the world's time. */
export function verifySignature({ method, path, query, headers }: ServiceRequest, world: World): Verification {
  const value = (name: string) => query.get(`X-Amz-${name}`) ?? '';
  const [accessKey = '', ...scope] = value('Credential').split('/');
  const names = value('SignedHeaders').split(';');
  // Without a signature it comes from a stranger, to whom no bucket is open.
  if (value('Algorithm') !== ALGORITHM) return { buckets: [] };
  const seconds = Number(value('Expires'));
  const age = (world.now().getTime() - parseDate(value('Date'))) / 1000;
  if (!(seconds > 0 && seconds <= LONGEST && age <= seconds)) return { code: 'AccessDenied' };
  const key = world.buckets.secretOf(accessKey);
  if (key === undefined) return { code: 'InvalidAccessKeyId' };

  const parameters = [...query].filter(([name]) => name !== 'X-Amz-Signature').map(([name, text]) => `${encode(name)}=${encode(text)}`);
  const canonical = [
    method,
    path.split('/').map(encode).join('/'),
    parameters.sort().join('&'),
    ...names.map((name) => `${name}:${headers[name]?.trim()}`),
    '',
    names.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n');
  const toSign = [ALGORITHM, value('Date'), scope.join('/'), hash('sha256', canonical)].join('\n');
  const signingKey = scope.reduce<string | Buffer>(hmac, `AWS4${key.secretKey}`);
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

/** "20260131T120000Z" in milliseconds; NaN for what is no time. */
function parseDate(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
