import { afterAll, beforeAll, expect, test } from 'vitest';
import { conditionOf } from '#rehearsal/controllers/apply.ts';
import { chartSource, type Homelab, helmRelease, kustomization, lokiValues, phase1, phase2, startHomelab } from '../rollout.ts';

let homelab: Homelab;
beforeAll(async () => {
  homelab = await startHomelab();
});
afterAll(() => homelab.stop());

const ready = (kind: string, name: string, namespace?: string) => conditionOf(homelab.get(kind, name, namespace), 'Ready');
const lokiKustomization = () => homelab.get('Kustomization', 'loki', 'flux-system');
const readyReason = () => ready('Kustomization', 'loki', 'flux-system')?.reason;

test('a commit arrives when somebody asks, and not before the interval otherwise', async () => {
  const before = homelab.get('GitRepository', 'flux-system', 'flux-system').status.artifact.revision;
  const sha = await homelab.commit(phase1);
  const touched = homelab.get('ConfigMap', 'clock', 'rehearsal');
  homelab.world.store.put({ ...touched, metadata: { ...touched.metadata, labels: { looked: 'at' } } });
  expect(homelab.get('GitRepository', 'flux-system', 'flux-system').status.artifact.revision).toBe(before);
  await homelab.reconcile();
  expect(homelab.get('GitRepository', 'flux-system', 'flux-system').status).toMatchObject({
    artifact: { revision: `main@sha1:${sha}` },
    observedGeneration: 1,
    conditions: [{ type: 'Ready', status: 'True', reason: 'Succeeded' }, { type: 'ArtifactInStorage' }],
  });
});

test('the claim gets its bucket, External Secrets its Secret, and the Kustomizations in their order the revision', async () => {
  await homelab.until(() => readyReason() === 'ReconciliationSucceeded');
  expect(homelab.get('ObjectBucketClaim', 'loki-bucket').status.phase).toBe('Bound');
  expect(homelab.get('ConfigMap', 'loki-bucket').data).toMatchObject({ BUCKET_NAME: 'loki-logs', BUCKET_PORT: '80' });
  expect(homelab.world.buckets.has('loki-logs')).toBe(true);
  const { data } = homelab.get('Secret', 'loki-s3-credentials');
  const accessKey = Buffer.from(data.access_key_id, 'base64').toString();
  expect(homelab.world.buckets.secretOf(accessKey)).toMatchObject({
    buckets: ['loki-logs'],
    secretKey: Buffer.from(data.secret_access_key, 'base64').toString(),
  });
  expect(Object.keys(data).sort()).toEqual(['access_key_id', 'bucket', 'endpoint', 'region', 'secret_access_key']);
  const revision = homelab.get('GitRepository', 'flux-system', 'flux-system').status.artifact.revision;
  expect(lokiKustomization().status).toMatchObject({ lastAppliedRevision: revision, lastAttemptedRevision: revision });
  expect(homelab.get('HelmChart', 'loki').status).toMatchObject({
    artifact: { revision: '18.11.0' },
    conditions: [{ reason: 'ChartPullSucceeded' }],
  });
  expect(homelab.get('HelmChart', 'loki').metadata.labels['kustomize.toolkit.fluxcd.io/name']).toBe('loki');
});

test('what cannot be built says why and applies nothing', async () => {
  await homelab.commit({ 'monitoring/loki/app/kustomization.yaml': kustomization('./source.yaml', './absent.yaml') });
  await homelab.reconcile();
  await homelab.until(() => readyReason() === 'BuildFailed');
  expect(ready('Kustomization', 'loki', 'flux-system').message).toMatch(/accumulating resources from '\.\/absent\.yaml'.*no such file/);
  await homelab.commit({ 'monitoring/loki/app/kustomization.yaml': 'resources: [' });
  await homelab.reconcile();
  await homelab.until(() => /Flow sequence/.test(ready('Kustomization', 'loki', 'flux-system').message));
  expect(homelab.get('HelmChart', 'loki')).toBeDefined();
});

test('a chart version that its repository does not serve leaves the release without a source', async () => {
  const url = 'https://grafana-community.github.io/helm-charts';
  await homelab.commit({ ...phase2, 'monitoring/loki/app/source.yaml': chartSource('loki', '99.0.0', url) });
  await homelab.reconcile();
  await homelab.until(() => ready('HelmRelease', 'loki')?.reason === 'SourceNotReady' && ready('HelmChart', 'loki').status === 'False');
  expect(ready('HelmChart', 'loki')).toMatchObject({
    reason: 'InvalidChartReference',
    message: expect.stringContaining("no 'loki' chart with version matching '99.0.0' found"),
  });
});

test('values that do not render fail the installation in Helm’s words', async () => {
  const release = helmRelease('loki', { ...lokiValues, read: {} });
  await homelab.commit({ ...phase1, ...phase2, 'monitoring/loki/app/helmrelease.yaml': release });
  await homelab.reconcile();
  await homelab.until(() => ready('HelmRelease', 'loki')?.reason === 'InstallFailed');
  expect(ready('HelmRelease', 'loki').message).toContain(
    'more than zero replicas configured for both the single binary and simple scalable',
  );
});

test('pods that never become ready are waited for, and the right values heal it', async () => {
  const starved = { ...lokiValues, singleBinary: { ...lokiValues.singleBinary, resources: { limits: { memory: '200Mi' } } } };
  await homelab.commit({ 'monitoring/loki/app/helmrelease.yaml': helmRelease('loki', starved) });
  await homelab.reconcile();
  await homelab.until(() => /Running 'install' action/.test(ready('HelmRelease', 'loki')?.message));
  await homelab.commit(phase2);
  await homelab.reconcile();
  await homelab.until(() => readyReason() === 'ReconciliationSucceeded');
  expect(homelab.get('HelmRelease', 'loki').status).toMatchObject({
    observedGeneration: homelab.get('HelmRelease', 'loki').metadata.generation,
    history: [{ chartVersion: '18.11.0', status: 'deployed' }],
    conditions: [{ type: 'Ready', reason: 'InstallSucceeded' }, { type: 'Released' }],
  });
});

test('what leaves Git is pruned, with all that came from it', async () => {
  expect(homelab.get('StatefulSet', 'loki').status).toMatchObject({ readyReplicas: 1 });
  await homelab.commit({ 'monitoring/kustomization.yaml': kustomization('./kube-prometheus-stack/ks.yaml') });
  await homelab.reconcile();
  await homelab.until(() => homelab.get('HelmRelease', 'loki') === undefined && homelab.get('StatefulSet', 'loki') === undefined);
  await homelab.until(() => homelab.get('Pod', 'loki-0') === undefined);
  await homelab.until(() => homelab.get('Secret', 'loki-s3-credentials') === undefined);
});
