import { stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { configMap, container, labelsFor, object, service, serviceMonitor, workload } from '../../build.ts';
import { mergeTrees, type Tree } from '../../tree.ts';
import { gatewayConfiguration, lokiConfiguration } from './loki-configuration.ts';

/** Those defaults of chart loki 18.11.0 that something here depends on. */
const DEFAULTS = {
  deploymentMode: 'Monolithic',
  loki: {
    image: { tag: '3.7.6' },
    auth_enabled: true,
    commonConfig: { replication_factor: 3 },
    limits_config: { reject_old_samples_max_age: '168h', split_queries_by_interval: '15m' },
    compactor: {},
    rulerConfig: {},
    storage: { type: 's3', s3: { s3ForcePathStyle: false, insecure: false } },
  },
  singleBinary: { replicas: 1, extraEnv: [], resources: {}, persistence: { size: '10Gi' } },
  write: { replicas: 3 },
  read: { replicas: 3 },
  backend: { replicas: 3 },
  chunksCache: { enabled: true, allocatedMemory: 8192 },
  resultsCache: { enabled: true, allocatedMemory: 1024 },
  gateway: { replicas: 1, resources: {} },
  lokiCanary: { tolerations: [], resources: {} },
  monitoring: { serviceMonitor: { enabled: false }, alerts: { enabled: false }, dashboards: { enabled: false } },
};

/** A pod that is not ready holds none up. */
const PARALLEL = { podManagementPolicy: 'Parallel' };

/** The objects of chart loki 18.11.0 in single-binary mode that somebody here looks at, with the names and labels that it renders. */
export function renderLoki(release: string, namespace: string, given: Tree): readonly Manifest[] | string {
  const values = mergeTrees(DEFAULTS, given);
  const { write, read, backend, singleBinary } = values;
  if (singleBinary.replicas > 0 && write.replicas + read.replicas + backend.replicas > 0)
    return 'execution error at (loki/templates/validate.yaml:31:4): You have more than zero replicas configured for both the single binary and simple scalable targets.';
  const path = `${namespace}/${release}`;
  const caches = ['chunks', 'results'].filter((kind) => values[`${kind}Cache`].enabled);
  return [
    // An unknown word renders no Loki, without an error.
    ...(['Monolithic', 'SingleBinary'].includes(values.deploymentMode) ? lokiObjects(path, release, values) : []),
    ...gatewayObjects(path, release, values),
    ...canaryObjects(path, release, values),
    ...caches.flatMap((kind) => cacheObjects(path, release, kind, values)),
    ...monitoringObjects(path, release, values),
  ];
}

function lokiObjects(path: string, release: string, values: Tree): Manifest[] {
  const { extraEnv, resources, persistence, replicas } = values.singleBinary;
  const labels = labelsFor('loki', release, 'single-binary');
  const loki = container('loki', `docker.io/grafana/loki:${values.loki.image.tag}`, { env: extraEnv, resources });
  const volumes = [{ name: 'config', configMap: { name: release } }];
  const { size, storageClass } = persistence;
  const claim = {
    accessModes: ['ReadWriteOnce'],
    ...(storageClass ? { storageClassName: storageClass } : {}),
    resources: { requests: { storage: size } },
  };
  return [
    configMap(path, { 'config.yaml': stringify(lokiConfiguration(path, values)) }),
    workload(
      'StatefulSet',
      path,
      labels,
      loki,
      { volumes },
      { ...PARALLEL, replicas, volumeClaimTemplates: [{ metadata: { name: 'storage' }, spec: claim }] },
    ),
    service(path, labels, 3100),
  ];
}

function gatewayObjects(path: string, release: string, { gateway }: Tree): Manifest[] {
  const labels = labelsFor('loki', release, 'gateway');
  const nginx = container('nginx', 'docker.io/nginxinc/nginx-unprivileged:1.29-alpine', { resources: gateway.resources });
  const volumes = [{ name: 'config', configMap: { name: `${release}-gateway` } }];
  return [
    configMap(`${path}-gateway`, { 'nginx.conf': gatewayConfiguration(path) }),
    workload('Deployment', `${path}-gateway`, labels, nginx, { volumes }, { replicas: gateway.replicas }),
    service(`${path}-gateway`, labels, 80, 8080),
  ];
}

function canaryObjects(path: string, release: string, { lokiCanary: { resources, tolerations } }: Tree): Manifest[] {
  const labels = labelsFor('loki', release, 'canary');
  const [namespace] = path.split('/');
  const args = [`-addr=${release}-gateway.${namespace}.svc.cluster.local:80`, '-push=true'];
  const canary = container('loki-canary', 'docker.io/grafana/loki-canary:3.7.6', { args, resources });
  return [workload('DaemonSet', `${path}-canary`, labels, canary, { tolerations }), service(`${path}-canary`, labels, 3500)];
}

function cacheObjects(path: string, release: string, kind: string, values: Tree): Manifest[] {
  const memory = `${Math.ceil(values[`${kind}Cache`].allocatedMemory * 1.2)}Mi`;
  const resources = { requests: { memory }, limits: { memory } };
  const memcached = container('memcached', 'docker.io/memcached:1.6.39-alpine', { resources });
  const labels = labelsFor('loki', release, `memcached-${kind}-cache`);
  const name = `${path}-${kind}-cache`;
  return [workload('StatefulSet', name, labels, memcached, {}, PARALLEL), service(name, labels, 11211)];
}

function monitoringObjects(path: string, release: string, { monitoring }: Tree): Manifest[] {
  const { serviceMonitor: monitor, alerts, dashboards } = monitoring;
  const labels = labelsFor('loki', release);
  const relabelings = [{ sourceLabels: ['job'], targetLabel: 'job', replacement: `${path.split('/')[0]}/$1` }];
  const expr = '100 * sum(rate(loki_request_duration_seconds_count{status_code=~"5.."}[2m])) > 10';
  const groups = [{ name: 'loki_alerts', rules: [{ alert: 'LokiRequestErrors', expr, for: '15m' }] }];
  const dashboard = { uid: 'loki-operational', title: 'Loki / Operational', tags: ['loki-mixin'], panels: [] };
  const data = { 'loki-operational.json': JSON.stringify(dashboard) };
  return [
    ...(monitor.enabled ? [serviceMonitor(path, { ...labels, ...monitor.labels }, labels, { relabelings })] : []),
    ...(alerts.enabled
      ? [object('monitoring.coreos.com/v1', 'PrometheusRule', `${path}-loki-alerts`, { labels: alerts.labels, spec: { groups } })]
      : []),
    ...(dashboards.enabled ? [configMap(`${path}-dashboards-1`, data, { grafana_dashboard: '1' })] : []),
  ];
}
