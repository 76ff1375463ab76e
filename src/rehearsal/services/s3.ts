import { createHash, randomUUID } from 'node:crypto';
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import type { ServiceProcess, ServiceRequest, ServiceResponse, World } from '../world.ts';
import { verifySignature } from './s3-signature.ts';

interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly parts: Map<number, Buffer>;
}

/** One request for a bucket and perhaps a key in it, allowed already. */
interface Operation {
  readonly bucket: string;
  readonly key: string;
  readonly request: ServiceRequest;
  readonly world: World;
}

const STATUS: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  InvalidAccessKeyId: 403,
  SignatureDoesNotMatch: 403,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  MethodNotAllowed: 405,
};
/** Parts but the last have to have this many bytes. */
const SMALLEST_PART = 5 * 2 ** 20;
const MOST_KEYS = 1000;
const builder = new XMLBuilder({ ignoreAttributes: false });

/** The Ceph object gateway: path-style S3, presigned requests only. */
export function createS3(): ServiceProcess {
  const uploads = new Map<string, Upload>();

  return (request, world) => {
    const [, bucket = '', ...rest] = request.path.split('/');
    const key = rest.join('/');
    const caller = verifySignature(request, world);
    if ('code' in caller) return failure(caller.code);
    if (!world.buckets.has(bucket)) return failure('NoSuchBucket', { BucketName: bucket });
    if (!caller.buckets.includes(bucket)) return failure('AccessDenied', { BucketName: bucket });
    const operation = { bucket, key, request, world };
    return key === ''
      ? onBucket(operation)
      : request.query.has('uploads') || request.query.has('uploadId')
        ? onUpload(operation, uploads)
        : onObject(operation);
  };
}

function onBucket({ bucket, request: { method, query }, world }: Operation): ServiceResponse {
  if (method === 'HEAD') return { status: 200 };
  if (method !== 'GET') return failure('MethodNotAllowed');
  const prefix = query.get('prefix') ?? '';
  const most = Math.min(Number(query.get('max-keys') ?? MOST_KEYS), MOST_KEYS);
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const rest = world.buckets.list(bucket, prefix).filter(({ key }) => key > after);
  const page = rest.slice(0, most);
  const more = rest.length > page.length;
  return xml('ListBucketResult', {
    Name: bucket,
    Prefix: prefix,
    MaxKeys: most,
    KeyCount: page.length,
    IsTruncated: more,
    ...(more ? { NextContinuationToken: page.at(-1)?.key } : {}),
    Contents: page.map(({ key, size, modified }) => ({
      Key: key,
      Size: size,
      LastModified: modified.toISOString(),
      ETag: etag(world.buckets.get(bucket, key)),
      StorageClass: 'STANDARD',
    })),
  });
}

function onObject({ bucket, key, request: { method, body }, world }: Operation): ServiceResponse {
  const present = world.buckets.get(bucket, key);
  if (method === 'PUT') {
    world.buckets.put(bucket, key, body);
    return { status: 200, headers: { ETag: etag(body) } };
  }
  if (method === 'DELETE') {
    world.buckets.delete(bucket, key);
    return { status: 204 };
  }
  if (method !== 'GET' && method !== 'HEAD') return failure('MethodNotAllowed');
  if (present === undefined) return failure('NoSuchKey', { BucketName: bucket });
  return { status: 200, contentType: 'binary/octet-stream', headers: { ETag: etag(present) }, body: present };
}

function onUpload({ bucket, key, request: { method, query, body }, world }: Operation, uploads: Map<string, Upload>): ServiceResponse {
  if (method === 'POST' && query.has('uploads')) {
    const id = `2~${randomUUID()}`;
    uploads.set(id, { bucket, key, parts: new Map() });
    return xml('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id });
  }
  const id = query.get('uploadId') ?? '';
  const upload = uploads.get(id);
  if (upload === undefined || upload.bucket !== bucket || upload.key !== key) return failure('NoSuchUpload', { BucketName: bucket });
  if (method === 'PUT') {
    upload.parts.set(Number(query.get('partNumber')), body);
    return { status: 200, headers: { ETag: etag(body) } };
  }
  if (method === 'DELETE') {
    uploads.delete(id);
    return { status: 204 };
  }
  if (method !== 'POST') return failure('MethodNotAllowed');
  const parts = completedParts(upload, body.toString());
  if (typeof parts === 'string') return failure(parts, { BucketName: bucket });
  const whole = Buffer.concat(parts);
  world.buckets.put(bucket, key, whole);
  uploads.delete(id);
  return xml('CompleteMultipartUploadResult', { Location: `/${bucket}/${key}`, Bucket: bucket, Key: key, ETag: etag(whole) });
}

/** The parts that a completion names, in their order; S3's error code when they are not those that were sent. */
function completedParts(upload: Upload, body: string): readonly Buffer[] | string {
  const named: { PartNumber: string; ETag: string }[] =
    new XMLParser({ parseTagValue: false, isArray: (name) => name === 'Part' }).parse(body).CompleteMultipartUpload?.Part ?? [];
  if (named.length === 0) return 'MalformedXML';
  const found = named.map(({ PartNumber, ETag }) => {
    const part = upload.parts.get(Number(PartNumber));
    return part !== undefined && etag(part).replaceAll('"', '') === ETag.replaceAll(/"|&quot;/g, '') ? part : undefined;
  });
  const parts = found.filter((part) => part !== undefined);
  if (parts.length < named.length) return 'InvalidPart';
  if (named.some(({ PartNumber }, index) => index > 0 && Number(PartNumber) <= Number(named[index - 1]?.PartNumber)))
    return 'InvalidPartOrder';
  return parts.slice(0, -1).some((part) => part.length < SMALLEST_PART) ? 'EntityTooSmall' : parts;
}

function etag(body: Buffer | undefined): string {
  return `"${createHash('md5')
    .update(body ?? '')
    .digest('hex')}"`;
}

function xml(root: string, fields: object): ServiceResponse {
  const content = { [root]: { '@_xmlns': 'http://s3.amazonaws.com/doc/2006-03-01/', ...fields } };
  return { status: 200, contentType: 'application/xml', body: `<?xml version="1.0" encoding="UTF-8"?>${builder.build(content)}` };
}

/** As the gateway words them: a code, no message. */
function failure(code: string, fields: object = {}): ServiceResponse {
  const content = { Error: { Code: code, Message: '', ...fields, RequestId: `tx${randomUUID()}`, HostId: 'storage' } };
  return {
    status: STATUS[code] ?? 400,
    contentType: 'application/xml',
    body: `<?xml version="1.0" encoding="UTF-8"?>${builder.build(content)}`,
  };
}
