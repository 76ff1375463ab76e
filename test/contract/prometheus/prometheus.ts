import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { moveClock } from '#test/rehearsal/clock.ts';
import { type Answer, type Cluster, uniqueName, until } from '../services.ts';

/** A Prometheus that scrapes one target that is up and one that is not, and evaluates one group of rules. */
export interface Prometheus {
  readonly up: string;
  readonly down: string;
  readonly group: string;
  ask(path: string, query?: Readonly<Record<string, string>>): Promise<Answer>;
  query(query: string): Promise<Answer>;
}

/** An alert that never fires. */
export const RULE = { alert: 'Never', expr: 'up == 2', for: '10m', labels: { severity: 'critical' }, annotations: { summary: 'never' } };

export async function startPrometheus(cluster: Cluster): Promise<Prometheus> {
  const namespace = uniqueName();
  const groups = [{ name: namespace, rules: [RULE] }];
  await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  if (cluster.world === undefined) await configure(namespace, groups);
  else await declare(cluster, namespace, groups);
  for (const manifest of servedBy(namespace, 'prometheus')) await cluster.create(manifest);
  const service = `${namespace}/prometheus:9090`;
  const prometheus: Prometheus = {
    up: `${namespace}/prometheus`,
    down: `${namespace}/down`,
    group: namespace,
    ask: (path, query = {}) => cluster.ask(service, path, { query }),
    query: (query) => cluster.ask(service, '/api/v1/query', { query: { query } }),
  };
  const samples = async (job: string) => (await prometheus.query(`count_over_time(up{job="${job}"}[1h])`)).json?.data?.result ?? [];
  await until(async () => (await samples(prometheus.up)).length === 1 && (await samples(prometheus.down)).length === 1);
  // Two scrapes at least: time passes by itself in the one cluster, and by the clock of the other.
  if (cluster.world !== undefined) moveClock(cluster.world, 60_000);
  await until(async () => (await samples(prometheus.up))[0].value[1] > 1);
  return prometheus;
}

/** A pod and the Service before it, named like its container. */
function servedBy(namespace: string, name: string, env: readonly object[] = []): readonly Manifest[] {
  const labels = { app: name };
  const container = { name, image: `quay.io/prometheus/${name}:v2.42.0`, ports: [{ containerPort: 9090 }], env };
  return [
    { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec: { containers: [container] } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels },
      spec: { selector: labels, ports: [{ name: 'http', port: 9090, targetPort: 9090 }] },
    },
  ];
}

/** What an operator would make of the objects, for the real process: nobody plays the operator here. */
async function configure(namespace: string, groups: readonly object[]): Promise<void> {
  const directory = join(inject('realCluster')?.directory ?? '', 'prometheus');
  const scrape = (name: string, target: string) => ({ job_name: `${namespace}/${name}`, static_configs: [{ targets: [target] }] });
  const configuration = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yml'],
    scrape_configs: [scrape('prometheus', '127.0.0.1:9090'), scrape('down', '127.0.0.1:1')],
  };
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'prometheus.yml'), stringify(configuration));
  await writeFile(join(directory, 'rules.yml'), stringify({ groups }));
}

async function declare(cluster: Cluster, namespace: string, groups: readonly object[]): Promise<void> {
  const metadata = (name: string) => ({ name, namespace, labels: { release: 'kube-prometheus-stack' } });
  const apiVersion = 'monitoring.coreos.com/v1';
  const namespaced = [{ sourceLabels: ['job'], targetLabel: 'job', replacement: `${namespace}/$1` }];
  for (const name of ['prometheus', 'down'])
    await cluster.create({
      apiVersion,
      kind: 'ServiceMonitor',
      metadata: metadata(name),
      spec: { selector: { matchLabels: { app: name } }, endpoints: [{ port: 'http', relabelings: namespaced }] },
    });
  await cluster.create({ apiVersion, kind: 'PrometheusRule', metadata: metadata('rules'), spec: { groups } });
  const missing = { name: 'KEY', valueFrom: { secretKeyRef: { name: 'missing', key: 'key' } } };
  for (const manifest of servedBy(namespace, 'down', [missing])) await cluster.create(manifest);
}
