import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '#goals/settings.ts';
import { secret, service } from '#rehearsal/build.ts';
import type { World } from '#rehearsal/world.ts';
import { root } from './run-command.ts';
import { goalsFile } from './scratch.ts';

/** Our own goals file with these settings beside, or instead of, its own. */
export async function goalsWith(environment: Settings): Promise<string> {
  const goals = JSON.parse(await readFile(join(root, 'goals/goals.json'), 'utf8'));
  return goalsFile(JSON.stringify({ ...goals, environment: { ...goals.environment, ...environment } }, undefined, 2));
}

/** Takes definitions out of a cluster: their kinds are not served any more. */
export function removeKinds({ store }: World, ...names: readonly string[]): void {
  for (const name of names) store.remove({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name });
}

export function removeRook(world: World): void {
  removeKinds(world, 'cephclusters.ceph.rook.io', 'cephobjectstores.ceph.rook.io', 'objectbucketclaims.objectbucket.io');
  world.store.remove({ apiVersion: 'v1', kind: 'Service', namespace: 'storage', name: 'rook-ceph-rgw-storage' });
}

/** MinIO as Service storage/minio, with buckets for Loki and for Airflow's archive, and Secrets with their keys as an administrator makes them. */
export function serveMinio(world: World): void {
  const minio = service('storage/minio', { app: 'rook-ceph-rgw' }, 9000, 8080);
  world.store.put({ ...minio, metadata: { ...minio.metadata, labels: { app: 'minio' } } });
  for (const bucket of ['loki-logs', 'airflow-logs']) {
    world.buckets.create(bucket);
    world.buckets.grant('access', 'key', bucket);
  }
  const keys = { access_key_id: 'access', secret_access_key: 'key' };
  const place = { endpoint: 'http://minio.storage.svc:9000', bucket: 'loki-logs', region: 'us-east-1' };
  world.store.put(secret('monitoring/loki-s3-credentials', { ...keys, ...place }));
  world.store.put(secret('airflow/airflow-logs', keys));
}
