import { type Permission, permissionToProxy, serviceName } from './kubernetes.ts';
import type { BucketRef } from './read.ts';

/** "storage/minio:9000", or the address of a store outside of the cluster: how every message names it. */
export function endpointName({ endpoint }: Pick<BucketRef, 'endpoint'>): string {
  return typeof endpoint === 'string' ? endpoint : serviceName(endpoint);
}

/** To see its credentials, and, of a store in the cluster, to ask it through the API server. */
export function permissionsOnBucket({ endpoint, credentials }: BucketRef, verbs: readonly Permission['verb'][]): readonly Permission[] {
  return [
    { verb: 'get', group: '', resource: 'secrets', namespace: credentials.namespace, name: credentials.name },
    ...(typeof endpoint === 'string' ? [] : verbs.map((verb) => permissionToProxy(endpoint, verb))),
  ];
}
