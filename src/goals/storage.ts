import type { Rook, Storage } from '#model/environment.ts';
import { UserError } from '#model/errors.ts';
import type { BucketRef } from '#model/read.ts';
import type { Settings } from './settings.ts';

/** Rook's claim of the bucket is called so, and the Secret that it makes as well. */
const CLAIM = 'loki-bucket';

/**
 * Where the bucket comes from and who writes its credentials: what is not stated follows from what the cluster has.
 * @param namespace Loki's: the Secret has to be there
 * @throws UserError (exit 2) for a combination that can't work, naming both pointers
 */
export function resolveStorage(settings: Settings, namespace: string, file: string): Storage {
  const { storage = {}, externalSecrets } = settings;
  const rook: Rook | null =
    storage.rook === null || (storage.rook === undefined && isOutside(storage, file))
      ? null
      : { namespace: 'storage', cluster: 'storage', objectStore: 'storage', ...storage.rook };
  const bucketFrom = storage.bucket?.from ?? (rook === null ? 'existing' : 'object-bucket-claim');
  const isClaimed = bucketFrom === 'object-bucket-claim';
  const secretFrom =
    storage.secret?.from ?? (!isClaimed ? 'existing' : externalSecrets === null ? 'object-bucket-claim' : 'external-secret');
  refuseContradictions(settings, { bucketFrom, secretFrom }, file);
  const endpoint = (storage.endpoint ?? `http://rook-ceph-rgw-${rook?.objectStore}.${rook?.namespace}.svc:80`).replace(/\/$/, '');
  const name = storage.bucket?.name ?? 'loki-logs';
  const credentials =
    secretFrom === 'object-bucket-claim'
      ? { namespace, name: CLAIM, user: 'AWS_ACCESS_KEY_ID', password: 'AWS_SECRET_ACCESS_KEY' }
      : { namespace, name: storage.secret?.name ?? 'loki-s3-credentials', user: 'access_key_id', password: 'secret_access_key' };
  return {
    rook,
    endpoint,
    bucket: {
      endpoint: endpointOf(endpoint, file),
      pathStyle: usesPathStyle(endpoint, name),
      region: storage.region ?? regionOf(endpoint) ?? 'us-east-1',
      name,
      credentials,
    },
    bucketFrom,
    secretFrom,
    storageClass: storage.storageClass ?? 'ceph-bucket',
  };
}

function refuseContradictions(
  { storage = {}, externalSecrets }: Settings,
  { bucketFrom, secretFrom }: Pick<Storage, 'bucketFrom' | 'secretFrom'>,
  file: string,
): void {
  const refuse = (problem: string, remedy: string): never => {
    throw new UserError(`${file}: ${problem}`, remedy);
  };
  const [bucketPointer, secretPointer] = ['/environment/storage/bucket/from', '/environment/storage/secret/from'];
  if (storage.rook === null && storage.endpoint === undefined) {
    refuse('/environment/storage/rook is null, and /environment/storage/endpoint is missing', 'Name the endpoint of the object store.');
  }
  const { endpoint = '', region } = storage;
  if (bucketFrom === 'object-bucket-claim' && isOutside(storage, file)) {
    const named = `/environment/storage/endpoint is "${endpoint}", outside of the cluster`;
    refuse(
      `${bucketPointer} is "${bucketFrom}", but ${named}`,
      'Set the former to "existing" and make the bucket, or take out the endpoint.',
    );
  }
  if (region !== undefined && ![undefined, region].includes(regionOf(endpoint))) {
    const named = `/environment/storage/endpoint is "${endpoint}"`;
    refuse(`/environment/storage/region is "${region}", but ${named}`, "Name the bucket's own region in both.");
  }
  if (bucketFrom === 'object-bucket-claim' && storage.rook === null) {
    refuse(`${bucketPointer} is "${bucketFrom}", but /environment/storage/rook is null`, 'Set it to "existing" and make the bucket.');
  }
  if (secretFrom === 'external-secret' && externalSecrets === null) {
    refuse(`${secretPointer} is "${secretFrom}", but /environment/externalSecrets is null`, 'Use "object-bucket-claim" or "existing".');
  }
  if (secretFrom !== 'existing' && bucketFrom === 'existing') {
    const remedy = 'Set the former to "existing" and make the Secret, or let the bucket be claimed.';
    refuse(`${secretPointer} is "${secretFrom}", but ${bucketPointer} is "existing": no claim gives credentials`, remedy);
  }
  if (secretFrom === 'object-bucket-claim' && (storage.secret?.name ?? CLAIM) !== CLAIM) {
    const names = `/environment/storage/secret/name is "${storage.secret?.name}"`;
    refuse(`${names}, but by ${secretPointer} the Secret is the claim's own, "${CLAIM}"`, 'Remove the name.');
  }
}

function isOutside({ endpoint }: NonNullable<Settings['storage']>, file: string): boolean {
  return endpoint !== undefined && typeof endpointOf(endpoint, file) === 'string';
}

/** A service of the cluster, which is reached through the API server; or else the address as it stands. */
function endpointOf(endpoint: string, file: string): BucketRef['endpoint'] {
  const { hostname, port, protocol } = URL.parse(endpoint) ?? { hostname: '', port: '', protocol: '' };
  const [name, namespace, svc, ...rest] = hostname.split('.');
  if (name && namespace && svc === 'svc' && ['', 'cluster.local'].includes(rest.join('.')))
    return { namespace, name, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
  // A name without a domain is another one in each pod, and so is this machine.
  if (name && namespace && !/\.svc(\.|$)|^127\./.test(hostname)) return endpoint;
  throw new UserError(
    `${file}: /environment/storage/endpoint is "${endpoint}", which is neither a service of the cluster nor an address outside of it that pods could reach`,
    'Write http://SERVICE.NAMESPACE.svc:PORT, or https://HOST:PORT as in https://s3.eu-central-1.amazonaws.com.',
  );
}

/** Amazon wants the bucket's name in the host, unless a dot in it would fit no certificate: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html */
export function usesPathStyle(endpoint: string, bucket: string): boolean {
  return !isAmazon(endpoint) || bucket.includes('.');
}

function isAmazon(endpoint: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(URL.parse(endpoint)?.hostname ?? '');
}

/** "s3.eu-central-1.amazonaws.com", "s3.dualstack.us-east-1.amazonaws.com", "s3-us-west-2.amazonaws.com". */
function regionOf(endpoint: string): string | undefined {
  if (!isAmazon(endpoint)) return undefined;
  return /[.-]([a-z]{2}(?:-[a-z]+)+-\d)\./.exec(endpoint)?.[1];
}
