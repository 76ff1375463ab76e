import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '#adapters/clock.ts';
import { describeFailure } from '#adapters/kubernetes/failures.ts';
import { createS3 } from '#adapters/s3.ts';
import { explainStore } from '#adapters/s3-outside.ts';
import type { BucketRef } from '#model/read.ts';
import { json, serve } from './support/server.ts';

const { signal } = new AbortController();
const LIST =
  '<ListBucketResult><Contents><Key>a</Key><Size>1</Size><LastModified>2026-11-25T00:00:00Z</LastModified></Contents></ListBucketResult>';

/** A loopback server that stands in for an object store outside of the cluster, and an API server that only has its Secret. */
async function outside(answer: (request: IncomingMessage, response: ServerResponse) => void, rest: Partial<BucketRef> = {}) {
  const { kubernetes } = await serve((_, response) =>
    json(response, 200, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, data: { id: btoa('AKIA'), key: btoa('hunter2') } }),
  );
  const asked: URL[] = [];
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '/', `http://${request.headers.host}`));
    request.resume().on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { namespace: 'monitoring', name: 'keys', user: 'id', password: 'key' };
  const bucket: BucketRef = { endpoint, pathStyle: true, region: 'lab', name: 'logs', credentials, ...rest };
  return { asked, bucket, s3: createS3(kubernetes, systemClock()) };
}

test('the bucket in the path: asked directly, signed for its region', async () => {
  const { asked, bucket, s3 } = await outside((_, response) => response.end(LIST));
  expect(await s3.read({ of: 's3', bucket, operation: 'list', key: 'fake/' }, signal)).toMatchObject({
    status: 200,
    objects: [{ key: 'a' }],
  });
  await s3.put({ do: 's3-put', bucket, key: 'fake/a b', body: 'x' }, signal);
  expect(asked.map(({ origin, pathname }) => origin + pathname)).toEqual([`${bucket.endpoint}/logs`, `${bucket.endpoint}/logs/fake/a%20b`]);
  expect(asked[0]?.searchParams.get('X-Amz-Credential')).toMatch(/^AKIA\/\d{8}\/lab\/s3\/aws4_request$/);
});

test('a stranger: nothing is signed; a web page is no object store', async () => {
  const pages = ['<Error><Code>AccessDenied</Code></Error>', '<html><br>'];
  const { asked, bucket, s3 } = await outside((_, response) => response.writeHead(403).end(pages.shift()));
  const stranger = { of: 's3', bucket, operation: 'head-bucket', unsigned: true } as const;
  expect(await s3.read(stranger, signal)).toEqual({ of: 's3', status: 403, code: 'AccessDenied' });
  expect(await s3.read(stranger, signal)).toEqual({ of: 's3', status: 403, body: '<html><br>' });
  expect(asked.map(({ search }) => search)).toEqual(['?list-type=2&max-keys=1', '?list-type=2&max-keys=1']);
});

test('a refusal names the region: in its body, else in its header', async () => {
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(400).end('<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>'),
    (response) => response.writeHead(301, { 'x-amz-bucket-region': 'eu-west-2' }).end('<Error><Code>PermanentRedirect</Code></Error>'),
  ];
  const { bucket, s3 } = await outside((_, response) => answers.shift()?.(response));
  const get = { of: 's3', bucket, operation: 'get', key: 'a' } as const;
  expect(await s3.read(get, signal)).toMatchObject({ status: 400, region: 'eu-west-1' });
  expect(await s3.read(get, signal)).toMatchObject({ status: 301, region: 'eu-west-2' });
});

test('nobody listens there', async () => {
  const { s3, bucket } = await outside(() => {}, { endpoint: 'http://127.0.0.1:1' });
  await expect(s3.read({ of: 's3', bucket, operation: 'list' }, signal)).rejects.toMatchObject({
    name: 'Unobserved',
    reason: 'unreachable',
    message: expect.stringContaining('http://127.0.0.1:1: nobody listens there'),
    remedy: expect.stringContaining('environment.storage.endpoint'),
  });
});

test('by way of a proxy that is not there', async () => {
  vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:1');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { s3, bucket } = await outside(() => {}, { endpoint: 'http://s3.example.org' });
  await expect(s3.read({ of: 's3', bucket, operation: 'list' }, signal)).rejects.toMatchObject({
    message: expect.stringContaining('http://s3.example.org by way of the proxy 127.0.0.1:1'),
    remedy: 'see whether the proxy is right: HTTPS_PROXY or HTTP_PROXY, and NO_PROXY',
  });
});

test.each([
  ['ENOTFOUND', 'the name logs.example.org', 'http://SERVICE.NAMESPACE.svc:PORT'],
  ['EHOSTUNREACH', 'words', 'open the way to it'],
  ['EPROTO', 'does not speak TLS', 'write http://'],
  ['ECONNRESET', 'closed the connection', 'see what listens there'],
  ['CERT_HAS_EXPIRED', 'has expired', "object store's certificate"],
  ['CERT_NOT_YET_VALID', 'not valid yet', 'clock'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'for other names', 'a name of those'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'of an authority that this machine does not know', 'NODE_EXTRA_CA_CERTS'],
  ['ESOMETHING', 'words', 'environment.storage.endpoint is right'],
])('%s: %s', (code, what, remedy) => {
  const connection = { server: new URL('https://logs.example.org'), explain: explainStore };
  const found = describeFailure(Object.assign(new Error('words'), { code }), connection);
  expect(found).toMatchObject({ reason: 'unreachable', message: expect.stringContaining(what), remedy: expect.stringContaining(remedy) });
  expect(JSON.stringify(found)).not.toContain('kubeconfig');
});

test('the certificate behind a proxy is not the fault of the proxy', () => {
  const connection = { server: new URL('https://logs.example.org'), proxy: 'http://proxy:3128', explain: explainStore };
  const found = describeFailure(Object.assign(new Error('self-signed certificate'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }), connection);
  expect(found).toMatchObject({
    message: expect.stringMatching(/by way of the proxy proxy:3128: its certificate is of an authority/),
    remedy: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
});
