import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type EmbeddedCluster, startCluster } from '#rehearsal/cluster.ts';
import { merge, requestsTo } from '#test/contract/kubernetes/requests.ts';

let directory: string;
let cluster: EmbeddedCluster;
const target = requestsTo(() => cluster.url);
const get = async (path: string) => (await target.request('GET', path)).body;
const git = async (...args: readonly string[]) => (await execa('git', args, { cwd: cluster.checkout })).stdout;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rehearsal-'));
  cluster = await startCluster({ directory, goals: '{"phases": []}\n' });
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});

test('the kubeconfig leads to the API server as its administrator', async () => {
  const { clusters, users, contexts, ...rest } = parse(cluster.kubeconfig);
  expect(rest).toMatchObject({ kind: 'Config', 'current-context': 'rehearsal' });
  expect(contexts).toEqual([{ name: 'rehearsal', context: { cluster: 'rehearsal', user: 'rehearsal' } }]);
  expect(clusters[0].cluster).toEqual({ server: cluster.url.replace('//', '//admin@') });
  expect(users[0].user).toEqual({ token: 'admin' });
  expect(await get('/readyz')).toBe('ok');
  expect((await get('/version')).gitVersion).toBe('v1.33.4');
});

test('the checkout is a clone of what Flux follows, with the goals uncommitted', async () => {
  expect(await git('remote', 'get-url', 'origin')).toBe(cluster.remote);
  expect(await git('status', '--porcelain', '--branch')).toBe('## main...origin/main\n?? goals/');
  expect(await readFile(join(cluster.checkout, 'goals/goals.json'), 'utf8')).toBe('{"phases": []}\n');
  expect(await git('config', '--local', 'user.email')).toBe('homelab@example.org');
  const release = parse(await readFile(join(cluster.checkout, 'kubernetes/apps/airflow/airflow/app/helmrelease.yaml'), 'utf8'));
  expect(release.spec.values).toMatchObject({
    triggerer: { persistence: { enabled: true } },
    config: { logging: { remote_logging: 'False' } },
  });
});

test('everything that was there before the rollout becomes ready', async () => {
  const workloads = [
    ['flux-system', 'deployments', 5],
    ['storage', 'deployments', 1],
    ['external-secrets', 'deployments', 1],
    ['monitoring', 'deployments', 1],
    ['monitoring', 'statefulsets', 1],
    ['airflow', 'deployments', 2],
    ['airflow', 'statefulsets', 1],
  ] as const;
  for (const [namespace, resource, count] of workloads) {
    const list = () => get(`/apis/apps/v1/namespaces/${namespace}/${resource}`);
    const ready = async () =>
      (await list()).items.filter((item: { status?: { readyReplicas?: number } }) => item.status?.readyReplicas === 1).length;
    await expect.poll(ready, { message: `${namespace} ${resource}` }).toBe(count);
  }
  const pods = (await get('/api/v1/pods')).items;
  const apiServers = pods.filter(({ metadata }: { metadata: { name: string } }) => metadata.name.startsWith('kube-apiserver-k8s-'));
  expect(apiServers).toHaveLength(3);
});

test('Flux has applied the repository', async () => {
  const path = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations';
  const revision = `main@sha1:${await git('rev-parse', 'HEAD')}`;
  for (const name of ['cluster-apps', 'airflow', 'kube-prometheus-stack']) {
    await expect.poll(async () => (await get(`${path}/${name}`)).status?.lastAppliedRevision, { message: name }).toBe(revision);
  }
  expect((await get('/apis/helm.toolkit.fluxcd.io/v2/namespaces/airflow/helmreleases/airflow')).kind).toBe('HelmRelease');
});

test('the object gateway and Prometheus answer through the service proxy', async () => {
  const through = (service: string, path: string) =>
    target.request('GET', `/api/v1/namespaces/${service.replace('/', '/services/')}/proxy${path}`);
  await expect.poll(async () => (await through('storage/rook-ceph-rgw-storage:80', '/loki-logs')).body).toContain('NoSuchBucket');
  await expect.poll(async () => (await through('monitoring/kube-prometheus-stack-prometheus:9090', '/api/v1/rules')).status).toBe(200);
  await expect.poll(async () => (await through('monitoring/kube-prometheus-stack-grafana:80', '/api/health')).body.version).toBe('11.4.0');
});

test('its clock is moved by a ConfigMap', async () => {
  const before = cluster.world.now().getTime();
  const week = 7 * 24 * 3600 * 1000;
  const moved = await target.request(
    'PATCH',
    '/api/v1/namespaces/rehearsal/configmaps/clock',
    merge({ data: { offsetMilliseconds: String(week) } }),
  );
  expect(moved.status).toBe(200);
  expect(cluster.world.now().getTime()).toBeGreaterThanOrEqual(before + week);
  const response = await fetch(`${cluster.url}/version`);
  expect(Date.parse(response.headers.get('date') ?? '')).toBeGreaterThan(before + week - 1000);
});

test('a fault is on while its ConfigMap is there', async () => {
  const path = '/api/v1/namespaces/rehearsal/configmaps';
  expect(cluster.world.fault('some')).toBe(false);
  await target.request('POST', path, { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fault-some' } } });
  expect(cluster.world.fault('some')).toBe(true);
  await target.request('DELETE', `${path}/fault-some`);
  expect(cluster.world.fault('some')).toBe(false);
});
