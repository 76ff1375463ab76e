import { expect, test } from 'vitest';
import { kustomization, loki, neverReady, release, says } from './objects.ts';
import { useFlux } from './target.ts';

const flux = useFlux();
/** The controller looks every 5 s: a time that ends on that beat may end in the last look's own failure, which hides what was waited for. */
const OFF_BEAT = '33s';
const waiting = (timeout: string) => ({ wait: true, timeout, retryInterval: '1h' });

/** Ready says nothing of what is waited for; the other condition does. */
const progressing = (revision: string, timeout: string) => {
  const message = `Running health checks for revision ${revision} with a timeout of ${timeout}`;
  const ready = { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: 'Reconciliation in progress' };
  const reconciling = { type: 'Reconciling', status: 'True', reason: 'Progressing', message };
  return { status: { conditions: expect.arrayContaining([ready, reconciling].map((each) => expect.objectContaining(each))) } };
};

test('while it waits for health, it has attempted the revision and not applied it', async () => {
  const revision = await flux.push({ 'slow/set.yaml': neverReady('slow', flux.namespace) });
  await flux.apply('Kustomization', 'slow', kustomization('./slow', waiting('10m')));
  await flux.until('Kustomization', 'slow', progressing(revision, '10m0s'));
  const { status } = await flux.until('Kustomization', 'slow', { status: { inventory: expect.anything() } });
  expect(status).toMatchObject({ lastAttemptedRevision: revision, observedGeneration: -1 });
  expect(status.lastAppliedRevision).toBeUndefined();
  expect(status.inventory.entries).toEqual([{ id: `${flux.namespace}_slow_apps_StatefulSet`, v: 'v1' }]);
  expect(await flux.get('StatefulSet', 'slow')).toBeDefined();
});

test('pods that do not become ready in time are named', async () => {
  const revision = await flux.push({ 'late/set.yaml': neverReady('late', flux.namespace) });
  await flux.apply('Kustomization', 'late', kustomization('./late', waiting(OFF_BEAT)));
  await flux.until('Kustomization', 'late', progressing(revision, OFF_BEAT));
  flux.passTime(33_000);
  const message = /^health check failed after 33[\d.]*s: timeout waiting for: \[StatefulSet\/.*\/late status: 'InProgress'\]$/;
  const { status } = await flux.until('Kustomization', 'late', says('False', 'HealthCheckFailed', message), 50_000);
  expect(status).toMatchObject({ lastAttemptedRevision: revision, observedGeneration: -1 });
  expect(status.inventory.entries).toEqual([{ id: `${flux.namespace}_late_apps_StatefulSet`, v: 'v1' }]);
}, 60_000);

test('they have at least half a minute', async () => {
  const revision = await flux.push({ 'hasty/set.yaml': neverReady('hasty', flux.namespace) });
  await flux.apply('Kustomization', 'hasty', kustomization('./hasty', waiting('1s')));
  await flux.until('Kustomization', 'hasty', progressing(revision, '30s'));
  flux.passTime(30_000);
  await flux.until('Kustomization', 'hasty', says('False', 'HealthCheckFailed', /^health check failed after 30[\d.]*s: /), 50_000);
}, 60_000);

test('a release that is stalled: failed early, without its reasons', async () => {
  const files = release(flux, 'stuck', 'loki', loki(1, 'absent'), { timeout: '2s' });
  await flux.push({ 'stuck/release.yaml': files });
  await flux.apply('Kustomization', 'stuck', kustomization('./stuck', waiting('5m')));
  const message =
    /^health check failed after [\d.]+m?s: failed early due to stalled resources: \[HelmRelease\/.*\/stuck status: 'Failed'\]$/;
  await flux.until('Kustomization', 'stuck', says('False', 'HealthCheckFailed', message), 50_000);
}, 60_000);

test('a release whose chart refuses the values is not stalled: waited for until the time is over, without its reasons', async () => {
  const files = release(flux, 'refused', 'loki', { ...loki(1), read: { replicas: 1 } });
  const revision = await flux.push({ 'refused/release.yaml': files });
  await flux.apply('Kustomization', 'refused', kustomization('./refused', waiting(OFF_BEAT)));
  await flux.until('Kustomization', 'refused', progressing(revision, OFF_BEAT));
  await flux.until('HelmRelease', 'refused', says('False', 'InstallFailed', /You have more than zero replicas/));
  flux.passTime(33_000);
  const message = /timeout waiting for: \[HelmRelease\/.*\/refused status: 'InProgress'\]$/;
  await flux.until('Kustomization', 'refused', says('False', 'HealthCheckFailed', message), 50_000);
}, 60_000);

test('a chart version that is not served is stalled', async () => {
  const [repository, chart] = release(flux, 'unserved', 'loki', loki(1), {}, '99.0.0');
  await flux.push({ 'unserved/chart.yaml': [repository, chart] });
  await flux.apply('Kustomization', 'unserved', kustomization('./unserved', waiting('5m')));
  const message = /failed early due to stalled resources: \[HelmChart\/.*\/unserved status: 'Failed'\]$/;
  await flux.until('Kustomization', 'unserved', says('False', 'HealthCheckFailed', message), 50_000);
}, 60_000);
