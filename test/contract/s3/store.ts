import { AwsV4Signer } from 'aws4fetch';
import { inject } from 'vitest';
import type { World } from '#rehearsal/world.ts';
import { type Gateway, type Keys, keysOf, makeBucket } from '#test/real/gateway.ts';
import { type Answer, type Cluster, uniqueName } from '../services.ts';

const SERVICE = 'storage/rook-ceph-rgw-storage:80';

/** An object store with a user who has a bucket, and another user who has another. */
export interface Store {
  readonly bucket: string;
  readonly foreign: string;
  readonly keys: Keys;
  /** Over the API server's proxy; signed by the owner of the bucket unless told otherwise. */
  send(method: string, path: string, sending?: Sending): Promise<S3Answer>;
}

interface S3Answer extends Answer {
  /** Of an error. */
  readonly code: string | undefined;
}

export interface Sending {
  readonly body?: string | Uint8Array;
  readonly keys?: Keys;
  /** When it is said to have been signed, in seconds from now. */
  readonly at?: number;
  /** Seconds. */
  readonly expires?: number;
  readonly tamper?: (signed: URL) => unknown;
  /** Another method than the one that was signed. */
  readonly sentAs?: string;
}

export async function openStore(cluster: Cluster): Promise<Store> {
  const bucket = uniqueName();
  const foreign = `${bucket}-foreign`;
  const make = cluster.world === undefined ? makeOwnBucket : grantBucket(cluster.world);
  const keys = await make(bucket);
  await make(foreign);
  return {
    bucket,
    foreign,
    keys,
    async send(method, path, { body, sentAs = method, ...signing } = {}) {
      const signed = await presign(cluster, method, path, { keys, ...signing });
      const answer = await cluster.ask(SERVICE, signed.pathname, {
        method: sentAs,
        query: signed.search,
        ...(body === undefined ? {} : { body }),
      });
      return { ...answer, code: /<Code>(\w+)<\/Code>/.exec(answer.text)?.[1] };
    },
  };
}

/** For the API server's own host and the path behind its proxy, as a client has to. */
async function presign(cluster: Cluster, method: string, path: string, { keys, at = 0, expires = 60, tamper }: Sending): Promise<URL> {
  const url = new URL(path, cluster.url);
  url.searchParams.set('X-Amz-Expires', String(expires));
  const datetime = new Date(Date.now() + at * 1000).toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
  const signer = new AwsV4Signer({
    method,
    url: url.href,
    ...(keys as Keys),
    service: 's3',
    region: 'us-east-1',
    signQuery: true,
    datetime,
  });
  const { url: signed } = await signer.sign();
  tamper?.(signed);
  return signed;
}

function grantBucket({ buckets }: World): (bucket: string) => Promise<Keys> {
  return async (bucket) => {
    const keys = { accessKeyId: `KEY-OF-${bucket}`, secretAccessKey: `secret of ${bucket}` };
    buckets.create(bucket);
    buckets.grant(keys.accessKeyId, keys.secretAccessKey, bucket);
    return keys;
  };
}

/** A user named like the bucket, made by the gateway's administrator, and the user's bucket. */
async function makeOwnBucket(bucket: string): Promise<Keys> {
  const gateway = inject('realCluster')?.s3 as Gateway;
  const keys = await keysOf(gateway, bucket);
  await makeBucket(gateway, bucket, keys);
  return keys;
}
