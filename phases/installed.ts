import { fluxServesApis, kindIsServed } from '#checks/installed.ts';
import type { Check } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import { scopeOf } from '#model/kubernetes.ts';
import { airflowIsRolledOut } from './5-migration/airflow.ts';

/** What has to be installed beside that which phase 0 looks at: whoever lacks it finds out in a later phase. */
export function installedFor({ gitops, storage, loki, airflow }: Environment): readonly Check[] {
  const { namespace } = loki;
  const scope = (apiVersion: string, kind: string) => scopeOf({ apiVersion, kind, namespace });
  return [
    fluxServesApis(gitops.namespace, namespace),
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
            'install it: https://external-secrets.io/latest/introduction/getting-started/; or set environment.externalSecrets to null',
          ),
        ]
      : []),
    ...(airflow === null ? [] : [airflowIsRolledOut(airflow)]),
  ];
}
