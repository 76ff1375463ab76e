import { type Check, check, type Probe, probing } from '#model/check.ts';
import type { Storage } from '#model/environment.ts';
import type { BucketRef } from '#model/read.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { Ceph } from './objects.ts';
import { readBucket, readObject, readSecret } from './reads.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html: every part but the last has at least 5 MiB. */
const LARGE = 6 * 2 ** 20;

export const claimIsBound = (id: string, namespace: string, name: string): Check =>
  check({
    id,
    title: `ObjectBucketClaim ${namespace}/${name} is Bound`,
    holds: 'always',
    reads: { claim: readObject({ apiVersion: 'objectbucket.io/v1alpha1', kind: 'ObjectBucketClaim', namespace, name }, Ceph) },
    judge: ({ claim }) => {
      if (claim === undefined) return pending('it is not there yet', [], 'nothing yet');
      if (claim.status.phase === 'Bound') return met('Bound');
      return pending(
        `phase ${claim.status.phase || 'none'}`,
        ["no provisioner has answered; it has to be <Ceph cluster's namespace>.ceph.rook.io/bucket"],
        `kubectl describe objectbucketclaim -n ${namespace} ${name}; kubectl get storageclass`,
      );
    },
  });

/** Where it names endpoint, bucket and region, it names ours: else Loki writes somewhere else than we look. */
export const secretIsComplete = (storage: Storage): Check => {
  const { namespace, name, user, password } = storage.bucket.credentials;
  return check({
    id: 's3.secret-complete',
    title: `Secret ${namespace}/${name} holds what Loki needs to reach its bucket`,
    holds: 'always',
    reads: { secret: readSecret(namespace, name, ['endpoint', 'bucket', 'region', 'BUCKET_NAME']) },
    judge: ({ secret }) => {
      if (secret === undefined)
        return pending(
          `Secret ${namespace}/${name} is not there`,
          [`it should come from ${storage.secretFrom}`],
          `kubectl get externalsecret,objectbucketclaim -n ${namespace}`,
        );
      const wanted = storage.secretFrom === 'object-bucket-claim' ? [user, password] : ['endpoint', 'bucket', 'region', user, password];
      const absent = wanted.filter((key) => !secret.keys.includes(key));
      if (absent.length > 0)
        return failed(
          `keys are missing: ${absent.join(', ')}`,
          [`it has ${secret.keys.join(', ') || 'none'}`],
          'add them where the Secret comes from',
        );
      const { bucket } = secret.revealed;
      if (bucket !== undefined && bucket !== storage.bucket.name) {
        return failed(
          `it names the bucket ${bucket}`,
          [`Loki is to use ${storage.bucket.name}`],
          'make both the same: environment.storage.bucket.name, or the Secret',
        );
      }
      return met(`${secret.keys.length} keys, bucket ${storage.bucket.name}`);
    },
  });
};

export const bucketIsReachable = (bucket: BucketRef, id = 's3.bucket-reachable'): Check =>
  check({
    id,
    title: `Bucket ${bucket.name} answers to the credentials in Secret ${bucket.credentials.namespace}/${bucket.credentials.name}`,
    holds: 'always',
    reads: { head: readBucket(bucket, 'head-bucket') },
    judge: ({ head }) => (head.status === 200 ? met('head bucket: 200') : refused('head bucket', head)),
  });

/** Any store that accepts a wrong secret proves nothing when it accepts the right one. */
export const wrongSecretIsRefused = (bucket: BucketRef): Check =>
  check({
    id: 's3.wrong-secret-refused',
    title: 'A wrong secret is refused',
    holds: 'always',
    after: ['s3.bucket-reachable'],
    reads: { head: readBucket(bucket, 'head-bucket', { wrongSecret: true }) },
    judge: ({ head }) =>
      head.status === 403
        ? met('403')
        : failed(
            `a wrong secret was answered with ${head.status}`,
            ['the object store does not check signatures, or the bucket is public'],
            'close the bucket to anonymous access',
          ),
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
        if (object.status !== 200) return refused('get', object);
        if (object.body !== mark)
          return failed(
            'what was put is not what came back',
            [`put ${mark.length} bytes, got ${object.body?.length ?? 0} others`],
            'the object store rewrites bodies: see the checksum notes of its version',
          );
        if (list.status !== 200) return refused('list', list);
        const size = list.objects?.find(({ key }) => key === large)?.size;
        if (size !== LARGE)
          return failed(
            `the object of ${LARGE} bytes that was put in parts is listed with ${size ?? 'no'} bytes`,
            [],
            'the object store mishandles multipart uploads: update it',
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

function refused(operation: string, { status, code }: { status: number; code?: string }): Verdict {
  const cause = code === undefined ? [] : [code];
  if (status === 503) return pending(`${operation}: 503`, ['the gateway has no ready pod'], "see the object store's gateway");
  const remedy = {
    NoSuchBucket: 'create the bucket, or name the right one in environment.storage.bucket.name',
    SignatureDoesNotMatch: 'the secret is stale or wrong: renew it where it comes from',
    InvalidAccessKeyId: 'the key is unknown to the object store: renew the Secret',
  }[code ?? ''];
  return failed(
    `${operation}: ${status}${code === undefined ? '' : ` ${code}`}`,
    cause,
    remedy ?? 'see what the object store says in its log',
  );
}
