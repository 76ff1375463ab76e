import { XMLParser } from 'fast-xml-parser';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Keys } from '#test/real/gateway.ts';
import { useCluster } from '../services.ts';
import { openStore, type Sending } from './store.ts';

const store = useCluster(['etcd', 'kube-apiserver', 'ceph'], openStore);
const XML = 'application/xml';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const HOUR = 3600;

const parse = (text: string) =>
  new XMLParser({ ignoreAttributes: false, parseTagValue: false, isArray: (name) => name === 'Contents' }).parse(text);
const pathOf = (key: string) => `/${store().bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
/** The body of a refusal: its code, no words, and the bucket where it got as far as that. */
const refusal = (code: string, bucket?: string) => ({
  Code: code,
  Message: '',
  ...(bucket === undefined ? {} : { BucketName: bucket }),
  RequestId: expect.any(String),
  HostId: expect.any(String),
});

describe('a signature', () => {
  type Signing = Omit<Sending, 'keys'> & { readonly keys?: Partial<Keys>; readonly path?: string };
  const wrongSecret = { secretAccessKey: 'wrong' };
  const unknownKey = { accessKeyId: 'NOBODY' };

  test.for<[string, Signing, string]>([
    ['of a wrong secret', { keys: wrongSecret }, 'SignatureDoesNotMatch'],
    ['of a wrong secret for a bucket that is missing', { keys: wrongSecret, path: '/missing' }, 'SignatureDoesNotMatch'],
    ['of an unknown key', { keys: unknownKey }, 'InvalidAccessKeyId'],
    ['that has expired', { at: -2 * HOUR, expires: HOUR }, 'AccessDenied'],
    ['that has expired, of an unknown key', { keys: unknownKey, at: -2 * HOUR, expires: HOUR }, 'AccessDenied'],
    ['without an end', { expires: 0 }, 'AccessDenied'],
    ['for longer than a week', { expires: 8 * 24 * HOUR }, 'AccessDenied'],
    ['of another path', { tamper: (url) => Object.assign(url, { pathname: `${url.pathname}/other` }) }, 'SignatureDoesNotMatch'],
    ['of another query', { tamper: (url) => url.searchParams.set('prefix', 'x') }, 'SignatureDoesNotMatch'],
  ])('%s is refused', async ([, { keys, path, ...signing }, code]) => {
    const { bucket, send, ...own } = store();
    const answer = await send('GET', `${path ?? `/${bucket}`}?list-type=2`, { ...signing, keys: { ...own.keys, ...keys } });
    expect(answer).toMatchObject({ status: 403, contentType: XML });
    expect(parse(answer.text).Error).toEqual(refusal(code));
  });

  test('of another method is refused', async () => {
    const { bucket, send } = store();
    expect(await send('GET', `/${bucket}/key`, { sentAs: 'DELETE' })).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' });
  });

  test('of a clock that is behind counts for as long as it is valid, and of one that is ahead always', async () => {
    const { bucket, send } = store();
    expect(await send('HEAD', `/${bucket}`, { at: -HOUR, expires: 2 * HOUR })).toMatchObject({ status: 200 });
    expect(await send('HEAD', `/${bucket}`, { at: HOUR })).toMatchObject({ status: 200 });
  });

  test('that is missing makes the caller a stranger', async () => {
    const { bucket, send } = store();
    const tamper = (url: URL) => Object.assign(url, { search: '?list-type=2' });
    const answer = await send('GET', `/${bucket}`, { tamper });
    expect(answer).toMatchObject({ status: 403, contentType: XML });
    expect(parse(answer.text).Error).toEqual(refusal('AccessDenied', bucket));
    expect(await send('GET', '/missing', { tamper })).toMatchObject({ status: 404, code: 'NoSuchBucket' });
  });
});

describe('a bucket', () => {
  test('that is there', async () => {
    const { bucket, send } = store();
    expect(await send('HEAD', `/${bucket}`)).toMatchObject({ status: 200, contentType: null, text: '' });
  });

  test.for([
    ['that is missing', 404, 'NoSuchBucket'],
    ["that is another's", 403, 'AccessDenied'],
  ] as const)('%s is refused, whatever is asked of it', async ([which, status, code]) => {
    const { foreign, send } = store();
    const bucket = which.includes('missing') ? 'missing' : foreign;
    expect(await send('HEAD', `/${bucket}`)).toMatchObject({ status, contentType: XML, text: '' });
    const asked = [
      ['GET', `/${bucket}?list-type=2`],
      ['GET', `/${bucket}/key`],
      ['PUT', `/${bucket}/key`],
      ['DELETE', `/${bucket}/key`],
      ['POST', `/${bucket}/key?uploads=`],
    ] as const;
    for (const [method, path] of asked) {
      const answer = await send(method, path, method === 'PUT' ? { body: 'content' } : {});
      expect([method, answer.status, answer.contentType]).toEqual([method, status, XML]);
      expect(parse(answer.text).Error).toEqual(refusal(code, bucket));
    }
  });
});

test.for(['plain', 'with space and + plus', "odd/!'()*~ä"])('an object %j comes back as it was, and goes', async (key) => {
  const { bucket, send } = store();
  const etag = '"9a0364b9e99bb480dd25e1f0284c8555"';
  const put = await send('PUT', pathOf(key), { body: Buffer.from('content') });
  expect([put.status, put.contentType, put.headers.get('etag'), put.text]).toEqual([200, null, etag, '']);
  const got = await send('GET', pathOf(key));
  expect([got.status, got.contentType, got.headers.get('etag'), got.text]).toEqual([200, 'binary/octet-stream', etag, 'content']);
  const deleted = { status: 204, contentType: null, text: '' };
  expect(await send('DELETE', pathOf(key))).toMatchObject(deleted);
  expect(await send('DELETE', pathOf(key))).toMatchObject(deleted);
  const gone = await send('GET', pathOf(key));
  expect(gone).toMatchObject({ status: 404, contentType: XML });
  expect(parse(gone.text).Error).toEqual(refusal('NoSuchKey', bucket));
});

describe('a list', () => {
  const keys = ['list/a', 'list/b & c', 'list/d'];
  const entry = (key: string) => ({ Key: key, Size: '5', LastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) });
  const list = async (query: string) => {
    const answer = await store().send('GET', `/${store().bucket}?list-type=2&prefix=${query}`);
    expect(answer).toMatchObject({ status: 200, contentType: XML });
    return parse(answer.text).ListBucketResult;
  };

  beforeEach(async () => {
    for (const key of [...keys, 'elsewhere']) await store().send('PUT', pathOf(key), { body: '12345' });
  });

  test('by prefix, in pages', async () => {
    const page = { '@_xmlns': NAMESPACE, Name: store().bucket, MaxKeys: '2' };
    const first = await list('list/&max-keys=2');
    expect(first).toMatchObject({ ...page, KeyCount: '2', IsTruncated: 'true', Contents: [entry('list/a'), entry('list/b & c')] });
    const second = await list(`list/&max-keys=2&continuation-token=${encodeURIComponent(first.NextContinuationToken)}`);
    expect(second).toMatchObject({ ...page, KeyCount: '1', IsTruncated: 'false', Contents: [entry('list/d')] });
    expect(second).not.toHaveProperty('NextContinuationToken');
  });

  test('of everything, and of nothing', async () => {
    const everything = await list('');
    expect(everything).toMatchObject({ MaxKeys: '1000', KeyCount: '4', IsTruncated: 'false' });
    expect(everything.Contents).toMatchObject(['elsewhere', ...keys].map(entry));
    const nothing = await list('nothing');
    expect(nothing).toMatchObject({ KeyCount: '0', IsTruncated: 'false' });
    expect(nothing).not.toHaveProperty('Contents');
  });
});

describe('an upload in parts', () => {
  const begin = async () => parse((await store().send('POST', `${pathOf('whole')}?uploads=`)).text).InitiateMultipartUploadResult;
  const sendPart = (id: string, number: number, body: Uint8Array | string) =>
    store().send('PUT', `${pathOf('whole')}?partNumber=${number}&uploadId=${id}`, { body });
  const complete = (id: string, parts: readonly (readonly [number, string | null])[]) => {
    const named = parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`).join('');
    return store().send('POST', `${pathOf('whole')}?uploadId=${id}`, {
      body: `<CompleteMultipartUpload>${named}</CompleteMultipartUpload>`,
    });
  };
  const expectRefusal = async (answer: ReturnType<typeof complete>, status: number, code: string) => {
    expect(await answer).toMatchObject({ status, contentType: XML });
    expect(parse((await answer).text).Error).toEqual(refusal(code, store().bucket));
  };

  test('is put together', async () => {
    const { bucket, send } = store();
    const begun = await begin();
    expect(begun).toEqual({ '@_xmlns': NAMESPACE, Bucket: bucket, Key: 'whole', UploadId: expect.stringMatching(/^2~/) });
    const large = await sendPart(begun.UploadId, 1, new Uint8Array(6 * 2 ** 20).fill(65));
    expect([large.status, large.contentType, large.headers.get('etag')]).toEqual([200, null, '"ba0f003033ee6eda6582b4323b61d80b"']);
    const end = await sendPart(begun.UploadId, 2, 'end');
    const unseen = await send('GET', pathOf('whole'));
    expect(unseen).toMatchObject({ status: 404, code: 'NoSuchKey' });
    const done = await complete(begun.UploadId, [
      [1, large.headers.get('etag')],
      [2, end.headers.get('etag')],
    ]);
    expect(done).toMatchObject({ status: 200, contentType: XML });
    expect(parse(done.text).CompleteMultipartUploadResult).toMatchObject({ '@_xmlns': NAMESPACE, Bucket: bucket, Key: 'whole' });
    const whole = await send('GET', pathOf('whole'));
    expect([whole.status, whole.text.length, whole.text.slice(-5)]).toEqual([200, 6 * 2 ** 20 + 3, 'AAend']);
    expect((await send('GET', `/${bucket}?list-type=2&prefix=whole`)).text).toContain(`<Size>${6 * 2 ** 20 + 3}</Size>`);
  });

  test('is refused with parts that are too small, or not those that were sent', async () => {
    const { UploadId: id } = await begin();
    const first = (await sendPart(id, 1, 'small')).headers.get('etag');
    const of = (...etags: readonly (string | null)[]) =>
      complete(
        id,
        etags.map((etag, index) => [index + 1, etag] as const),
      );
    await expectRefusal(of('"0123456789abcdef0123456789abcdef"'), 400, 'InvalidPart');
    await expectRefusal(of(first, first), 400, 'InvalidPart');
    const second = (await sendPart(id, 2, 'end')).headers.get('etag');
    await expectRefusal(of(first), 400, 'InvalidPart');
    await expectRefusal(of(first, second), 400, 'EntityTooSmall');
  });

  test('can be given up, once', async () => {
    const { send } = store();
    const { UploadId: id } = await begin();
    await sendPart(id, 1, 'small');
    expect(await send('DELETE', `${pathOf('whole')}?uploadId=${id}`)).toMatchObject({ status: 204, contentType: null, text: '' });
    await expectRefusal(sendPart(id, 2, 'late'), 404, 'NoSuchUpload');
    await expectRefusal(send('DELETE', `${pathOf('whole')}?uploadId=${id}`), 404, 'NoSuchUpload');
  });
});
