import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { memoryOf } from '#rehearsal/memory.ts';
import { hasLabels, specOf, statusOf, type Tree } from '#rehearsal/tree.ts';
import type { World } from '#rehearsal/world.ts';
import { HOST } from '../parts/network.ts';
import { portOf } from './network.ts';

/** The real Prometheus, which reads its configuration from `prometheus.yml` in this folder. */
export interface PrometheusProcess {
  readonly configDirectory: string;
}

const RELOAD = `http://${HOST}:9090/-/reload`;
const API = 'monitoring.coreos.com/v1';

const appliedOf = memoryOf(() => ({ configuration: '' }));

/** Plays prometheus-operator: what the Prometheus object selects becomes files, and Prometheus is told to read them. */
export async function configurePrometheus(world: World, { configDirectory }: PrometheusProcess, exporterPort: number): Promise<void> {
  const [prometheus] = world.store.list(API, 'Prometheus');
  const rules = selected(world, 'PrometheusRule', specOf(prometheus).ruleSelector);
  const monitors = selected(world, 'ServiceMonitor', specOf(prometheus).serviceMonitorSelector);
  const files = Object.fromEntries(rules.map((rule) => [fileOf(rule), stringify({ groups: specOf(rule).groups })]));
  files['prometheus.yml'] = stringify({
    global: { scrape_interval: specOf(prometheus).scrapeInterval ?? '30s', evaluation_interval: '15s' },
    rule_files: [join(configDirectory, 'rules', '*.yaml')],
    scrape_configs: [exporterJob(exporterPort), ...monitors.flatMap((monitor) => jobsOf(world, monitor))],
  });
  const configuration = JSON.stringify(files);
  const applied = appliedOf(world, 'prometheus');
  if (applied.configuration === configuration) return;
  await rm(join(configDirectory, 'rules'), { recursive: true, force: true });
  await mkdir(join(configDirectory, 'rules'), { recursive: true });
  for (const [path, content] of Object.entries(files)) await writeFile(join(configDirectory, path), content);
  const answer = await fetch(RELOAD, { method: 'POST' });
  if (!answer.ok) throw new Error(await answer.text());
  applied.configuration = configuration;
}

/** kube-state-metrics and the kubelets in one; its labels stand for theirs. */
function exporterJob(port: number): Tree {
  const targets = [`${HOST}:${port}`];
  return { job_name: 'kube-state-metrics', honor_labels: true, scrape_interval: '5s', static_configs: [{ targets }] };
}

/** One job for each endpoint of a monitor, with the pods behind the services that it selects. */
function jobsOf(world: World, monitor: Manifest): Tree[] {
  const { namespace = '', name } = monitor.metadata;
  const services = world.store.list('v1', 'Service', namespace).filter((service) => isSelected(service, specOf(monitor).selector));
  const endpoints: Tree[] = specOf(monitor).endpoints ?? [];
  return endpoints.map(({ port, path = '/metrics', interval, honorLabels = false, relabelings = [] }, index) => ({
    job_name: `serviceMonitor/${namespace}/${name}/${index}`,
    metrics_path: path,
    honor_labels: honorLabels,
    ...(interval && { scrape_interval: interval, scrape_timeout: interval }),
    static_configs: services.flatMap((service) => targetsOf(world, service, port)),
    relabel_configs: relabelings.map(inPrometheusSpelling),
  }));
}

/** With the labels that the operator gives; relabelings of the monitor come after them (Loki's chart puts the namespace before the job). */
function targetsOf(world: World, service: Manifest, port: string): Tree[] {
  const { namespace = '', name } = service.metadata;
  const served = specOf(service).ports.find((each: Tree) => each.name === port);
  if (served === undefined) return [];
  const pods = world.store.list('v1', 'Pod', namespace).filter((pod) => hasLabels(pod, specOf(service).selector));
  const running = pods.filter((pod) => statusOf(pod).phase === 'Running' && statusOf(pod).podIP !== undefined);
  return running.map((pod) => {
    const number = portOf(pod, served.targetPort ?? served.port);
    const containers: Tree[] = specOf(pod).containers;
    const container = containers.find(({ ports = [] }) => ports.some((each: Tree) => each.containerPort === number)) ?? containers[0];
    const labels = { job: name, namespace, service: name, endpoint: port, pod: pod.metadata.name, container: container.name };
    return { targets: [`${statusOf(pod).podIP}:${number}`], labels };
  });
}

/** `sourceLabels` is `source_labels` there. */
function inPrometheusSpelling(relabeling: Tree): Tree {
  const spell = (field: string) => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(relabeling).map(([field, value]) => [spell(field), value]));
}

function selected(world: World, kind: string, selector: Tree): readonly Manifest[] {
  return world.store.list(API, kind).filter((object) => isSelected(object, selector));
}

/** A label selector; without one nothing is selected. */
function isSelected(object: Manifest, selector: Tree): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const { labels = {} } = object.metadata;
  return (
    hasLabels(object, matchLabels) &&
    matchExpressions.every(({ key, operator, values = [] }: Tree) => {
      if (operator === 'Exists' || operator === 'DoesNotExist') return (labels[key] !== undefined) === (operator === 'Exists');
      return values.includes(labels[key]) === (operator === 'In');
    })
  );
}

function fileOf({ metadata }: Manifest): string {
  return `rules/${metadata.namespace}-${metadata.name}.yaml`;
}
