import type { Manifest } from '#model/kubernetes.ts';
import { refOf } from '#model/kubernetes.ts';
import { encodeSecret, hashOf, specOf, statusOf } from '../tree.ts';
import type { World } from '../world.ts';
import { apply, find, ownedBy } from './apply.ts';

/** The provisioner that the operator of this cluster answers to. */
const PROVISIONER = 'storage.ceph.rook.io/bucket';

/** Plays Rook's bucket provisioner: a bucket, its key pair in a Secret, its address in a ConfigMap, and the claim is Bound. */
export function provisionBuckets(world: World): void {
  for (const claim of world.store.list('objectbucket.io/v1alpha1', 'ObjectBucketClaim')) {
    const storageClass = find(world, 'storage.k8s.io/v1', 'StorageClass', undefined, specOf(claim).storageClassName);
    if (statusOf(claim).phase === 'Bound') continue;
    if (storageClass?.provisioner === PROVISIONER) provision(world, claim);
    else world.store.setStatus(refOf(claim), { phase: 'Pending' });
  }
}

function provision(world: World, claim: Manifest): void {
  const { name, namespace = '', uid } = claim.metadata;
  const { bucketName } = specOf(claim);
  const keys = { AWS_ACCESS_KEY_ID: hashOf(['access', uid], 20).toUpperCase(), AWS_SECRET_ACCESS_KEY: hashOf(['secret', uid], 40) };
  world.buckets.create(bucketName);
  world.buckets.grant(keys.AWS_ACCESS_KEY_ID, keys.AWS_SECRET_ACCESS_KEY, bucketName);
  const metadata = { name, namespace, ownerReferences: ownedBy(claim) };
  const address = { BUCKET_HOST: 'rook-ceph-rgw-storage.storage.svc', BUCKET_PORT: '80', BUCKET_NAME: bucketName };
  apply(world, { apiVersion: 'v1', kind: 'Secret', metadata, data: encodeSecret(keys) }, 'rook');
  apply(world, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: address }, 'rook');
  world.store.setStatus(refOf(claim), { phase: 'Bound' });
}
