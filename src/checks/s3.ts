import { endpointName } from '#model/bucket.ts';
import { type Check, check, type Probe, probing } from '#model/check.ts';
import type { Storage } from '#model/environment.ts';
import type { BucketRef } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { readBucket, readSecret } from './reads.ts';
import { refused } from './s3-refusal.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html: every part but the last has at least 5 MiB. */
const LARGE = 6 * 2 ** 20;

/** Where it names a bucket, it names ours: else somebody who goes by the Secret writes somewhere else than we look. */
export const secretIsComplete = (storage: Storage): Check => {
  const { namespace, name, user, password } = storage.bucket.credentials;
  return check({
    id: 's3.secret-complete',
    title: `Secret ${namespace}/${name} holds what Loki needs to reach its bucket`,
    holds: 'always',
    ...(storage.secretFrom === 'external-secret' ? { after: ['s3.external-secret-synced'] } : {}),
    reads: { secret: readSecret(namespace, name, ['bucket', 'region']) },
    judge: ({ secret }) => {
      if (secret === undefined)
        return pending(
          `Secret ${namespace}/${name} is not there`,
          [`it should come from ${storage.secretFrom}`],
          storage.secretFrom === 'existing' ? makeSecret(storage) : `kubectl get externalsecret,objectbucketclaim -n ${namespace}`,
        );
      const wanted = storage.secretFrom === 'object-bucket-claim' ? [user, password] : ['endpoint', 'bucket', 'region', user, password];
      const absent = wanted.filter((key) => !secret.keys.includes(key));
      if (absent.length > 0)
        return failed(
          `keys are missing: ${absent.join(', ')}`,
          [`Secret ${namespace}/${name} has ${secret.keys.join(', ') || 'none'}`],
          storage.secretFrom === 'existing'
            ? makeSecret(storage)
            : `add them where it comes from (${storage.secretFrom}): kubectl describe externalsecret,secret -n ${namespace} ${name}`,
        );
      const { bucket, region } = secret.revealed;
      if (bucket !== undefined && bucket !== storage.bucket.name) {
        return failed(
          `Secret ${namespace}/${name} names the bucket ${bucket}`,
          [`Loki is to use ${storage.bucket.name}`],
          'make both the same: environment.storage.bucket.name, or the Secret',
        );
      }
      // In the cluster a region is but a word; outside it says where the bucket is, and Loki has it from the goals.
      if (typeof storage.bucket.endpoint === 'string' && region !== undefined && region !== storage.bucket.region) {
        return failed(
          `Secret ${namespace}/${name} names the region ${region}`,
          [`Loki is told ${storage.bucket.region}`],
          'make both the same: environment.storage.region, or the Secret',
        );
      }
      return met(`${secret.keys.length} keys, bucket ${storage.bucket.name}`);
    },
  });
};

/** How somebody makes it by hand, who has the keys. */
function makeSecret({ endpoint, bucket }: Storage): string {
  const { namespace, name, user, password } = bucket.credentials;
  const known = `--from-literal=endpoint=${endpoint} --from-literal=bucket=${bucket.name} --from-literal=region=${bucket.region}`;
  return `make it with these keys, out of what the object store gave you: kubectl create secret generic -n ${namespace} ${name} ${known} --from-literal=${user}=… --from-literal=${password}=…`;
}

/** @param after what it says nothing before: until the Secret is there nobody can ask */
export const bucketIsReachable = (bucket: BucketRef, id = 's3.bucket-reachable', after = ['s3.secret-complete']): Check =>
  check({
    id,
    title: `Bucket ${bucket.name} answers to the credentials in Secret ${bucket.credentials.namespace}/${bucket.credentials.name}`,
    holds: 'always',
    after,
    reads: { head: readBucket(bucket, 'head-bucket') },
    judge: ({ head }) => (head.status === 200 ? met('head bucket: 200') : refused('head bucket', bucket, head)),
  });

/** Any store that accepts a wrong secret proves nothing when it accepts the right one. */
export const wrongSecretIsRefused = (bucket: BucketRef): Check =>
  check({
    id: 's3.wrong-secret-refused',
    title: 'A wrong secret is refused',
    holds: 'always',
    after: ['s3.bucket-reachable'],
    reads: { head: readBucket(bucket, 'head-bucket', { wrongSecret: true }) },
    judge: ({ head }) => {
      if (head.status === 403) return met('403');
      if (head.status !== 200) return refused('head bucket with a wrong secret', bucket, head);
      return failed(
        `a wrong secret was answered with ${head.status}`,
        [`the object store does not check signatures, or bucket ${bucket.name} is public`],
        `close bucket ${bucket.name} to anonymous access: see its policy and ACL, and what stands before ${endpointName(bucket)}`,
      );
    },
  });

/** The operations that Loki's client needs, with its own credentials: head is a check, here come put, get, list, multipart and delete. */
export const bucketTakesObjects = (bucket: BucketRef): Probe => ({
  id: 's3.operations',
  title: `Bucket ${bucket.name} takes, gives, lists and deletes objects, large ones in parts`,
  holds: 'always',
  validFor: '24h',
  with: (mark) => {
    const small = 'anton-logging/probe/small';
    const large = 'anton-logging/probe/large';
    return probing({
      before: [
        { do: 's3-put', bucket, key: small, body: mark },
        { do: 's3-put', bucket, key: large, body: mark.padEnd(LARGE, '.'), multipart: true },
      ],
      reads: { object: readBucket(bucket, 'get', { key: small }), list: readBucket(bucket, 'list', { key: 'anton-logging/probe/' }) },
      judge: ({ object, list }) => {
        if (object.status !== 200) return refused('get', bucket, object);
        if (object.body !== mark)
          return failed(
            'what was put is not what came back',
            [`put ${mark.length} bytes into bucket ${bucket.name}, got ${object.body?.length ?? 0} others`],
            `${endpointName(bucket)} rewrites bodies (aws-chunked, or a proxy in between): update the object store`,
          );
        if (list.status !== 200) return refused('list', bucket, list);
        const size = list.objects?.find(({ key }) => key === large)?.size;
        if (size !== LARGE)
          return failed(
            `the object of ${LARGE} bytes that was put in parts is listed with ${size ?? 'no'} bytes`,
            [`${endpointName(bucket)} mishandles multipart uploads`],
            `update the object store behind ${endpointName(bucket)}`,
          );
        return met(`put, get (${mark.length} bytes equal), multipart put (${LARGE} bytes), list and delete`);
      },
      after: [
        { do: 's3-delete', bucket, key: small },
        { do: 's3-delete', bucket, key: large },
      ],
    });
  },
});
