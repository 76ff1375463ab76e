import type { Clock } from '#model/ports.ts';
import type { BucketRef, S3Answer } from '#model/read.ts';
import type { Kubernetes, Method, Reply } from './kubernetes/connect.ts';
import { statusOf } from './kubernetes/failures.ts';
import { readCredential } from './kubernetes/read.ts';
import { requestService } from './kubernetes/service.ts';
import { readParts } from './s3-xml.ts';
import type { Secret } from './secret.ts';

/** One request to a bucket, before it is signed. */
export interface Call {
  readonly method: Method;
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly wrongSecret?: boolean;
}

/** Presigned requests, and the same without a signature: whatever the store answers comes back. */
export interface Sender {
  /** @throws Unobserved */
  send(bucket: BucketRef, call: Call, signal: AbortSignal): Promise<Reply>;
  /** @throws Unobserved */
  sendUnsigned(bucket: BucketRef, call: Call, signal: AbortSignal): Promise<Reply>;
}

type Credential = { user: string; password: string };
const KEEP = 60_000;
const REFUSED_KEYS = ['InvalidAccessKeyId', 'SignatureDoesNotMatch'];

export function createSender(kubernetes: Kubernetes, clock: Clock): Sender {
  const stores = new Map<string, Promise<Pick<Kubernetes, 'request'>>>();
  const kept = new Map<string, { readonly until: number; readonly credential: Secret<Credential> }>();

  async function credentialFor(bucket: BucketRef, signal: AbortSignal): Promise<Secret<Credential>> {
    const key = JSON.stringify(bucket.credentials);
    const known = kept.get(key);
    if (known !== undefined && known.until > clock.now().getTime()) return known.credential;
    const credential = await readCredential(kubernetes, bucket.credentials, signal);
    kept.set(key, { until: clock.now().getTime() + KEEP, credential });
    return credential;
  }

  async function send(bucket: BucketRef, call: Call, signal: AbortSignal): Promise<Reply> {
    const known = kept.has(JSON.stringify(bucket.credentials));
    const reply = await sign(bucket, call, await credentialFor(bucket, signal), signal);
    // The Secret may have changed since it was read: once more with what it holds now.
    if (!known || call.wrongSecret || reply.status !== 403 || !REFUSED_KEYS.includes((await refusal(reply)).code ?? '')) return reply;
    kept.delete(JSON.stringify(bucket.credentials));
    return sign(bucket, call, await credentialFor(bucket, signal), signal);
  }

  async function sign(bucket: BucketRef, call: Call, credential: Secret<Credential>, signal: AbortSignal): Promise<Reply> {
    const { AwsV4Signer } = await import('aws4fetch');
    const { user, password } = credential.reveal();
    const url = locate(bucket, { ...call, query: { ...call.query, 'X-Amz-Expires': '300' } }, kubernetes.server);
    const signed = await new AwsV4Signer({
      method: call.method,
      url: url.href,
      accessKeyId: user,
      secretAccessKey: call.wrongSecret ? `wrong-${password}` : password,
      service: 's3',
      region: bucket.region,
      signQuery: true,
      datetime: clock
        .now()
        .toISOString()
        .replaceAll(/[:-]|\.\d{3}/g, ''),
    }).sign();
    return deliver(bucket, call, signed.url, signal);
  }

  async function deliver({ endpoint }: BucketRef, { method, body }: Call, url: URL, signal: AbortSignal): Promise<Reply> {
    const content = body === undefined ? {} : { body, contentType: 'application/octet-stream' };
    const options = { query: url.search, signal, ...content };
    if (typeof endpoint !== 'string') return requestService(kubernetes, endpoint, method, url.pathname, options);
    const opened = stores.get(url.origin) ?? import('./s3-outside.ts').then(({ openStore }) => openStore(new URL(url.origin)));
    stores.set(url.origin, opened);
    // Whoever puts the same object twice has it once.
    const repeatable = method !== 'POST';
    return (await opened).request(method, url.pathname, { ...options, repeatable, headers: { accept: '*/*' } });
  }

  return { send, sendUnsigned: (bucket, call, signal) => deliver(bucket, call, locate(bucket, call, kubernetes.server), signal) };
}

/** What the object store will see, and what is signed: the API server keeps its Host and query, and strips its own prefix. */
function locate({ endpoint, pathStyle, name }: BucketRef, { key, query = {} }: Call, { origin }: URL): URL {
  const url = new URL(typeof endpoint === 'string' ? endpoint : origin);
  if (!pathStyle) url.hostname = `${name}.${url.hostname}`;
  // Each segment is encoded; slashes stay, because the API server decodes them on the way.
  url.pathname = [...(pathStyle ? [name] : []), ...(key?.split('/') ?? [])].map(encodeURIComponent).join('/');
  for (const [parameter, value] of Object.entries(query)) url.searchParams.set(parameter, value);
  return url;
}

/** What the store said no with; its code and words, or those of the API server before it. */
export async function refusal(reply: Reply): Promise<S3Answer> {
  const answer = { of: 's3' as const, status: reply.status };
  const status = statusOf(reply);
  if (status !== undefined) return { ...answer, code: status.reason ?? 'Unknown', body: status.message ?? '' };
  const { code, message, region = reply.headers['x-amz-bucket-region'] } = await readParts(reply.body);
  return {
    ...answer,
    ...(code !== undefined && { code }),
    ...(message !== undefined && { body: message }),
    ...(region !== undefined && { region }),
  };
}
