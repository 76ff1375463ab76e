import { afterAll, beforeAll, expect, test } from 'vitest';
import { bringIn } from '#commands/support/faults.ts';
import type { Manifest } from '#model/kubernetes.ts';
import { dataOf, statusOf, type Tree } from '#rehearsal/tree.ts';
import type { World } from '#rehearsal/world.ts';
import { type Completed, checksOf, completeRehearsal, fork } from './fork.ts';

/**
 * What was once called done in real rollouts, all of it at once, and the check that tells of it. Three more can't stand in a cluster
 * that is rolled out: contradicting goals are refused when they are read, free memory is asked for before it is used, and a provisioner
 * that no operator answers to makes no bucket for Loki.
 */
const DEFECTS: readonly { readonly what: string; readonly check: string; readonly says: string; readonly fault?: string }[] = [
  { what: 'a claim got a bucket that nobody named', check: 's3.claim-names-bucket', says: 'made bucket loki-logs-7c1f' },
  { what: 'ready between two crashes', check: 'loki.no-restarts', says: '124 restarts' },
  { what: '404 through the gateway', check: 'loki.gateway-routes', says: '404', fault: 'gateway-404' },
  { what: 'retention_period alone deletes nothing', check: 'loki.retention-runs', says: 'nothing deletes', fault: 'retention-off' },
  { what: 'a shorter retention than the goals', check: 'loki.retention-period', says: 'is 2d', fault: 'retention-period-wrong' },
  { what: 'keys under a wrong path are ignored', check: 'loki.limits-set', says: 'no memory', fault: 'limits-ignored' },
  { what: 'each node tails every pod', check: 'alloy.own-node-only', says: 'more than one', fault: 'each-node-tails-every-pod' },
  { what: 'two default datasources', check: 'grafana.one-default', says: '2 datasources', fault: 'two-defaults' },
  { what: 'a rejected query is not an empty result', check: 'loki.library-runs', says: 'rejected', fault: 'queries-rejected' },
  { what: 'the chart brings a claim back', check: 'airflow.claim-gone', says: '100Gi is left', fault: 'claim-returns' },
  { what: 'rules where nothing reads them', check: 'loki.rules-folder', says: 'go elsewhere', fault: 'rules-wrong-folder' },
];

let completed: Completed;
beforeAll(async () => {
  completed = await completeRehearsal();
}, 120_000);
afterAll(() => completed.stop());

test('each of them is told by its check, and nothing else is red', { timeout: 120_000 }, async () => {
  const { world, verify, settle, stop } = await fork(completed);
  for (const { fault } of DEFECTS) if (fault !== undefined) bringIn({ name: fault }, world);
  nameAnotherBucket(world);
  // Some of it replaces pods.
  await settle();
  crashBefore(world);
  const verification = await verify(120_000);
  const red = checksOf(verification).filter(({ state, deferred }) => state !== 'met' && state !== 'stale' && !deferred);
  await stop();
  expect(verification.drift).toEqual([]);
  expect(red.map(({ id, state, saw }) => ({ id, state, saw }))).toEqual(
    expect.arrayContaining(DEFECTS.map(({ check, says }) => ({ id: check, state: 'failed', saw: expect.stringContaining(says) }))),
  );
  expect(red.map(({ id }) => id).sort()).toEqual(DEFECTS.map(({ check }) => check).sort());
});

/** Where Rook tells the name, which a claim with generateBucketName leaves to it. */
function nameAnotherBucket({ store }: World): void {
  const told = store.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'monitoring', name: 'loki-bucket' }) as Manifest;
  store.put({ ...told, data: { ...dataOf(told), BUCKET_NAME: 'loki-logs-7c1f' } });
}

/** Its kubelet has restarted it, and it is ready now. */
function crashBefore({ store, now }: World): void {
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: 'loki-0' };
  const terminated = { reason: 'OOMKilled', exitCode: 137, finishedAt: now().toISOString() };
  const status = statusOf(store.get(ref) as Manifest);
  const crashed = ({ name, ...container }: Tree) =>
    name === 'loki' ? { ...container, name, restartCount: 124, lastState: { terminated } } : { ...container, name };
  store.setStatus(ref, { ...status, containerStatuses: status.containerStatuses.map(crashed) });
}
