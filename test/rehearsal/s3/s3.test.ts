import { AwsV4Signer } from 'aws4fetch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { s3Process } from '#rehearsal/services/s3.ts';
import { serve } from '#test/contract/kubernetes/embedded.ts';

const PREFIX = '/api/v1/namespaces/storage/services/rook-ceph-rgw-storage:80/proxy';
const KEYS = { accessKeyId: 'KEY', secretAccessKey: 'secret' };
let served: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  served = await serve(() => s3Process);
  const { buckets, store } = served.world;
  for (const bucket of ['loki-logs', 'foreign']) buckets.create(bucket);
  buckets.grant('KEY', 'secret', 'loki-logs');
  buckets.grant('OTHER', 'other', 'foreign');
  store.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'rgw', namespace: 'storage', labels: { app: 'rook-ceph-rgw', rook_object_store: 'storage' } },
    spec: { containers: [{ name: 'rgw' }] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ name: 'rgw', state: { running: {} } }],
    },
  });
});
afterAll(() => served.api.stop());

interface Sending {
  readonly body?: string | Uint8Array;
  readonly keys?: typeof KEYS;
  readonly datetime?: string;
  /** Seconds. */
  readonly expires?: number;
  readonly tamper?: (signed: URL) => unknown;
}

/** Signs for the API server's own host and the path behind its proxy, as a client has to. */
async function send(method: string, path: string, { body, keys = KEYS, datetime, expires = 60, tamper }: Sending = {}) {
  const url = new URL(path, served.api.url);
  url.searchParams.set('X-Amz-Expires', String(expires));
  const signer = new AwsV4Signer({
    method,
    url: url.href,
    ...keys,
    service: 's3',
    region: 'us-east-1',
    signQuery: true,
    ...(datetime ? { datetime } : {}),
  });
  const signed = (await signer.sign()).url;
  tamper?.(signed);
  const headers = { authorization: 'Bearer admin' };
  const response = await fetch(`${served.api.url}${PREFIX}${signed.pathname}${signed.search}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, text, etag: response.headers.get('etag'), code: /<Code>(\w+)<\/Code>/.exec(text)?.[1] };
}

describe('a signature', () => {
  test.each([
    ['of a wrong secret', { keys: { ...KEYS, secretAccessKey: 'wrong' } }, 403, 'SignatureDoesNotMatch'],
    ['of an unknown key', { keys: { ...KEYS, accessKeyId: 'NOBODY' } }, 403, 'InvalidAccessKeyId'],
    ['that has expired', { datetime: '20200101T000000Z' }, 403, 'AccessDenied'],
    ['without an end', { expires: 0 }, 403, 'AccessDenied'],
    ['of another path', { tamper: (url: URL) => Object.assign(url, { pathname: '/loki-logs/other' }) }, 403, 'SignatureDoesNotMatch'],
    ['of another query', { tamper: (url: URL) => url.searchParams.set('prefix', 'x') }, 403, 'SignatureDoesNotMatch'],
    ['that is missing', { tamper: (url: URL) => Object.assign(url, { search: '' }) }, 403, 'AccessDenied'],
  ])('%s is refused', async (_, sending, status, code) => {
    expect(await send('GET', '/loki-logs/key', sending)).toMatchObject({ status, code });
  });

  test('of another method is refused', async () => {
    const signer = new AwsV4Signer({
      method: 'GET',
      url: `${served.api.url}/loki-logs/key?X-Amz-Expires=60`,
      ...KEYS,
      service: 's3',
      region: 'us-east-1',
      signQuery: true,
    });
    const { url } = await signer.sign();
    const response = await fetch(`${served.api.url}${PREFIX}${url.pathname}${url.search}`, {
      method: 'DELETE',
      headers: { authorization: 'Bearer admin' },
    });
    expect(response.status).toBe(403);
  });
});

test('buckets: there, missing, foreign', async () => {
  expect((await send('HEAD', '/loki-logs')).status).toBe(200);
  expect((await send('HEAD', '/missing')).status).toBe(404);
  expect(await send('GET', '/missing?list-type=2')).toMatchObject({ status: 404, code: 'NoSuchBucket' });
  expect(await send('GET', '/foreign?list-type=2')).toMatchObject({ status: 403, code: 'AccessDenied' });
});

test.each(['plain', 'with space and + plus', "odd/!'()*~ä"])('an object %j comes back as it was, and goes', async (key) => {
  const path = `/loki-logs/${key.split('/').map(encodeURIComponent).join('/')}`;
  expect(await send('PUT', path, { body: 'content' })).toMatchObject({ status: 200, etag: '"9a0364b9e99bb480dd25e1f0284c8555"' });
  expect(served.world.buckets.get('loki-logs', key)?.toString()).toBe('content');
  expect(await send('GET', path)).toMatchObject({ status: 200, text: 'content' });
  expect((await send('DELETE', path)).status).toBe(204);
  expect(await send('GET', path)).toMatchObject({ status: 404, code: 'NoSuchKey' });
});

test('lists by prefix, in pages', async () => {
  for (const key of ['list/a', 'list/b & c', 'list/d', 'elsewhere']) served.world.buckets.put('loki-logs', key, Buffer.from('12345'));
  const first = await send('GET', '/loki-logs?list-type=2&prefix=list/&max-keys=2');
  expect(first.text).toContain(
    '<KeyCount>2</KeyCount><IsTruncated>true</IsTruncated><NextContinuationToken>list/b &amp; c</NextContinuationToken>',
  );
  expect(first.text).toContain('<Contents><Key>list/a</Key><Size>5</Size>');
  const second = await send('GET', `/loki-logs?list-type=2&prefix=list/&continuation-token=${encodeURIComponent('list/b & c')}`);
  expect([...second.text.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key)).toEqual(['list/d']);
  expect(second.text).toContain('<IsTruncated>false</IsTruncated>');
});

describe('an upload in parts', () => {
  const path = '/loki-logs/whole';
  const begin = async () => /<UploadId>(.*?)<\/UploadId>/.exec((await send('POST', `${path}?uploads=`)).text)?.[1] ?? '';
  const sendPart = (id: string, number: number, body: Uint8Array | string) =>
    send('PUT', `${path}?partNumber=${number}&uploadId=${id}`, { body });
  const complete = (id: string, parts: readonly (readonly [number, string | null])[]) => {
    const list = parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`).join('');
    return send('POST', `${path}?uploadId=${id}`, { body: `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>` });
  };

  test('is put together', async () => {
    const id = await begin();
    const first = await sendPart(id, 1, new Uint8Array(5 * 2 ** 20).fill(65));
    const second = await sendPart(id, 2, 'end');
    expect(
      await complete(id, [
        [1, first.etag],
        [2, second.etag],
      ]),
    ).toMatchObject({ status: 200, text: expect.stringContaining('<Key>whole</Key>') });
    expect(served.world.buckets.get('loki-logs', 'whole')?.length).toBe(5 * 2 ** 20 + 3);
    expect(await complete(id, [[1, first.etag]])).toMatchObject({ status: 404, code: 'NoSuchUpload' });
  });

  test('is refused with parts that are too small or were not sent, and can be given up', async () => {
    const id = await begin();
    const first = await sendPart(id, 1, 'small');
    const second = await sendPart(id, 2, 'end');
    expect(
      await complete(id, [
        [1, first.etag],
        [2, second.etag],
      ]),
    ).toMatchObject({ status: 400, code: 'EntityTooSmall' });
    expect(await complete(id, [[1, '"other"']])).toMatchObject({ status: 400, code: 'InvalidPart' });
    expect((await send('DELETE', `${path}?uploadId=${id}`)).status).toBe(204);
    expect(await sendPart(id, 3, 'late')).toMatchObject({ status: 404, code: 'NoSuchUpload' });
  });
});
