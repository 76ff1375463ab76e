import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { conditionOf } from '#rehearsal/controllers/apply.ts';
import type { Tree } from '#rehearsal/tree.ts';
import { alloyConfiguration, type Homelab, phase1, phase2, phase3, startHomelab } from '../rollout.ts';

const LOKI = 'http://loki.monitoring.svc:3100';
const GATEWAY = 'http://loki-gateway.monitoring.svc';
const PROMETHEUS = 'http://kube-prometheus-stack-prometheus.monitoring:9090';
const GRAFANA = 'http://kube-prometheus-stack-grafana.monitoring';
const ALLOY = 'http://alloy.monitoring:12345';

let homelab: Homelab;
beforeAll(async () => {
  homelab = await startHomelab();
  await homelab.commit({ ...phase1, ...phase2, ...phase3() });
  await homelab.reconcile();
  await homelab.until(() => ['loki', 'alloy'].every((name) => conditionOf(homelab.get('HelmRelease', name), 'Ready')?.status === 'True'));
});
afterAll(() => homelab.stop());

const configMap = (name: string, metadata: object, data: Record<string, string>): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'monitoring', ...metadata },
  data,
});
const put = (manifest: Manifest) => homelab.world.store.put(manifest);
const instant = async (query: string): Promise<Tree[]> =>
  (await homelab.call(`${PROMETHEUS}/api/v1/query`, { query: { query } })).json.data.result;
const value = async (query: string) => Number((await instant(query))[0]?.value[1]);
const lines = async (query: string, rest = {}): Promise<string[]> => {
  const answer = await homelab.call(`${LOKI}/loki/api/v1/query_range`, { query: { query, limit: '5000', direction: 'forward', ...rest } });
  return answer.json.data.result
    .flatMap(({ values }: Tree) => values)
    .sort((a: string[], b: string[]) => ((a[0] as string) < (b[0] as string) ? -1 : 1))
    .map(([, line]: string[]) => line);
};
const print = (name: string, args: readonly string[], namespace = 'default') =>
  put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { containers: [{ name: 'probe', image: 'busybox', command: ['printf', '%s\\n'], args }] },
  });

test('the chart renders the objects that somebody here looks at', () => {
  const names = (kind: string, apiVersion = 'v1') =>
    homelab.world.store
      .list(apiVersion, kind, 'monitoring')
      .map(({ metadata }) => metadata.name)
      .filter((name) => name.startsWith('loki'));
  expect(names('Service')).toEqual(['loki', 'loki-canary', 'loki-chunks-cache', 'loki-gateway', 'loki-results-cache']);
  expect(names('StatefulSet', 'apps/v1')).toEqual(['loki', 'loki-chunks-cache', 'loki-results-cache']);
  expect(names('PrometheusRule', 'monitoring.coreos.com/v1')).toEqual(['loki-loki-alerts']);
  const { spec, metadata } = homelab.get('StatefulSet', 'loki');
  expect(spec.selector.matchLabels).toEqual({
    'app.kubernetes.io/name': 'loki',
    'app.kubernetes.io/instance': 'loki',
    'app.kubernetes.io/component': 'single-binary',
  });
  expect(spec.template.spec.containers[0].resources.limits).toEqual({ memory: '2Gi' });
  expect(metadata.annotations).toMatchObject({ 'meta.helm.sh/release-name': 'loki' });
  expect(homelab.get('PersistentVolumeClaim', 'storage-loki-0').status).toMatchObject({ phase: 'Bound', capacity: { storage: '20Gi' } });
  expect(homelab.get('StatefulSet', 'loki-chunks-cache').spec.template.spec.containers[0].resources.limits).toEqual({ memory: '615Mi' });
});

test('Loki shows what it runs with', async () => {
  expect((await homelab.call(`${LOKI}/ready`)).body).toBe('ready\n');
  expect(String((await homelab.call(`${LOKI}/services`)).body)).toContain('compactor => Running\n');
  expect((await homelab.call(`${LOKI}/loki/api/v1/status/buildinfo`)).json.version).toBe('3.7.8');
  const config = parse(String((await homelab.call(`${LOKI}/config`)).body));
  expect(config).toMatchObject({
    storage_config: { aws: { s3forcepathstyle: true, bucketnames: 'loki-logs' } },
    compactor: { retention_enabled: true, delete_request_store: 's3' },
    limits_config: { retention_period: '1w' },
    ruler: { storage: { type: 'local', local: { directory: '/rules' } } },
  });
  expect(await homelab.call(`${LOKI}/nope`)).toMatchObject({ status: 404, body: '404 page not found\n' });
});

test('a line pushed through the gateway is read back, and a flush puts it into the bucket', async () => {
  const body = {
    streams: [
      {
        stream: { namespace: 'test', app: 'probe' },
        values: [[`${homelab.world.now().getTime()}000000`, 'marked-1', { trace_id: 'abc' }]],
      },
    ],
  };
  expect((await homelab.call(`${GATEWAY}/loki/api/v1/push`, { method: 'POST', body })).status).toBe(204);
  const query = { query: '{namespace="test"} |= "marked-1"' };
  const answer = await homelab.call(`${GATEWAY}/loki/api/v1/query_range`, { query });
  expect(answer.json.data.result).toMatchObject([
    { stream: { app: 'probe', service_name: 'probe', detected_level: 'unknown', trace_id: 'abc' } },
  ]);
  const before = homelab.world.buckets.list('loki-logs', 'fake/').length;
  expect((await homelab.call(`${LOKI}/flush`, { method: 'POST' })).status).toBe(204);
  expect(homelab.world.buckets.list('loki-logs', 'fake/').length).toBeGreaterThan(before);
});

test('the gateway serves its locations and nothing else', async () => {
  for (const path of ['/ready', '/metrics', '/services']) expect((await homelab.call(`${GATEWAY}${path}`)).status).toBe(404);
  expect(await homelab.call(`${GATEWAY}/ready`)).toMatchObject({
    contentType: 'text/html',
    body: expect.stringContaining('404 Not Found'),
  });
  const query = { 'match[]': '{namespace=~".+"}' };
  expect((await homelab.call(`${GATEWAY}/loki/api/v1/series`, { query })).status).toBe(200);
});

test('pods’ lines arrive once each and in order, with the labels and the metadata of the configuration', async () => {
  print('shipped', ['first', '{"severity": "error", "trace_id": "t1", "msg": "second"}', 'GET /healthz 200', 'third']);
  await homelab.until(async () => (await lines('{namespace="default", pod="shipped"}')).length > 0);
  expect(await lines('{namespace="default", pod="shipped"}')).toEqual([
    'first',
    '{"severity": "error", "trace_id": "t1", "msg": "second"}',
    'third',
  ]);
  const { data } = (await homelab.call(`${LOKI}/loki/api/v1/query_range`, { query: { query: '{pod="shipped"} |= "second"' } })).json;
  expect(data.result[0].stream).toEqual({
    namespace: 'default',
    pod: 'shipped',
    container: 'probe',
    app: 'shipped',
    stream: 'stdout',
    service_name: 'shipped',
    detected_level: 'error',
    level: 'error',
    trace_id: 't1',
  });
});

test('an excluded namespace stays out', async () => {
  print('excluded', ['hidden'], 'kube-system');
  print('included', ['shown']);
  await homelab.until(async () => (await lines('{pod="included"}')).length > 0);
  expect(await lines('{namespace="kube-system"}')).toEqual([]);
});

test('every running pod that is collected has a stream, also after the clock was moved', async () => {
  homelab.moveClock(86_400_000);
  const running = homelab.world.store
    .list('v1', 'Pod')
    .filter(({ metadata, status }) => (status as Tree)?.phase === 'Running' && metadata.namespace !== 'kube-system');
  const streams = async (): Promise<Tree[]> =>
    (await homelab.call(`${LOKI}/loki/api/v1/series`, { query: { 'match[]': '{namespace=~".+"}' } })).json.data;
  await homelab.until(async () => {
    const seen = await streams();
    return running.every(({ metadata }) => seen.some(({ namespace, pod }) => namespace === metadata.namespace && pod === metadata.name));
  });
  expect(await lines('{namespace="airflow", container="scheduler"} |= "Marking task as SUCCESS"')).not.toEqual([]);
});

test('without the selector for its own node every line comes once per node', async () => {
  const broken = alloyConfiguration.replace(/ {2}selectors \{[^}]*\}\n/, '');
  put(configMap('alloy-config', homelab.get('ConfigMap', 'alloy-config').metadata, { 'config.alloy': broken }));
  await homelab.commit(phase3(broken));
  await homelab.reconcile();
  print('thrice', ['once only']);
  await homelab.until(async () => (await lines('{pod="thrice"}')).length === 3);
  await homelab.commit(phase3());
  await homelab.reconcile();
});

test('a pod whose files lie elsewhere is not collected, and of a burst only so much as the limit allows', async () => {
  const byUid = alloyConfiguration
    .replace(
      '"__meta_kubernetes_namespace", "__meta_kubernetes_pod_name", "__meta',
      '"__meta_kubernetes_namespace", "__meta_kubernetes_pod_uid", "__meta',
    )
    .replace(/rate += 500\n +burst += 2000/, 'rate = 1\nburst = 3');
  await homelab.commit(phase3(byUid));
  await homelab.reconcile();
  print('by-uid', ['1', '2', '3', '4', '5', '6', '7', '8', '9']);
  await homelab.until(async () => (await lines('{pod="by-uid"}')).length > 0);
  // A token a second comes back, so that a slow machine may let one more pass.
  expect((await lines('{pod="by-uid"}')).length).toBeLessThan(9);
  const metrics = String((await homelab.call(`${ALLOY}/metrics`)).body);
  expect(metrics).toMatch(/loki_source_file_read_lines_total\{path="\/var\/log\/pods\/[^"]+\/0.log"\} \d/);
  await homelab.commit(phase3());
  await homelab.reconcile();
});

test('a configuration that does not load is reported by every component', async () => {
  const healthy = async () =>
    (await homelab.call(`${ALLOY}/api/v0/web/components`)).json.every(({ health }: Tree) => health.state === 'healthy');
  expect(await healthy()).toBe(true);
  expect(String((await homelab.call(`${ALLOY}/metrics`)).body)).toContain('alloy_config_last_load_successful 1\n');
  await homelab.commit(phase3(alloyConfiguration.replace('loki.source.file "pods"', 'loki.source.files "pods"')));
  await homelab.reconcile();
  await homelab.until(async () => !(await healthy()));
  expect((await homelab.call(`${ALLOY}/api/v0/web/components`)).json[0].health.message).toContain('loki.source.files');
  expect(String((await homelab.call(`${ALLOY}/metrics`)).body)).toContain('alloy_config_last_load_successful 0\n');
  await homelab.commit(phase3());
  await homelab.reconcile();
  await homelab.until(healthy);
});

test('Prometheus has the targets, and history on the virtual clock', async () => {
  expect([...new Set((await instant('up')).map(({ metric }) => metric.job))].sort()).toEqual([
    'alloy',
    'monitoring/loki',
    'monitoring/loki-canary',
    'monitoring/loki-chunks-cache',
    'monitoring/loki-gateway',
    'monitoring/loki-results-cache',
  ]);
  expect((await instant('up')).every(({ value: [, up] }) => up === '1')).toBe(true);
  expect(await value('count_over_time(up{job="monitoring/loki"}[1d])')).toBeGreaterThan(2800);
  const [used] = await instant('kubelet_volume_stats_used_bytes{namespace="airflow",persistentvolumeclaim="airflow-logs"}');
  expect(Number(used.value[1]) / 2 ** 30).toBeCloseTo(83);
  expect(await value('sum(increase(loki_canary_entries_total[1h]))')).toBeCloseTo(3 * 3600, -3);
  expect(await value('sum(increase(loki_canary_missing_entries_total[1h]))')).toBe(0);
  expect(await value('sum(increase(kube_pod_container_status_restarts_total{namespace="monitoring",pod=~"loki.*"}[1d]))')).toBe(0);
  expect(
    await value(
      'sum(increase(loki_ingester_chunk_compression_ratio_sum[1d])) / sum(increase(loki_ingester_chunk_compression_ratio_count[1d]))',
    ),
  ).toBeCloseTo(11.6, 0);
  expect(await instant('ALERTS{alertstate="firing"}')).toEqual([]);
  const refused = await homelab.call(`${PROMETHEUS}/api/v1/query`, { query: { query: 'topk(1, up)' } });
  expect(refused).toMatchObject({ status: 400, json: { status: 'error', errorType: 'bad_data' } });
});

test('rules are loaded by Prometheus, and recording rules by Loki, whose series Prometheus gets', async () => {
  const { groups } = (await homelab.call(`${PROMETHEUS}/api/v1/rules`)).json.data;
  expect(groups.map(({ name }: Tree) => name)).toEqual(['loki_alerts']);
  expect((await homelab.call(`${LOKI}/prometheus/api/v1/rules`)).json.data.groups).toEqual([]);
  const rules =
    'groups:\n  - name: log-volume\n    interval: 1m\n    rules:\n      - record: namespace:log_lines:rate5m\n        expr: sum by (namespace) (rate({namespace=~".+"}[5m]))\n';
  const annotations = { 'k8s-sidecar-target-directory': '/rules/fake' };
  put(configMap('loki-recording-rules', { labels: { loki_rule: 'true' }, annotations }, { 'recording-rules.yaml': rules }));
  const [group] = (await homelab.call(`${LOKI}/prometheus/api/v1/rules`)).json.data.groups;
  expect(group.rules).toMatchObject([
    { name: 'namespace:log_lines:rate5m', query: 'sum by (namespace)(rate({namespace=~".+"}[5m]))', health: 'ok', type: 'recording' },
  ]);
  await homelab.until(async () => (await instant('namespace:log_lines:rate5m')).length > 1);
});

test('Grafana opens with its password, and its health check really asks Loki', async () => {
  expect((await homelab.call(`${GRAFANA}/api/health`)).json).toMatchObject({ database: 'ok', version: '11.4.0' });
  expect((await homelab.call(`${GRAFANA}/api/datasources`)).status).toBe(401);
  expect((await homelab.call(`${GRAFANA}/login`, { method: 'POST', body: { user: 'admin', password: 'guess' } })).status).toBe(401);
  const { data } = homelab.get('Secret', 'kube-prometheus-stack-grafana');
  const password = Buffer.from(data['admin-password'], 'base64').toString();
  const login = await homelab.call(`${GRAFANA}/login`, { method: 'POST', body: { user: 'admin', password } });
  const headers = { cookie: String(login.headers?.['set-cookie']).split(';')[0] as string };
  const get = (path: string, query?: Record<string, string>) => homelab.call(`${GRAFANA}${path}`, { headers, ...(query ? { query } : {}) });
  expect((await get('/api/datasources')).json).toMatchObject([{ uid: 'prometheus', isDefault: true }]);
  expect((await get('/api/datasources/uid/loki/health')).status).toBe(404);
  const datasource = (url: string) =>
    configMap(
      'loki-datasource',
      { labels: { grafana_datasource: '1' } },
      { 'loki.yaml': JSON.stringify({ datasources: [{ name: 'Loki', uid: 'loki', type: 'loki', url }] }) },
    );
  put(datasource(GATEWAY));
  expect((await get('/api/datasources/uid/loki/health')).json.status).toBe('OK');
  put(datasource('http://nobody.monitoring.svc'));
  expect((await get('/api/datasources/uid/loki/health')).status).toBe(400);
  expect((await get('/api/search', { type: 'dash-db' })).json.map(({ title }: Tree) => title)).toContain('Loki / Operational');
});

test('lines older than the retention period are deleted', async () => {
  expect(await lines('{pod="shipped"}', { since: '3d' })).not.toEqual([]);
  homelab.moveClock(8 * 86_400_000);
  await homelab.until(async () => (await lines('{pod="shipped"}', { since: '20d' })).length === 0);
});
