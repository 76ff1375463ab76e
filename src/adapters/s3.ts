import type { DeleteObject, PutObject } from '#model/change.ts';
import { Unreadable, UserError } from '#model/errors.ts';
import type { Clock } from '#model/ports.ts';
import type { BucketRef, S3Answer, S3Request } from '#model/read.ts';
import type { Kubernetes, Reply } from './kubernetes/connect.ts';
import { messageOf } from './kubernetes/failures.ts';
import { type Call, createSender, refusal } from './s3-request.ts';
import { readList, readParts } from './s3-xml.ts';

/** An object store, reached by presigned requests: in the cluster over the API server's service proxy, outside of it from here. */
export interface S3 {
  /** @throws Unobserved */
  read(request: S3Request, signal: AbortSignal): Promise<S3Answer>;
  /** @throws UserError when the store refuses; Unobserved */
  put(change: PutObject, signal: AbortSignal): Promise<void>;
  /** Deleting what is not there is no error. @throws UserError when the store refuses; Unobserved */
  remove(change: DeleteObject, signal: AbortSignal): Promise<void>;
}

/** S3 wants all parts but the last to have at least 5 MiB. */
const PART = 5 * 1024 * 1024;
/** Bytes; only ends of a sample are looked at. */
const LARGEST_SAMPLE = 4 * 1024 * 1024;
/** Of a thousand objects each. */
const MOST_PAGES = 5000;

export function createS3(kubernetes: Kubernetes, clock: Clock): S3 {
  const { send, sendUnsigned } = createSender(kubernetes, clock);

  /** By its XML it is an object store, whatever it makes of a stranger. */
  async function askUnsigned(bucket: BucketRef, signal: AbortSignal): Promise<S3Answer> {
    const reply = await sendUnsigned(bucket, FIRST, signal);
    try {
      if (reply.status !== 200) return await refusal(reply);
      const { objects } = await readList(reply.body);
      return { of: 's3', status: 200, objects };
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      // A web page, say.
      return { of: 's3', status: reply.status, body: messageOf(reply) };
    }
  }

  async function head(request: S3Request, signal: AbortSignal): Promise<S3Answer> {
    if (request.unsigned) return askUnsigned(request.bucket, signal);
    const { status } = await send(request.bucket, { method: 'HEAD', ...wrong(request) }, signal);
    // A HEAD has no body: whether a store answers, and who refuses it and why, the store or the API server before it, tells a GET.
    const reply = await send(request.bucket, { ...FIRST, ...wrong(request) }, signal);
    if (reply.status !== 200) return refusal(reply);
    await readList(reply.body);
    return { of: 's3', status };
  }

  async function list(request: S3Request, signal: AbortSignal): Promise<S3Answer> {
    const objects: { key: string; size: number; modified: string }[] = [];
    let next: string | undefined;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const query = { 'list-type': '2', prefix: request.key ?? '', ...(next !== undefined && { 'continuation-token': next }) };
      const reply = await send(request.bucket, { method: 'GET', query, ...wrong(request) }, signal);
      if (reply.status !== 200) return refusal(reply);
      const page = await readList(reply.body);
      for (const object of page.objects) objects.push(object);
      next = page.next;
      if (next === undefined) return { of: 's3', status: 200, objects };
    }
    throw new Unreadable(`bucket ${request.bucket.name}: its list has no end after ${MOST_PAGES} pages`);
  }

  /** A list, and what its newest objects hold: those that are gone or too large by then have no body. */
  async function newest(request: S3Request, signal: AbortSignal): Promise<S3Answer> {
    const { objects = [], ...answer } = await list(request, signal);
    if (answer.status !== 200) return answer;
    const youngest = objects.toSorted((a, b) => b.modified.localeCompare(a.modified)).slice(0, request.count ?? 1);
    const whole = youngest.map(async (object) => {
      if (object.size > LARGEST_SAMPLE) return object;
      const reply = await send(request.bucket, { method: 'GET', key: object.key }, signal);
      return reply.status === 200 ? { ...object, body: reply.body } : object;
    });
    return { ...answer, objects: await Promise.all(whole) };
  }

  async function putInParts({ bucket, key, body }: PutObject, signal: AbortSignal): Promise<void> {
    const began = await send(bucket, { method: 'POST', key, query: { uploads: '' } }, signal);
    const uploadId = began.status === 200 ? (await readParts(began.body)).uploadId : undefined;
    if (uploadId === undefined) throw await refused(began, `multipart upload of ${key} to bucket ${bucket.name}`);
    try {
      const bytes = Buffer.from(body);
      const parts: string[] = [];
      for (let from = 0; from === 0 || from < bytes.length; from += PART) {
        const number = parts.length + 1;
        const query = { partNumber: String(number), uploadId };
        const part = await send(bucket, { method: 'PUT', key, query, body: bytes.subarray(from, from + PART) }, signal);
        if (part.status !== 200) throw await refused(part, `part ${number} of ${key} to bucket ${bucket.name}`);
        parts.push(`<Part><PartNumber>${number}</PartNumber><ETag>${part.headers.etag ?? ''}</ETag></Part>`);
      }
      const whole = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
      const done = await send(bucket, { method: 'POST', key, query: { uploadId }, body: Buffer.from(whole) }, signal);
      // S3 may answer 200 and report the failure in the body.
      if (done.status !== 200 || (await refusal(done)).code !== undefined)
        throw await refused(done, `completing ${key} in bucket ${bucket.name}`);
    } catch (error) {
      // Parts without an end cost space for ever; the first error is what counts.
      await send(bucket, { method: 'DELETE', key, query: { uploadId } }, signal).catch(() => undefined);
      throw error;
    }
  }

  return {
    async read(request, signal) {
      if (request.operation === 'list') return list(request, signal);
      if (request.operation === 'newest') return newest(request, signal);
      if (request.operation === 'head-bucket') return head(request, signal);
      const reply = await send(request.bucket, { method: 'GET', key: request.key ?? '', ...wrong(request) }, signal);
      return reply.status === 200 ? { of: 's3', status: 200, body: reply.body } : refusal(reply);
    },
    async put(change, signal) {
      if (change.multipart) return putInParts(change, signal);
      const reply = await send(change.bucket, { method: 'PUT', key: change.key, body: Buffer.from(change.body) }, signal);
      if (reply.status !== 200) throw await refused(reply, `put of ${change.key} into bucket ${change.bucket.name}`);
    },
    async remove({ bucket, key }, signal) {
      const reply = await send(bucket, { method: 'DELETE', key }, signal);
      if (reply.status !== 204 && reply.status !== 200 && (await refusal(reply)).code !== 'NoSuchKey') {
        throw await refused(reply, `delete of ${key} from bucket ${bucket.name}`);
      }
    },
  };
}

const FIRST: Call = { method: 'GET', query: { 'list-type': '2', 'max-keys': '1' } };

function wrong(request: S3Request): { wrongSecret?: boolean } {
  return request.wrongSecret === undefined ? {} : { wrongSecret: request.wrongSecret };
}

async function refused(reply: Reply, what: string): Promise<UserError> {
  const { status, code, body } = await refusal(reply);
  const words = [code, body].filter((word) => word !== undefined && word !== '').join(': ');
  return new UserError(
    `${what} was refused with ${status}${words === '' ? '' : ` (${words})`}`,
    'see that the bucket exists and that the Secret holds its current keys',
  );
}
