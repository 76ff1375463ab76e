import { type Manifest, nameOf, refOf } from '#model/kubernetes.ts';
import { apply, find, ownedBy } from '#rehearsal/controllers/apply.ts';
import { encodeSecret, specOf, statusOf } from '#rehearsal/tree.ts';
import type { Buckets, World } from '#rehearsal/world.ts';
import { clientOf, type Gateway, keysOf, makeBucket } from '../gateway.ts';
import type { Report } from './mirror.ts';

/** Plays Rook's bucket provisioner on a real gateway: one claim's trouble is not another's. Deleting a claim deletes nothing. */
export async function provisionBuckets(world: World, gateway: Gateway, report: Report): Promise<void> {
  for (const claim of world.store.list('objectbucket.io/v1alpha1', 'ObjectBucketClaim')) {
    const { name, namespace = '' } = claim.metadata;
    const operator = operatorOf(world, claim);
    if (operator === undefined || statusOf(claim).phase === 'Bound') continue;
    const provided = ['Secret', 'ConfigMap'].every((kind) => find(world, 'v1', kind, namespace, name) !== undefined);
    // Bound only once both are there: whoever waits for it reads them at once.
    if (provided) world.store.setStatus(refOf(claim), { phase: 'Bound' });
    else await provision(world, claim, operator, gateway).catch((error: unknown) => report(nameOf(refOf(claim)), error));
  }
}

/** Claimed buckets that simulated processes may put into, as their owners and without anybody waiting for it. */
export function gatewayBuckets(world: World, gateway: Gateway, report: Report): Buckets {
  async function put(bucket: string, key: string, body: Buffer): Promise<void> {
    const claims = world.store.list('objectbucket.io/v1alpha1', 'ObjectBucketClaim');
    const claim = claims.find((each) => specOf(each).bucketName === bucket);
    if (claim === undefined) throw new Error('nobody claimed it');
    const path = [bucket, ...key.split('/')].map(encodeURIComponent).join('/');
    const owner = clientOf(await keysOf(gateway, ownerOf(claim)));
    const { ok, status } = await owner.fetch(`${gateway.endpoint}/${path}`, { method: 'PUT', body: new Uint8Array(body) });
    if (!ok) throw new Error(`status ${status}`);
  }
  const putLater: Buckets['put'] = (bucket, key, body) =>
    void put(bucket, key, body).catch((error: unknown) => report(`putting into bucket ${bucket}`, error));
  return { put: putLater } as Buckets;
}

/** The gateway's user whom a claimed bucket belongs to. */
function ownerOf({ metadata }: Manifest): string {
  return `obc-${metadata.namespace}-${metadata.name}`;
}

/** The namespace of the operator that provisions for the claim's storage class, if one does. */
function operatorOf(world: World, claim: Manifest): string | undefined {
  const storageClass = find(world, 'storage.k8s.io/v1', 'StorageClass', undefined, specOf(claim).storageClassName);
  const clusters = world.store.list('ceph.rook.io/v1', 'CephCluster').map(({ metadata }) => metadata.namespace ?? '');
  return clusters.find((namespace) => storageClass?.provisioner === `${namespace}.ceph.rook.io/bucket`);
}

async function provision(world: World, claim: Manifest, operator: string, gateway: Gateway): Promise<void> {
  const { name, namespace = '' } = claim.metadata;
  const { bucketName } = specOf(claim);
  const keys = await keysOf(gateway, ownerOf(claim));
  await makeBucket(gateway, bucketName, keys);
  const [store] = world.store.list('ceph.rook.io/v1', 'CephObjectStore', operator);
  const metadata = { name, namespace, ownerReferences: ownedBy(claim) };
  const data = { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey };
  const address = { BUCKET_HOST: `rook-ceph-rgw-${store?.metadata.name}.${operator}.svc`, BUCKET_PORT: '80', BUCKET_NAME: bucketName };
  apply(world, { apiVersion: 'v1', kind: 'Secret', metadata, data: encodeSecret(data) }, 'rook');
  apply(world, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: address }, 'rook');
}
