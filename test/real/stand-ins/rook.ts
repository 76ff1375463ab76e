import { AwsClient } from 'aws4fetch';
import { type Manifest, nameOf, refOf } from '#model/kubernetes.ts';
import { apply, find, ownedBy } from '#rehearsal/controllers/apply.ts';
import { encodeSecret, specOf, statusOf } from '#rehearsal/tree.ts';
import type { World } from '#rehearsal/world.ts';
import type { Report } from './mirror.ts';

/** The gateway, with the keys of its administrator. */
export interface ObjectStore {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

interface Keys {
  readonly access_key: string;
  readonly secret_key: string;
}

/** Plays Rook's bucket provisioner on a real gateway: one claim's trouble is not another's. Deleting a claim deletes nothing. */
export async function provisionBuckets(world: World, gateway: ObjectStore, report: Report): Promise<void> {
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

/** The namespace of the operator that provisions for the claim's storage class, if one does. */
function operatorOf(world: World, claim: Manifest): string | undefined {
  const storageClass = find(world, 'storage.k8s.io/v1', 'StorageClass', undefined, specOf(claim).storageClassName);
  const clusters = world.store.list('ceph.rook.io/v1', 'CephCluster').map(({ metadata }) => metadata.namespace ?? '');
  return clusters.find((namespace) => storageClass?.provisioner === `${namespace}.ceph.rook.io/bucket`);
}

async function provision(world: World, claim: Manifest, operator: string, gateway: ObjectStore): Promise<void> {
  const { name, namespace = '' } = claim.metadata;
  const { bucketName } = specOf(claim);
  const keys = await userFor(`obc-${namespace}-${name}`, gateway);
  const answer = await clientOf(keys.access_key, keys.secret_key).fetch(`${gateway.endpoint}/${bucketName}`, { method: 'PUT' });
  if (!answer.ok) throw new Error(`creating bucket ${bucketName}: ${await codeOf(answer)}`);
  const [store] = world.store.list('ceph.rook.io/v1', 'CephObjectStore', operator);
  const metadata = { name, namespace, ownerReferences: ownedBy(claim) };
  const data = { AWS_ACCESS_KEY_ID: keys.access_key, AWS_SECRET_ACCESS_KEY: keys.secret_key };
  const address = { BUCKET_HOST: `rook-ceph-rgw-${store?.metadata.name}.${operator}.svc`, BUCKET_PORT: '80', BUCKET_NAME: bucketName };
  apply(world, { apiVersion: 'v1', kind: 'Secret', metadata, data: encodeSecret(data) });
  apply(world, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: address });
}

/** The keys of a user of the gateway, which is made if it is not there yet. */
async function userFor(uid: string, { endpoint, accessKey, secretKey }: ObjectStore): Promise<Keys> {
  const administrator = clientOf(accessKey, secretKey);
  const user = `${endpoint}/admin/user?format=json&uid=${encodeURIComponent(uid)}`;
  const found = await administrator.fetch(user);
  const answer =
    found.status === 404 ? await administrator.fetch(`${user}&display-name=${encodeURIComponent(uid)}`, { method: 'PUT' }) : found;
  if (!answer.ok) throw new Error(`user ${uid} of the gateway: ${await codeOf(answer)}`);
  const { keys } = (await answer.json()) as { keys: [Keys] };
  return keys[0];
}

/** "BucketAlreadyExists": in XML, or in the JSON of the administrator's API. */
async function codeOf(answer: Response): Promise<string> {
  return /\bCode"?[>:]"?(\w+)/.exec(await answer.text())?.[1] ?? `status ${answer.status}`;
}

function clientOf(accessKeyId: string, secretAccessKey: string): AwsClient {
  return new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: 'us-east-1', retries: 0 });
}
