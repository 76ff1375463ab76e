import { claimIsBound, claimNamesBucket, externalSecretIsSynced } from '#checks/bucket-claim.ts';
import { absent, failed, list, minutesAgo, object, pending, STORAGE, table } from '../support.ts';

const claim = (phase: string, rest: Record<string, unknown> = {}) => object({ name: 'loki-bucket', status: { phase, ...rest } });
const storageClass = (provisioner: string) => object({ name: 'ceph-bucket', provisioner });
const condition = (status: string, reason: string, message = '') => ({ type: 'Ready', status, reason, message });
const external = (...conditions: object[]) =>
  object({ name: 'loki-s3-credentials', spec: { secretStoreRef: { name: 'loki-bucket' } }, status: { conditions } });
const store = (name: string, ...conditions: object[]) => ({ name, status: { conditions } });
const invalid = (minutes: number) => ({
  ...condition('False', 'InvalidProviderConfig', 'no such account'),
  lastTransitionTime: minutesAgo(minutes),
});
const notFound = condition('False', 'SecretSyncedError', 'secrets "loki-bucket" not found');

export default [
  table(
    claimIsBound('s3.claim-bound', 'monitoring', 'loki-bucket', STORAGE),
    { claim: claim('Bound'), found: storageClass('storage.ceph.rook.io/bucket') },
    'Bound',
    [
      pending('not there yet', { claim: absent }, 'ObjectBucketClaim monitoring/loki-bucket is not there'),
      pending(
        'not bound yet',
        { claim: claim('Pending', { message: 'busy' }) },
        'phase Pending',
        'busy',
        'kubectl describe objectbucketclaim -n monitoring loki-bucket',
      ),
      pending('no phase yet', { claim: claim('') }, 'phase none', 'no provisioner has answered'),
      failed(
        'a provisioner that no operator answers to',
        { claim: claim('Pending'), found: storageClass('rook-ceph.ceph.rook.io/bucket') },
        'unsupported provisioner: rook-ceph.ceph.rook.io/bucket',
        'ObjectBucketClaim monitoring/loki-bucket waits for StorageClass ceph-bucket',
        'environment.storage.storageClass',
      ),
      failed('no StorageClass', { claim: claim(''), found: absent }, 'no StorageClass ceph-bucket', 'environment.storage.storageClass'),
    ],
    ['found'],
  ),
  table(
    claimIsBound('s3.claim-bound', 'monitoring', 'loki-bucket', { ...STORAGE, rook: null }),
    { claim: claim('Bound'), found: storageClass('any.example.com/bucket') },
    'Bound',
    [pending('another provisioner than Rook', { claim: claim('Pending') }, 'phase Pending')],
    ['found'],
  ),
  table(
    claimNamesBucket('monitoring', 'loki-bucket', STORAGE.bucket),
    { made: object({ data: { BUCKET_NAME: 'loki-logs', BUCKET_HOST: 'rgw' } }) },
    'loki-logs',
    [
      failed(
        'a name that nobody chose',
        { made: object({ data: { BUCKET_NAME: 'loki-a1b2' } }) },
        'made bucket loki-a1b2, and Loki is told loki-logs',
        'generateBucketName',
        'environment.storage.bucket.name to loki-a1b2',
      ),
      pending(
        'no ConfigMap yet',
        { made: absent },
        'ConfigMap monitoring/loki-bucket names no bucket yet',
        'kubectl describe objectbucketclaim,configmap',
      ),
      pending('no name in it', { made: object({ data: {} }) }, 'names no bucket yet'),
    ],
  ),
  table(
    externalSecretIsSynced('monitoring', 'loki-s3-credentials'),
    { found: external(condition('True', 'SecretSynced')), stores: list(store('loki-bucket', condition('True', 'Valid'))) },
    'SecretSynced',
    [
      pending(
        'not there yet',
        { found: absent },
        'ExternalSecret monitoring/loki-s3-credentials is not there yet',
        'kubectl get externalsecret -n monitoring',
      ),
      pending('says nothing yet', { found: external() }, 'is not synced yet'),
      pending(
        'what it reads is not there',
        { found: external(notFound) },
        'is not synced: SecretSyncedError',
        'secrets "loki-bucket" not found',
        'kubectl annotate externalsecret -n monitoring loki-s3-credentials force-sync',
      ),
      pending(
        'its store is not valid',
        {
          found: external(notFound),
          stores: list(
            store('other', condition('False', 'Other')),
            store('loki-bucket', condition('False', 'InvalidProviderConfig', 'no such account')),
          ),
        },
        'SecretStore monitoring/loki-bucket: InvalidProviderConfig: no such account',
        'kubectl describe secretstore',
      ),
      failed(
        'its store has not been valid for longer than it takes to look again',
        { found: external(notFound), stores: list(store('loki-bucket', invalid(5.1))) },
        'is not synced: SecretSyncedError',
        'SecretStore monitoring/loki-bucket: InvalidProviderConfig: no such account',
        'force-sync',
      ),
      pending(
        'its store is looked at again',
        { found: external(), stores: list(store('loki-bucket', invalid(5))) },
        'is not synced yet',
        'no such account',
      ),
      failed(
        'no External Secrets, or an old one',
        { stores: { of: 'list', served: false, items: [] } },
        'knows no SecretStore of external-secrets.io/v1',
        'ExternalSecret monitoring/loki-s3-credentials needs',
        'environment.storage.secret.from',
      ),
    ],
  ),
];
