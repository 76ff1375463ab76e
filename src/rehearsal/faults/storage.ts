import { object } from '../build.ts';
import type { Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { type Fault, inObject, standing } from './fault.ts';

const CLAIMED = { 'storage.bucket.from': 'object-bucket-claim' };
const FROM_EXTERNAL_SECRET = { ...CLAIMED, 'storage.secret.from': 'external-secret' };
const BUCKET = 'loki-logs';

/** The object store, its buckets, and the credentials for it. */
export const STORAGE: readonly Fault[] = [
  {
    name: 'ceph-unhealthy',
    description: 'Ceph reports an error',
    phase: 0,
    check: 'ceph.healthy',
    says: ['HEALTH_ERR', 'PG_DAMAGED: Possible data damage: 1 pg inconsistent', 'kubectl describe cephcluster -n storage storage'],
    remedy: 'Ceph is well again',
    ...inObject('CephCluster', 'storage', ({ status }) => {
      const details = { PG_DAMAGED: { severity: 'HEALTH_ERR', message: 'Possible data damage: 1 pg inconsistent' } };
      Object.assign(status.ceph, { health: 'HEALTH_ERR', details });
    }),
  },
  {
    name: 'ceph-full',
    description: 'Ceph is nearly full, and still well: it stops all writes',
    phase: 0,
    check: 'ceph.has-room',
    says: ['5.8Ti of 6Ti used', 'stops all writes', 'CephCluster storage/storage'],
    remedy: 'there are more disks',
    ...inObject('CephCluster', 'storage', ({ status }) => {
      status.ceph.capacity.bytesUsed = 5.8 * 2 ** 40;
    }),
  },
  {
    name: 'object-store-stuck',
    description: 'an object store of an earlier try hangs in deletion',
    phase: 0,
    check: 'ceph.store-not-stuck',
    says: [
      'CephObjectStore storage/old: being deleted since',
      "can't come up beside it",
      'kubectl describe cephobjectstore -n storage old',
    ],
    remedy: 'it is gone',
    strike: standing((world) => {
      const old = object('ceph.rook.io/v1', 'CephObjectStore', 'storage/old', { spec: {}, status: { phase: 'Deleting' } });
      return { ...old, metadata: { ...old.metadata, deletionTimestamp: world.now().toISOString() } };
    }),
  },
  {
    name: 'gateway-of-ceph-down',
    description: "Ceph's gateway is scaled to 0: the object store is Ready, and nobody answers",
    phase: 0,
    check: 'ceph.store-ready',
    says: ['Deployment storage/rook-ceph-rgw-storage-a is scaled to 0', 'kubectl scale deployment -n storage'],
    remedy: 'it is scaled back',
    ...inObject('Deployment', 'rook-ceph-rgw-storage-a', ({ spec }) => {
      spec.replicas = 0;
    }),
  },
  {
    name: 'obc-unsupported-provisioner',
    description: "the StorageClass for buckets names a provisioner that no operator answers to, as in Rook's own examples",
    phase: 1,
    check: 's3.claim-bound',
    says: [
      'unsupported provisioner: rook-ceph.ceph.rook.io/bucket',
      'storage.ceph.rook.io/bucket only',
      'environment.storage.storageClass',
    ],
    remedy: 'it names the operator that there is, which makes the bucket then',
    settings: CLAIMED,
    ...inObject('StorageClass', 'ceph-bucket', (storageClass) => {
      storageClass.provisioner = 'rook-ceph.ceph.rook.io/bucket';
    }),
  },
  {
    name: 'secret-names-other-bucket',
    description: 'the claim gets a bucket with a name that nobody chose, as with generateBucketName',
    phase: 1,
    check: 's3.claim-names-bucket',
    says: [`made bucket ${BUCKET}-7c1f, and Loki is told ${BUCKET}`, 'generateBucketName', 'environment.storage.bucket.name'],
    remedy: 'the claim is made anew, with the name of the goals',
    settings: CLAIMED,
    strike:
      ({ store }) =>
      () =>
        store.remove({ apiVersion: 'objectbucket.io/v1alpha1', kind: 'ObjectBucketClaim', namespace: 'monitoring', name: 'loki-bucket' }),
    ...inObject('ObjectBucketClaim', 'loki-bucket', ({ spec }) => {
      spec.bucketName = `${spec.bucketName}-7c1f`;
    }),
  },
  {
    name: 'bucket-gone',
    description: 'somebody deletes the bucket as soon as it is there',
    phase: 1,
    check: 's3.bucket-reachable',
    says: ['404 NoSuchBucket', 'environment.storage.bucket.name'],
    remedy: 'the bucket is made again',
    strike({ buckets, store }) {
      const stop = store.subscribe(() => buckets.remove(BUCKET));
      return () => {
        stop();
        buckets.create(BUCKET);
      };
    },
  },
  {
    name: 'wrong-secret',
    description: 'the Secret holds a key that the object store does not know it by: it was renewed there, and not here',
    phase: 1,
    check: 's3.bucket-reachable',
    says: ['403 SignatureDoesNotMatch', 'renew Secret monitoring/loki-s3-credentials'],
    remedy: 'the Secret is written again',
    settings: FROM_EXTERNAL_SECRET,
    ...inSecret((data) => {
      data.secret_access_key = Buffer.from('renewed elsewhere').toString('base64');
    }),
  },
  {
    name: 'secret-incomplete',
    description: 'the Secret has no key region',
    phase: 1,
    check: 's3.secret-complete',
    says: ['keys are missing: region', 'Secret monitoring/loki-s3-credentials'],
    remedy: 'the Secret is written again',
    settings: FROM_EXTERNAL_SECRET,
    ...inSecret((data) => delete data.region),
  },
  {
    name: 'secret-sync-error',
    description: 'the SecretStore of an earlier try names a ServiceAccount that is not there: nothing is synced',
    phase: 1,
    check: 's3.external-secret-synced',
    says: ['SecretSyncedError', 'SecretStore monitoring/loki-bucket: InvalidProviderConfig', 'force-sync'],
    remedy: 'the SecretStore is as in Git again',
    settings: FROM_EXTERNAL_SECRET,
    strike({ store, now }) {
      const lastTransitionTime = new Date(now().getTime() - 3_600_000).toISOString();
      const status = { conditions: [{ type: 'Ready', status: 'False', reason: 'InvalidProviderConfig', lastTransitionTime }] };
      const account = { kubernetes: { auth: { serviceAccount: { name: 'nobody' } } } };
      store.put(object('external-secrets.io/v1', 'SecretStore', 'monitoring/loki-bucket', { spec: { provider: account }, status }));
      return () => {};
    },
    ...inObject('SecretStore', 'loki-bucket', ({ spec }) => {
      spec.provider.kubernetes.auth.serviceAccount.name = 'nobody';
    }),
  },
  {
    name: 'open-bucket',
    description: 'the gateway checks no signature: whoever asks is let in',
    phase: 1,
    check: 's3.wrong-secret-refused',
    says: ['a wrong secret was answered with 200', `close bucket ${BUCKET}`],
    remedy: 'the gateway checks signatures again',
    strike: overridden({ signatures: 'ignored' }),
  },
  {
    name: 'checksum-refused',
    description: 'what stands before the gateway stores the frames of a chunked upload as part of the body',
    phase: 1,
    check: 's3.operations',
    says: ['what was put is not what came back', `bucket ${BUCKET}`, 'aws-chunked'],
    remedy: 'bodies are stored as they were sent',
    strike: overridden({ bodies: 'as-sent' }),
  },
  {
    name: 'multipart-broken',
    description: 'the gateway keeps only the last part of what is put in parts',
    phase: 1,
    check: 's3.operations',
    says: ['put in parts is listed with', 'mishandles multipart uploads'],
    remedy: 'it keeps all parts again',
    strike: overridden({ multipart: 'last-part' }),
  },
];

function inSecret(edit: (data: Tree) => unknown): Required<Pick<Fault, 'distort'>> {
  return inObject('Secret', 'loki-s3-credentials', ({ data }) => void edit(data));
}

function overridden(data: Readonly<Record<string, string>>): (world: World) => () => void {
  return standing(() => object('v1', 'ConfigMap', 'storage/rook-config-override', { data }));
}
