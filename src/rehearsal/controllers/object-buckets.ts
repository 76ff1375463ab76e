import type { Manifest } from '#model/kubernetes.ts';
import { refOf } from '#model/kubernetes.ts';
import { encodeSecret, hashOf, specOf, statusOf } from '../tree.ts';
import type { World } from '../world.ts';
import { apply, find, ownedBy, timeOf } from './apply.ts';

/** The provisioner that the operator of this cluster answers to. */
const PROVISIONER = 'storage.ceph.rook.io/bucket';

/** Plays Rook's bucket provisioner: a bucket, its key pair in a Secret, its address in a ConfigMap, and the claim is Bound. */
export function provisionBuckets(world: World): void {
  for (const claim of world.store.list('objectbucket.io/v1alpha1', 'ObjectBucketClaim')) {
    if (statusOf(claim).phase === 'Bound') continue;
    const storageClass = find(world, 'storage.k8s.io/v1', 'StorageClass', undefined, specOf(claim).storageClassName ?? '');
    if (storageClass?.provisioner === PROVISIONER) provision(world, claim);
    else refuse(world, claim, storageClass);
  }
}

function provision(world: World, claim: Manifest): void {
  const { name, namespace, uid } = claim.metadata;
  const { bucketName, generateBucketName } = specOf(claim);
  const bucket = bucketName ?? `${generateBucketName}-${uid}`;
  const accessKey = hashOf(['access', uid], 20).toUpperCase();
  const secretKey = hashOf(['secret', uid], 40);
  if (!world.buckets.has(bucket)) world.buckets.create(bucket);
  world.buckets.grant(accessKey, secretKey, bucket);
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), ownerReferences: ownedBy(claim) };
  apply(world, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    data: encodeSecret({ AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey }),
  });
  const data = { BUCKET_HOST: 'rook-ceph-rgw-storage.storage.svc', BUCKET_PORT: '80', BUCKET_NAME: bucket, BUCKET_REGION: '' };
  apply(world, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
  world.store.setStatus(refOf(claim), { phase: 'Bound' });
}

function refuse(world: World, claim: Manifest, storageClass: Manifest | undefined): void {
  const { name, namespace } = claim.metadata;
  world.store.setStatus(refOf(claim), { phase: 'Pending' });
  const message =
    storageClass === undefined
      ? `storageclass.storage.k8s.io "${specOf(claim).storageClassName}" not found`
      : `unsupported provisioner: ${storageClass.provisioner}`;
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.unsupported`, ...(namespace === undefined ? {} : { namespace }) },
  };
  if (world.store.get(refOf(event)) !== undefined) return;
  world.store.put({
    ...event,
    type: 'Warning',
    reason: 'ProvisioningFailed',
    message,
    involvedObject: refOf(claim),
    lastTimestamp: timeOf(world),
  });
}
