import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '#adapters/clock.ts';
import { loadConfig } from '#adapters/kubernetes/config.ts';
import type { Kubernetes, Reply } from '#adapters/kubernetes/connect.ts';
import { holderOf } from '#adapters/kubernetes/holder.ts';
import { createObserver } from '#adapters/observer.ts';
import { Unobserved, Unreadable, UserError } from '#model/errors.ts';
import type { Manifest } from '#model/kubernetes.ts';
import type { Request } from '#model/read.ts';
import { json, serve, temporary } from './support/server.ts';

const signal = new AbortController().signal;
const service = { namespace: 'monitoring', name: 'loki', port: 3100 };
const keys = { namespace: 'monitoring', name: 'keys', user: 'user', password: 'password' };
const bucket = { name: 'loki-logs', endpoint: service, pathStyle: true, region: 'us-east-1', credentials: keys };
const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'monitoring', name: 'loki' };

const REQUESTS: readonly Request[] = [
  { of: 'object', ref },
  { of: 'list', scope: { group: '', version: 'v1', resource: 'pods' } },
  { of: 'list', scope: { group: 'apps', version: 'v1', resource: 'deployments' }, fields: ['spec.containers.name', 'metadata.labels'] },
  { of: 'logs', namespace: 'monitoring', pod: 'loki-0', container: 'loki', tail: 10 },
  { of: 'secret', namespace: 'monitoring', name: 'keys', reveal: ['bucket'] },
  { of: 'http', service, path: '/config' },
  { of: 'http', service, path: '/api/datasources', login: keys },
  { of: 'api', path: '/version' },
  { of: 's3', bucket, operation: 'list' },
  { of: 's3', bucket, operation: 'newest', count: 3 },
  { of: 's3', bucket, operation: 'head-bucket' },
  { of: 's3', bucket, operation: 'get', key: 'a' },
];

/** What each kind of answer is made of, and what nobody would expect there. */
const odd = fc.oneof(
  fc.constantFrom(null, true, 0, -1, 1e300, '', ' ', '__proto__', '\u001b[2J', '\u0000', 'a\nb', [], {}),
  fc.jsonValue({ maxDepth: 2 }),
);
const maybe = (usual: fc.Arbitrary<unknown>) => fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: odd });
const record = (model: Record<string, fc.Arbitrary<unknown>>) => maybe(fc.record(model, { requiredKeys: [] }));
const metadata = record({ name: maybe(fc.constant('x')), namespace: maybe(fc.constant('y')), labels: odd, annotations: odd });
const spec = record({ containers: maybe(fc.array(record({ name: odd }), { maxLength: 2 })) });
const data = record({ user: maybe(fc.constant('YQ==')), password: maybe(fc.constant('YQ==')), bucket: odd });
const object = record({ apiVersion: maybe(fc.constant('v1')), kind: maybe(fc.constant('Secret')), metadata, spec, data });
const list = record({
  apiVersion: maybe(fc.constant('v1')),
  kind: fc.constant('PodList'),
  items: maybe(fc.array(object, { maxLength: 3 })),
  metadata: record({ continue: fc.constantFrom('', null, 1, 'next') }),
});
const refusal = record({ kind: fc.constant('Status'), apiVersion: fc.constant('v1'), message: odd, reason: odd });
const prototype = fc.constantFrom(
  '{"__proto__":{"polluted":1},"apiVersion":"v1","kind":"X","metadata":{"name":"x"}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
);

const word = fc.constantFrom(
  'ListBucketResult',
  'Contents',
  'Key',
  'Size',
  'LastModified',
  'IsTruncated',
  'NextContinuationToken',
  'Error',
  'Code',
  'Message',
  '__proto__',
  'constructor',
);
const text = fc.constantFrom('', 'true', '1', 'a/b', '2026-11-25T12:00:00Z', '&lol;', '&#27;[2J', '<![CDATA[x]]>', '\u0000');
const { xml } = fc.letrec<{ xml: string }>((tie) => ({
  xml: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.tuple(word, fc.array(tie('xml'), { maxLength: 4 })).map(([name, inner]) => `<${name}>${inner.join('')}</${name}>`),
  ),
}));
const bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>';
const entry = fc
  .array(fc.tuple(fc.constantFrom('Key', 'Size', 'LastModified', 'Key'), xml), { maxLength: 4 })
  .map((fields) => `<Contents>${fields.map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</Contents>`);
const bucketList = fc
  .tuple(fc.constantFrom('', bomb, '<?xml version="1.0"?>'), fc.array(fc.oneof(entry, xml), { maxLength: 4 }))
  .map(([head, inner]) => `${head}<ListBucketResult>${inner.join('')}</ListBucketResult>`);

const body = fc.oneof(
  ...[object, list, refusal].map((value) => value.map((one) => JSON.stringify(one))),
  prototype,
  bucketList,
  xml,
  fc.string(),
  fc.constantFrom('404 page not found', '<html>', '{', '[', 'null', '\u001b]0;title\u0007'),
);
const reply: fc.Arbitrary<Reply> = fc.record({
  status: fc.constantFrom(200, 200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 410, 429, 500, 503, 504),
  headers: fc.constantFrom<Record<string, string>>({}, { 'set-cookie': '\n;\n=' }, { 'set-cookie': 'a=b; Path=/', date: 'never' }),
  body,
});

test('whatever is answered to a read, it is understood, or it is said that it was not', { timeout: 60_000 }, async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(...REQUESTS),
    fc.array(reply, { minLength: 1, maxLength: 4 }),
    async (request, replies) => {
      const observer = createObserver({ kubernetes: answering(replies), clock: systemClock() });
      const outcome = await observer.read(request, signal).catch((error: unknown) => error);
      if (outcome instanceof Error)
        expect(
          [Unobserved, Unreadable, UserError].some((kind) => outcome instanceof kind),
          outcome.stack,
        ).toBe(true);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );
  await fc.assert(property, { numRuns: 4000 });
});

test('a Lease that anybody may have written is held, has expired, or is nobody’s', () => {
  const lease = fc.record(
    {
      holderIdentity: maybe(fc.constant('host/boot/1/2')),
      renewTime: maybe(fc.constant('2026-11-25T12:00:00Z')),
      acquireTime: odd,
      leaseDurationSeconds: maybe(fc.constant(30)),
    },
    { requiredKeys: [] },
  );
  const property = fc.property(lease, (fields) => {
    const object = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'x' }, spec: fields } as unknown as Manifest;
    expect([undefined, 'alive', 'expired', 'gone']).toContain(holderOf(object, new Date('2026-11-25T12:00:10Z'))?.state);
  });
  // What a run of this once found: a time that is no text.
  fc.assert(property, { numRuns: 500, examples: [[{ holderIdentity: 'host/boot/1/2', renewTime: { toString: 0 } as never }]] });
});

test.each(['s3', 'list'] as const)('a list without an end (%s) is given up', { timeout: 30_000 }, async (of) => {
  const page =
    of === 's3'
      ? '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>again</NextContinuationToken></ListBucketResult>'
      : JSON.stringify({ apiVersion: 'v1', kind: 'PodList', items: [], metadata: { continue: 'again' } });
  const key = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, data: { user: 'YQ==', password: 'YQ==' } };
  const replies = of === 's3' ? [JSON.stringify(key), page] : [page];
  const observer = createObserver({
    kubernetes: answering(replies.map((one) => ({ status: 200, headers: {}, body: one }))),
    clock: systemClock(),
  });
  const request = REQUESTS.find((one) => one.of === of) as Request;
  await expect(observer.read(request, signal)).rejects.toThrow(/has no end after \d+ pages/);
});

test('an answer without an end is given up once it is larger than anything we read', { timeout: 30_000 }, async () => {
  let sent = 0;
  const { kubernetes } = await serve((request, response) => {
    if (request.url !== '/endless') return json(response, 200, {});
    const chunk = Buffer.alloc(2 ** 20, 'x');
    const more = () => {
      while (!response.destroyed) {
        sent += chunk.length;
        if (!response.write(chunk)) return;
      }
    };
    response.on('drain', more).on('error', () => {});
    more();
  });
  await expect(kubernetes.request('GET', '/endless')).rejects.toThrow('the answer to /endless is larger than 64 MiB');
  expect(sent).toBeLessThan(200 * 2 ** 20);
});

test('whatever stands in a kubeconfig, it is used, or it is said what is wrong with it', { timeout: 60_000 }, async () => {
  const named = (model: fc.Arbitrary<unknown>, name: string) =>
    maybe(fc.array(record({ name: maybe(fc.constant('x')), [name]: model }), { maxLength: 2 }));
  const server = fc.constantFrom('http://127.0.0.1:1', 'https://[', 'file:///etc/passwd', 'http://a:b@c', '../..');
  const user = record({
    token: odd,
    tokenFile: maybe(fc.constant('../../nowhere')),
    username: odd,
    password: odd,
    'client-key-data': odd,
    exec: record({ command: odd, args: odd, env: odd }),
  });
  const kubeconfig = record({
    'current-context': maybe(fc.constant('x')),
    contexts: named(record({ cluster: maybe(fc.constant('x')), user: maybe(fc.constant('x')) }), 'context'),
    clusters: named(record({ server: maybe(server), 'certificate-authority-data': odd, 'proxy-url': odd }), 'cluster'),
    users: named(user, 'user'),
  });
  const file = path.join(await temporary(), 'kubeconfig');
  const property = fc.property(
    fc.oneof(
      kubeconfig.map((value) => JSON.stringify(value)),
      fc.string(),
    ),
    (content) => {
      fs.writeFileSync(file, content);
      try {
        loadConfig({ kubeconfig: file });
      } catch (error) {
        expect(error, (error as Error).stack).toBeInstanceOf(UserError);
      }
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );
  fc.assert(property, { numRuns: 1000 });
});

/** Gives one after the other, and the last one for ever. */
function answering(replies: readonly Reply[]): Kubernetes {
  let at = 0;
  return {
    contextName: 'lab',
    server: new URL('http://127.0.0.1:1'),
    request: async () => replies[Math.min(at++, replies.length - 1)] as Reply,
    async *stream() {},
  };
}
