import { type Check, check } from '#model/check.ts';
import type { Storage } from '#model/environment.ts';
import type { BucketRef } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { Ceph, ConfigMap, ExternalSecret, findCondition, StorageClass } from './objects.ts';
import { readList, readObject } from './reads.ts';

/** A claim whose StorageClass no operator answers to stays as it is for ever (https://github.com/rook/rook/issues/10894). */
export const claimIsBound = (id: string, namespace: string, name: string, { storageClass, rook }: Storage): Check =>
  check({
    id,
    title: `ObjectBucketClaim ${namespace}/${name} is Bound`,
    holds: 'always',
    reads: {
      claim: readObject({ apiVersion: 'objectbucket.io/v1alpha1', kind: 'ObjectBucketClaim', namespace, name }, Ceph),
      found: readObject({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name: storageClass }, StorageClass),
    },
    judge: ({ claim, found }) => {
      const what = `ObjectBucketClaim ${namespace}/${name}`;
      if (claim?.status.phase === 'Bound') return met('Bound');
      if (found === undefined)
        return failed(
          `there is no StorageClass ${storageClass}`,
          [`${what} asks for it`],
          'name one for buckets in environment.storage.storageClass (kubectl get storageclass)',
        );
      const wanted = rook === null ? undefined : `${rook.namespace}.ceph.rook.io/bucket`;
      if (wanted !== undefined && found.provisioner !== wanted)
        return failed(
          `unsupported provisioner: ${found.provisioner}`,
          [`${what} waits for StorageClass ${storageClass}, and Rook answers to ${wanted} only`],
          `name a StorageClass with provisioner ${wanted} in environment.storage.storageClass, or make the bucket by hand and set environment.storage.bucket.from to "existing"`,
        );
      if (claim === undefined) return pending(`${what} is not there yet`, [], 'nothing yet');
      return pending(
        `phase ${claim.status.phase || 'none'}`,
        [`no provisioner has answered ${what} yet`, claim.status.message],
        `kubectl describe objectbucketclaim -n ${namespace} ${name}`,
      );
    },
  });

/** With generateBucketName the provisioner invents a name, which never is the one that Loki is told. Rook tells it in a ConfigMap. */
export const claimNamesBucket = (namespace: string, name: string, bucket: BucketRef): Check =>
  check({
    id: 's3.claim-names-bucket',
    title: `ObjectBucketClaim ${namespace}/${name} made bucket ${bucket.name}`,
    holds: 'always',
    after: ['s3.claim-bound'],
    reads: { made: readObject({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name }, ConfigMap) },
    judge: ({ made }) => {
      const described = `kubectl describe objectbucketclaim,configmap -n ${namespace} ${name}`;
      const found = made?.data.BUCKET_NAME;
      if (found === undefined) return pending(`ConfigMap ${namespace}/${name} names no bucket yet`, [], described);
      if (found === bucket.name) return met(found);
      return failed(
        `ObjectBucketClaim ${namespace}/${name} made bucket ${found}, and Loki is told ${bucket.name}`,
        ['a claim keeps the name that it was made with, and one with generateBucketName gets a name that nobody chose'],
        `set spec.bucketName of ObjectBucketClaim ${namespace}/${name} to ${bucket.name} and have it made anew, or set environment.storage.bucket.name to ${found}`,
      );
    },
  });

/** While it is not synced, whoever needs the Secret says no more than "secret not found". */
export const externalSecretIsSynced = (namespace: string, name: string): Check =>
  check({
    id: 's3.external-secret-synced',
    title: `ExternalSecret ${namespace}/${name} is synced`,
    holds: 'always',
    reads: {
      found: readObject({ apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', namespace, name }, ExternalSecret),
      stores: readList({ group: 'external-secrets.io', version: 'v1', resource: 'secretstores', namespace }, ExternalSecret),
    },
    judge: ({ found, stores }, now) => {
      const what = `ExternalSecret ${namespace}/${name}`;
      if (stores === undefined)
        return failed(
          'the API server knows no SecretStore of external-secrets.io/v1',
          [`${what} needs External Secrets 0.17 or newer`],
          'install or update External Secrets, or set environment.storage.secret.from to "object-bucket-claim"',
        );
      const store = stores.find(({ metadata }) => metadata.name === found?.spec.secretStoreRef?.name);
      const valid = findCondition(store?.status.conditions ?? [], 'Ready');
      const ready = findCondition(found?.status.conditions ?? [], 'Ready');
      if (ready?.status === 'True') return met(ready.reason || 'Ready');
      const sync = `kubectl describe secretstore,externalsecret -n ${namespace}; once it is mended: kubectl annotate externalsecret -n ${namespace} ${name} force-sync=$(date +%s) --overwrite`;
      if (found === undefined) return pending(`${what} is not there yet`, [], `kubectl get externalsecret -n ${namespace}`);
      const why = [
        ready === undefined ? '' : `${ready.reason}: ${ready.message}`,
        valid?.status === 'False' ? `SecretStore ${namespace}/${store?.metadata.name}: ${valid.reason}: ${valid.message}` : '',
      ];
      const invalidFor = valid?.status === 'False' ? now.getTime() - Date.parse(valid.lastTransitionTime ?? '') : 0;
      const saw = `${what} is not synced${ready === undefined ? ' yet' : `: ${ready.reason}`}`;
      return invalidFor > REVALIDATED ? failed(saw, why, sync) : pending(saw, why, sync);
    },
  });

/** A SecretStore that is not valid is looked at again within this time (--store-requeue-interval's default); milliseconds. */
const REVALIDATED = 300_000;
