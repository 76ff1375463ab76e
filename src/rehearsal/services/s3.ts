import { hash, randomUUID } from 'node:crypto';
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { memoryOf } from '../memory.ts';
import { dataOf } from '../tree.ts';
import type { ServiceProcess, ServiceRequest, ServiceResponse, World } from '../world.ts';
import { verifySignature } from './s3-signature.ts';

/** One request for a bucket and perhaps a key in it, allowed already. */
interface Operation {
  readonly bucket: string;
  readonly key: string;
  readonly request: ServiceRequest;
  readonly world: World;
}

/** The parts of an upload by their number. */
type Parts = Map<number, Buffer>;

const STATUS: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  InvalidAccessKeyId: 403,
  SignatureDoesNotMatch: 403,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
};
/** Parts but the last have to have this many bytes. */
const SMALLEST_PART = 5 * 2 ** 20;
const MOST_KEYS = 1000;
const uploadsOf = memoryOf(() => new Map<string, Parts>());
const builder = new XMLBuilder({ ignoreAttributes: false });

/** The Ceph object gateway: path-style S3, presigned requests only. */
export const s3Process: ServiceProcess = (request, world) => answerS3(request.path, request, world);

/** @param path as in path style, whatever was signed: a store elsewhere takes the bucket's name from the host */
export function answerS3(path: string, request: ServiceRequest, world: World): ServiceResponse {
  const [, bucket = '', ...rest] = path.split('/');
  const key = rest.join('/');
  const caller = verifySignature(request, world);
  const isOpen = overridden(world, 'signatures') === 'ignored';
  if ('code' in caller && !isOpen) return failure(caller.code);
  if (!world.buckets.has(bucket)) return failure('NoSuchBucket', { BucketName: bucket });
  if (!isOpen && 'buckets' in caller && !caller.buckets.includes(bucket)) return failure('AccessDenied', { BucketName: bucket });
  const operation = { bucket, key, request, world };
  if (key === '') return onBucket(operation);
  const inParts = request.query.has('uploads') || request.query.has('uploadId');
  return inParts ? onUpload(operation, uploadsOf(world, 'uploads')) : onObject(operation);
}

/** What this gateway does otherwise than it should: Rook hands such overrides on to Ceph. */
function overridden({ store }: World, setting: string): string | undefined {
  return dataOf(store.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'storage', name: 'rook-config-override' }))[setting];
}

function onBucket({ bucket, request: { method, query }, world }: Operation): ServiceResponse {
  if (method === 'HEAD') return { status: 200 };
  const most = Number(query.get('max-keys') ?? MOST_KEYS);
  const after = query.get('continuation-token') ?? '';
  const rest = world.buckets.list(bucket, query.get('prefix') ?? '').filter(({ key }) => key > after);
  const page = rest.slice(0, most);
  const more = rest.length > page.length;
  return xml('ListBucketResult', {
    Name: bucket,
    MaxKeys: most,
    KeyCount: page.length,
    IsTruncated: more,
    ...(more ? { NextContinuationToken: page.at(-1)?.key } : {}),
    Contents: page.map(({ key, size, modified }) => ({ Key: key, Size: size, LastModified: modified.toISOString() })),
  });
}

function onObject({ bucket, key, request: { method, body }, world }: Operation): ServiceResponse {
  if (method === 'PUT') {
    const chunk = Buffer.concat([Buffer.from(`${body.length.toString(16)};chunk-signature=0\r\n`), body, Buffer.from('\r\n0\r\n')]);
    world.buckets.put(bucket, key, overridden(world, 'bodies') === 'as-sent' ? chunk : body);
    return { status: 200, headers: { ETag: etag(body) } };
  }
  if (method === 'DELETE') {
    world.buckets.delete(bucket, key);
    return { status: 204 };
  }
  const present = world.buckets.get(bucket, key);
  if (present === undefined) return failure('NoSuchKey', { BucketName: bucket });
  return { status: 200, contentType: 'binary/octet-stream', headers: { ETag: etag(present) }, body: present };
}

function onUpload({ bucket, key, request: { method, query, body }, world }: Operation, uploads: Map<string, Parts>): ServiceResponse {
  if (query.has('uploads')) {
    const id = `2~${randomUUID()}`;
    uploads.set(id, new Map());
    return xml('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id });
  }
  const id = query.get('uploadId') ?? '';
  const upload = uploads.get(id);
  if (upload === undefined) return failure('NoSuchUpload', { BucketName: bucket });
  if (method === 'PUT') {
    upload.set(Number(query.get('partNumber')), body);
    return { status: 200, headers: { ETag: etag(body) } };
  }
  const parts = method === 'DELETE' ? [] : completedParts(upload, body.toString());
  if (typeof parts === 'string') return failure(parts, { BucketName: bucket });
  uploads.delete(id);
  if (method === 'DELETE') return { status: 204 };
  const whole = Buffer.concat(overridden(world, 'multipart') === 'last-part' ? parts.slice(-1) : parts);
  world.buckets.put(bucket, key, whole);
  return xml('CompleteMultipartUploadResult', { Location: `/${bucket}/${key}`, Bucket: bucket, Key: key, ETag: etag(whole) });
}

/** The parts that a completion names, in their order; S3's error code when they are not all that were sent. */
function completedParts(upload: Parts, body: string): readonly Buffer[] | string {
  const parser = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'Part' });
  const named: { PartNumber: string; ETag: string }[] = parser.parse(body).CompleteMultipartUpload.Part;
  const parts = named.map(({ PartNumber }) => upload.get(Number(PartNumber)) ?? Buffer.alloc(0));
  if (parts.length !== upload.size || parts.some((part, index) => etag(part) !== named[index]?.ETag)) return 'InvalidPart';
  return parts.slice(0, -1).some((part) => part.length < SMALLEST_PART) ? 'EntityTooSmall' : parts;
}

function etag(body: Buffer): string {
  return `"${hash('md5', body)}"`;
}

function xml(root: string, fields: object, status = 200): ServiceResponse {
  const namespace = root === 'Error' ? {} : { '@_xmlns': 'http://s3.amazonaws.com/doc/2006-03-01/' };
  const content = { [root]: { ...namespace, ...fields } };
  return { status, contentType: 'application/xml', body: `<?xml version="1.0" encoding="UTF-8"?>${builder.build(content)}` };
}

/** As the gateway words them: a code, no message. */
function failure(code: string, fields: object = {}): ServiceResponse {
  return xml('Error', { Code: code, Message: '', ...fields, RequestId: `tx${randomUUID()}`, HostId: 'storage' }, STATUS[code] ?? 400);
}
