import { kindIsServed } from '#checks/installed.ts';
import type { Check } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import { scopeOf } from '#model/kubernetes.ts';

/** Operators whose kinds the manifests of the bucket are of: in another version than ours, nothing would make it. */
export function operatorsAreInstalled({ storage, loki: { namespace } }: Environment): readonly Check[] {
  const scope = (apiVersion: string, kind: string) => scopeOf({ apiVersion, kind, namespace });
  return [
    ...(storage.bucketFrom === 'object-bucket-claim'
      ? [
          kindIsServed(
            'rook.serves-claims',
            'A provisioner of buckets',
            scope('objectbucket.io/v1alpha1', 'ObjectBucketClaim'),
            'install Rook with its object bucket provisioner: https://rook.io/docs/rook/latest/Getting-Started/quickstart/; or name a bucket that is there: environment.storage.bucket.from "existing"',
          ),
        ]
      : []),
    ...(storage.secretFrom === 'external-secret'
      ? [
          kindIsServed(
            'external-secrets.installed',
            'External Secrets',
            scope('external-secrets.io/v1', 'ExternalSecret'),
            'install it, 0.17 or newer: https://external-secrets.io/latest/introduction/getting-started/; or set environment.externalSecrets to null',
          ),
        ]
      : []),
  ];
}
