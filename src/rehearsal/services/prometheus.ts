import type { Manifest } from '#model/kubernetes.ts';
import { hasLabels, parseQuantity, specOf, statusOf, type Tree } from '../tree.ts';
import type { ServiceProcess, ServiceResponse, World } from '../world.ts';
import { alloyMetrics } from './alloy.ts';
import { json, pageNotFound, text } from './answers.ts';
import { canaryMetrics } from './canary.ts';
import { allCourses, record } from './history.ts';
import { lokiMetrics, lokiPods, runsContainer } from './loki.ts';
import { recordedSamples } from './loki-rules.ts';
import { runningLoki } from './loki-state.ts';
import type { Metrics, Sample } from './metrics.ts';
import { BadData, evaluate } from './promql.ts';

interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly pod: Manifest;
  readonly up: boolean;
}

/** Container to what it tells; others are scraped for `up` alone. */
const METRICS: Readonly<Record<string, Metrics>> = { loki: lokiMetrics, 'loki-canary': canaryMetrics, alloy: alloyMetrics };

/** What the kubelet reports of a claim, as a share of its capacity; Airflow's is the one that this is all about. */
const USED: Readonly<Record<string, number>> = { 'airflow/airflow-logs': 0.83 };

/** Prometheus with the queries that are asked of it; the rest is bad data. */
export const prometheusProcess: ServiceProcess = ({ path, query }, world) => {
  scrapeTargets(world);
  if (path === '/-/ready') return text(200, 'Prometheus Server is Ready.\n');
  if (path === '/api/v1/query') return answerQuery(query.get('query') ?? '', world);
  if (path === '/api/v1/rules') return json({ status: 'success', data: { groups: ruleGroups(world) } });
  if (path === '/api/v1/targets')
    return json({ status: 'success', data: { activeTargets: targets(world).map(describeTarget), droppedTargets: [] } });
  return pageNotFound();
};

/** Notes the state of everything that is scraped: what happens between two scrapes is seen as well, to be asked for at once. */
export function scrapeTargets(world: World): void {
  const scraped = targets(world).flatMap(({ labels, pod, up }): Sample[] => {
    const metrics = up ? (METRICS[labels.container ?? '']?.(pod, world) ?? []) : [];
    return [
      { name: 'up', labels, value: up ? 1 : 0 },
      ...metrics.map((sample) => ({ ...sample, labels: { ...sample.labels, ...labels } })),
    ];
  });
  record(world, [...scraped, ...kubernetesSamples(world), ...ruleSamples(world)]);
}

function targets(world: World): readonly Target[] {
  const release = specOf(prometheusObject(world)).serviceMonitorSelector?.matchLabels;
  const monitors = world.store.list('monitoring.coreos.com/v1', 'ServiceMonitor').filter((monitor) => hasLabels(monitor, release));
  return monitors.flatMap((monitor) => {
    const { namespace } = monitor.metadata;
    const services = world.store.list('v1', 'Service', namespace).filter((service) => isSelected(service, specOf(monitor).selector));
    return services.flatMap((service) =>
      world.store
        .list('v1', 'Pod', namespace)
        .filter((pod) => hasLabels(pod, specOf(service).selector) && statusOf(pod).phase === 'Running')
        .map((pod) => {
          const container = specOf(pod).containers[0].name;
          const labels = {
            job: `${namespace}/${service.metadata.name}`,
            namespace: namespace ?? '',
            service: service.metadata.name,
            pod: pod.metadata.name,
            container,
          };
          return { labels, pod, up: runsContainer(pod, container) };
        }),
    );
  });
}

function isSelected({ metadata }: Manifest, { matchLabels = {}, matchExpressions = [] }: Tree): boolean {
  const excluded = matchExpressions.some(({ key, values }: Tree) => values.includes(metadata.labels?.[key]));
  return !excluded && Object.entries(matchLabels).every(([key, value]) => metadata.labels?.[key] === value);
}

function kubernetesSamples(world: World): Sample[] {
  const restarts = world.store.list('v1', 'Pod').flatMap(({ metadata, status }) =>
    ((status as Tree)?.containerStatuses ?? []).map(({ name, restartCount }: Tree) => ({
      name: 'kube_pod_container_status_restarts_total',
      labels: { namespace: metadata.namespace ?? '', pod: metadata.name, container: name },
      value: restartCount,
    })),
  );
  const mounted = new Set(
    world.store
      .list('v1', 'Pod')
      .flatMap((pod) =>
        (specOf(pod).volumes ?? []).map((volume: Tree) => `${pod.metadata.namespace}/${volume.persistentVolumeClaim?.claimName}`),
      ),
  );
  // The kubelet knows a volume only while a pod mounts it.
  const volumes = world.store.list('v1', 'PersistentVolumeClaim').flatMap((claim): Sample[] => {
    const { namespace = '', name } = claim.metadata;
    if (!mounted.has(`${namespace}/${name}`) || statusOf(claim).phase !== 'Bound') return [];
    const capacity = parseQuantity(statusOf(claim).capacity.storage);
    const labels = { namespace, persistentvolumeclaim: name };
    return [
      { name: 'kubelet_volume_stats_capacity_bytes', labels, value: capacity },
      { name: 'kubelet_volume_stats_used_bytes', labels, value: Math.round(capacity * (USED[`${namespace}/${name}`] ?? 0.05)) },
    ];
  });
  return [...restarts, ...volumes];
}

/** What Loki's ruler writes here, if it is told to and this Prometheus takes it. */
function ruleSamples(world: World): readonly Sample[] {
  const prometheus = prometheusObject(world);
  return lokiPods(world).flatMap((pod) => {
    const recorded = recordedSamples(world, runningLoki(world, pod));
    const [name, namespace] = recorded === undefined ? [] : new URL(recorded.url).hostname.split('.');
    const found = world.store.get({ apiVersion: 'v1', kind: 'Service', namespace: namespace ?? '', name: name ?? '' });
    const taken = specOf(prometheus).enableRemoteWriteReceiver && found !== undefined && namespace === prometheus?.metadata.namespace;
    return taken ? (recorded?.samples ?? []) : [];
  });
}

function answerQuery(query: string, world: World): ServiceResponse {
  const now = world.now().getTime();
  try {
    const result = evaluate(query, allCourses(world), now).map(({ metric, value }) => ({ metric, value: [now / 1000, String(value)] }));
    return json({ status: 'success', data: { resultType: 'vector', result } });
  } catch (error) {
    if (error instanceof BadData) return json({ status: 'error', errorType: 'bad_data', error: error.message }, 400);
    throw error;
  }
}

function ruleGroups(world: World): Tree[] {
  const release = specOf(prometheusObject(world)).ruleSelector?.matchLabels;
  const rules = world.store.list('monitoring.coreos.com/v1', 'PrometheusRule').filter((rule) => hasLabels(rule, release));
  const lastEvaluation = world.now().toISOString();
  return rules.flatMap(({ metadata, spec }) =>
    (spec as Tree).groups.map((group: Tree) => ({
      name: group.name,
      file: `/etc/prometheus/rules/prometheus-kube-prometheus-stack-prometheus-rulefiles-0/${metadata.namespace}-${metadata.name}-${metadata.uid}.yaml`,
      interval: 30,
      rules: group.rules.map(({ record: recorded, alert, expr, labels = {} }: Tree) => ({
        name: recorded ?? alert,
        query: expr,
        labels,
        health: 'ok',
        type: recorded === undefined ? 'alerting' : 'recording',
        ...(recorded === undefined ? { state: 'inactive', alerts: [] } : {}),
        lastEvaluation,
        evaluationTime: 0.001,
      })),
    })),
  );
}

function describeTarget({ labels, up }: Target): Tree {
  const lastError = up ? '' : 'Get "http://10.244.0.10/metrics": dial tcp: connect: connection refused';
  return {
    labels,
    discoveredLabels: {},
    scrapePool: `serviceMonitor/${labels.namespace}/${labels.service}/0`,
    health: up ? 'up' : 'down',
    lastError,
  };
}

function prometheusObject(world: World): Manifest | undefined {
  return world.store.list('monitoring.coreos.com/v1', 'Prometheus')[0];
}
