import type { Manifest } from '#model/kubernetes.ts';
import { hasLabels, parseQuantity, specOf, statusOf, type Tree } from '../tree.ts';
import type { ServiceProcess, ServiceResponse, World } from '../world.ts';
import { alloyMetrics } from './alloy.ts';
import { json, pageNotFound } from './answers.ts';
import { canaryMetrics } from './canary.ts';
import { allCourses, record } from './history.ts';
import { lokiPods, runsContainer } from './loki.ts';
import { lokiMetrics } from './loki-metrics.ts';
import { recordedSamples } from './loki-rules.ts';
import { runningLoki } from './loki-state.ts';
import type { Metrics, Sample } from './metrics.ts';
import { BadData, evaluate } from './promql.ts';

/** Container to what it tells; others are scraped for `up` alone. */
const METRICS: Readonly<Record<string, Metrics>> = { alloy: alloyMetrics, loki: lokiMetrics, 'loki-canary': canaryMetrics };

/** What the kubelet reports of a claim, as a share of its capacity; Airflow's is the one that this is all about. */
const USED: Readonly<Record<string, number>> = { 'airflow/airflow-logs': 0.83 };

/** Prometheus with the queries that are asked of it; the rest is bad data. */
export const prometheusProcess: ServiceProcess = ({ path, query }, world) => {
  scrapeTargets(world);
  if (path === '/api/v1/query') return answerQuery(query.get('query') ?? '', world);
  if (path === '/api/v1/rules') return json({ status: 'success', data: { groups: ruleGroups(world) } });
  return pageNotFound();
};

/** Notes the state of everything that is scraped: what happens between two scrapes is seen as well, to be asked for at once. */
export function scrapeTargets(world: World): void {
  const monitors = world.store.list('monitoring.coreos.com/v1', 'ServiceMonitor');
  const selected = monitors.filter((monitor) => hasLabels(monitor, specOf(prometheusObject(world)).serviceMonitorSelector.matchLabels));
  const scraped = selected.flatMap((monitor) => scrape(world, monitor));
  const told = [...scraped, ...restarts(world), ...volumes(world), ...lokiPods(world).flatMap((pod) => written(world, pod))];
  record(world, [
    ...told,
    ...rulesOf(world)
      .flatMap(({ rules }) => rules)
      .flatMap((rule: Tree) => firing(world, rule)),
  ]);
}

function scrape(world: World, monitor: Manifest): Sample[] {
  const { namespace = '' } = monitor.metadata;
  const services = world.store.list('v1', 'Service', namespace).filter((each) => hasLabels(each, specOf(monitor).selector.matchLabels));
  const relabelings: Tree[] = specOf(monitor).endpoints?.[0]?.relabelings ?? [];
  const jobOf = (name: string): string =>
    relabelings.find(({ targetLabel }) => targetLabel === 'job')?.replacement?.replace('$1', name) ?? name;
  return services.flatMap((service) => {
    const pods = world.store.list('v1', 'Pod', namespace).filter((pod) => hasLabels(pod, specOf(service).selector));
    return pods.flatMap((pod) => {
      const container = specOf(pod).containers[0].name;
      const { name } = service.metadata;
      const labels = { job: jobOf(name), namespace, service: name, pod: pod.metadata.name, container };
      const up = runsContainer(pod, container);
      const metrics = up ? (METRICS[container]?.(pod, world) ?? []) : [];
      return [
        { name: 'up', labels, value: up ? 1 : 0 },
        ...metrics.map((sample) => ({ ...sample, labels: { ...sample.labels, ...labels } })),
      ];
    });
  });
}

/** What kube-state-metrics counts. */
export function restarts(world: World): Sample[] {
  return world.store.list('v1', 'Pod').flatMap((pod) =>
    (statusOf(pod).containerStatuses ?? []).flatMap(({ name, restartCount, lastState }: Tree): Sample[] => {
      const labels = { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name, container: name };
      const reason = lastState?.terminated?.reason;
      return [
        { name: 'kube_pod_container_status_restarts_total', labels, value: restartCount },
        ...(reason === undefined
          ? []
          : [{ name: 'kube_pod_container_status_last_terminated_reason', labels: { ...labels, reason }, value: 1 }]),
      ];
    }),
  );
}

/** The kubelet knows a volume only while a pod mounts it. */
export function volumes(world: World): Sample[] {
  const mounts = world.store
    .list('v1', 'Pod')
    .flatMap((pod) =>
      (specOf(pod).volumes ?? []).map(({ persistentVolumeClaim }: Tree) => `${pod.metadata.namespace}/${persistentVolumeClaim?.claimName}`),
    );
  return world.store.list('v1', 'PersistentVolumeClaim').flatMap((claim): Sample[] => {
    const { namespace = '', name } = claim.metadata;
    const { capacity } = statusOf(claim);
    if (!mounts.includes(`${namespace}/${name}`) || capacity === undefined) return [];
    const size = parseQuantity(capacity.storage);
    const labels = { namespace, persistentvolumeclaim: name };
    return [
      { name: 'kubelet_volume_stats_capacity_bytes', labels, value: size },
      { name: 'kubelet_volume_stats_used_bytes', labels, value: Math.round(size * (USED[`${namespace}/${name}`] ?? 0.05)) },
    ];
  });
}

/** What Loki's ruler writes here, if it is told to and this Prometheus takes it. */
function written(world: World, pod: Manifest): readonly Sample[] {
  const loki = runningLoki(world, pod);
  const { url, samples } = recordedSamples(world, loki);
  const here = url.startsWith('http://kube-prometheus-stack-prometheus.monitoring');
  const taken = here && specOf(prometheusObject(world)).enableRemoteWriteReceiver;
  loki.counted.samples += url === '' ? 0 : samples.length;
  // Where nobody listens it is tried again, without an end.
  loki.counted.refused += here && !taken ? samples.length : 0;
  return taken ? samples : [];
}

function answerQuery(query: string, world: World): ServiceResponse {
  const now = world.now().getTime();
  try {
    const print = (value: number) => String(value).replace('Infinity', '+Inf');
    const result = evaluate(query, allCourses(world), now).map(({ metric, value }) => ({ metric, value: [now / 1000, print(value)] }));
    return json({ status: 'success', data: { resultType: 'vector', result } });
  } catch (error) {
    if (error instanceof BadData) return json({ status: 'error', errorType: 'bad_data', error: error.message }, 400);
    throw error;
  }
}

function rulesOf(world: World): Tree[] {
  const release = specOf(prometheusObject(world)).ruleSelector.matchLabels;
  const rules = world.store.list('monitoring.coreos.com/v1', 'PrometheusRule').filter((rule) => hasLabels(rule, release));
  return rules.flatMap((rule) => specOf(rule).groups);
}

/** An alert fires for each series that its expression gives; one with an expression that is not played here never does. */
function firing(world: World, { alert, expr, labels = {} }: Tree): Sample[] {
  try {
    return evaluate(expr, allCourses(world), world.now().getTime()).map(({ metric: { __name__: _, ...metric } }) => ({
      name: 'ALERTS',
      labels: { ...metric, ...labels, alertname: alert, alertstate: 'firing' },
      value: 1,
    }));
  } catch (error) {
    if (error instanceof BadData) return [];
    throw error;
  }
}

function ruleGroups(world: World): Tree[] {
  const evaluated = { health: 'ok', lastEvaluation: world.now().toISOString(), evaluationTime: 0.001 };
  return rulesOf(world).map((group) => ({
    name: group.name,
    file: '/etc/prometheus/rules/rules.yaml',
    interval: 30,
    rules: group.rules.map(({ alert, expr, labels = {} }: Tree) => ({
      ...evaluated,
      name: alert,
      query: expr,
      labels,
      type: 'alerting',
      state: 'inactive',
      alerts: [],
    })),
  }));
}

function prometheusObject(world: World): Manifest | undefined {
  return world.store.list('monitoring.coreos.com/v1', 'Prometheus')[0];
}
