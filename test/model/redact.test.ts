import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, redactLines } from '#model/redact.ts';

const characters = (alphabet: string) => (minimum: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: minimum, maxLength: 60 });
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const base64 = characters(`${LETTERS}+/`);
const hex = characters('0123456789abcdef');
/** All that is printed but quotes, backslashes and spaces: whoever writes these into a value quotes or escapes it. */
const word = characters(`${LETTERS}!#$%&()*+,-./:;<=>?@[]^_{|}~`);
const userinfo = characters(`${LETTERS}!$&()*+,-.;=_~%@:`);
const quoted = characters(`${LETTERS}!#$%&()*+,-./:;<=>?@[]^_{|}~ `);

const NAMES = [
  ...['password', 'passwd', 'secret_access_key', 'secretAccessKey', 'AWS_SECRET_ACCESS_KEY', 'access_key_id', 'db_password', 'PGPASSWORD'],
  ...[
    'api-key',
    'apiKey',
    'client_secret',
    'token',
    'session_token',
    'X-Amz-Signature',
    'x-amz-security-token',
    'Set-Cookie',
    'passphrase',
  ],
];
const name = fc.constantFrom(...NAMES);
const around = fc.constantFrom('', 'level=error msg="it failed" ', 'ts=2026-11-25T13:00:00Z ', '{"level":"error",');

/** Where a secret stands, and of what it is made. */
const POSITIONS: readonly [string, fc.Arbitrary<readonly [text: string, secret: string]>][] = [
  ['an assignment', fc.tuple(name, word(6)).map(([key, value]) => [`${key}=${value} at work`, value])],
  ['a header', fc.tuple(name, word(6)).map(([key, value]) => [`${key}: ${value}`, value])],
  ['JSON', fc.tuple(name, quoted(6)).map(([key, value]) => [`${JSON.stringify({ [key]: value })}`, value])],
  ['JSON within a string', fc.tuple(name, quoted(6)).map(([key, value]) => [JSON.stringify(JSON.stringify({ [key]: value })), value])],
  ['quotes', fc.tuple(name, quoted(6)).map(([key, value]) => [`${key}="${value}" at=work`, value])],
  ['single quotes', fc.tuple(name, quoted(6)).map(([key, value]) => [`${key}: '${value}'`, value])],
  ['quotes that are never closed', fc.tuple(name, quoted(6)).map(([key, value]) => [`${key}="${value}`, value])],
  [
    'Authorization',
    fc
      .tuple(fc.constantFrom('Basic', 'Token', 'AWS4-HMAC-SHA256'), quoted(6))
      .map(([as, value]) => [`Authorization: ${as} ${value}`, value]),
  ],
  ['Authorization in JSON', quoted(6).map((value) => [JSON.stringify({ Authorization: `Bearer ${value}` }), value])],
  ['Bearer', base64(6).map((value) => [`sent bearer ${value}, refused`, value])],
  ['a URL', userinfo(6).map((value) => [`cannot reach https://loki:${value}@example.org/push`, value])],
  ['an access key', characters('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')(12).map((value) => [`key AKIA${value} does not exist`, value])],
  [
    'a token beside its word',
    fc
      .tuple(fc.constantFrom('token', 'the secret', 'key', 'password is'), fc.oneof(base64(24), hex(32)))
      .map(([beside, value]) => [`${beside} ${value} was refused`, value]),
  ],
  [
    'a JWT',
    base64(12)
      .map((value) => value.replace(/[+/]/g, 'x'))
      .map((value) => [`got eyJhbGciOiJIUzI1NiJ9.${value}.sig`, value]),
  ],
  [
    'a private key',
    base64(40).map((value) => [`-----BEGIN RSA PRIVATE KEY-----\n${value}\n${value}==\n-----END RSA PRIVATE KEY-----\nnext`, value]),
  ],
  ['a private key that was cut off', base64(40).map((value) => [`-----BEGIN PRIVATE KEY-----\n${value}`, value])],
  ['the end of a private key', base64(6).map((value) => [`${value}\n-----END EC PRIVATE KEY-----`, value])],
  ['the middle of a private key', base64(40).map((value) => [`${value}\n${value}`, value])],
];

describe('a secret does not survive in', () => {
  it.each(POSITIONS)('%s', (_, position) => {
    const property = fc.property(around, position, (before, [text, secret]) => {
      expect(redact(text.includes('\n') ? text : before + text)).not.toContain(secret);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('what says why is left', () => {
  it.each([
    'level=error msg="error running loki" err="mkdir /var/loki: read-only file system"',
    'level=info ts=2026-11-25T13:00:00Z caller=main.go:126 msg="Starting Loki" version="(version=3.7.8, branch=release-3.7.x, revision=abcdef12)"',
    'failed parsing config: /etc/loki/config/config.yaml: yaml: unmarshal errors: line 12: field retention_enabled not found in type compactor.Config',
    "couldn't find key access_key_id in Secret monitoring/loki-s3-credentials",
    'open /etc/secrets/loki-s3-credentials/bucket: no such file or directory',
    'err="NoSuchBucket: The specified bucket does not exist" bucket=loki-chunks',
    'GET http://rook-ceph-rgw-storage.storage.svc/loki-chunks: 403 SignatureDoesNotMatch',
    '',
  ])('%s', (line) => expect(redact(line)).toBe(line));

  it.each([
    ['a=1 password=x b=2', 'a=1 password=*** b=2'],
    ['got eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.sig at last', 'got *** at last'],
    ['AKIAIOSFODNN7EXAMPLE does not exist', '*** does not exist'],
    ['https://u:p@host/path', 'https://***@host/path'],
    ['Authorization: Basic dTpw', 'Authorization: ***'],
    ['abc\n-----END PRIVATE KEY-----\nnext', '***\nnext'],
    ['-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nnext', '***\nnext'],
  ])('beside what is masked: %j', (text, left) => expect(redact(text)).toBe(left));

  it('lines stay lines', () => expect(redact('one\npassword=hunter22\nthree')).toBe('one\npassword=***\nthree'));
});

describe('a diff', () => {
  it.each<[string, string, string]>([
    ['keeps what names no credential', '+  retention: 30d\n-  retention: 14d', '+  retention: 30d\n-  retention: 14d'],
    ['loses the value beside a name', '+  apiToken: hunter2\n  a: 1', '+  apiToken: ***\n  a: 1'],
    ['keeps its heading', '+++ b/apps/secret.yaml/kubernetes/apps/monitoring', '+++ b/apps/secret.yaml/kubernetes/apps/monitoring'],
    ['keeps a map below such a name', '+secretStoreRef:\n+  kind: SecretStore', '+secretStoreRef:\n+  kind: SecretStore'],
    [
      'loses the value of a named pair',
      '+- name: DB_PASSWORD\n+  value: hunter2\n+- name: A',
      '+- name: DB_PASSWORD\n+  value: ***\n+- name: A',
    ],
    ['loses the block below a name', '+password: |\n+  hunter2\n+\n+  more\n+b: 1', '+password: |\n+  ***\n+\n+  ***\n+b: 1'],
    ['loses the credentials of an address', '+url: https://a:b@c', '+url: https://***@c'],
  ])('%s', (_, before, after) => {
    expect(redactLines(before)).toBe(after);
  });
});
