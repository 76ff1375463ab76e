import { stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { mergeTrees, type Tree } from '../../tree.ts';
import { gatewayConfiguration, lokiConfiguration } from './loki-configuration.ts';
import { configMap, container, labelsFor, object, service, workload } from './objects.ts';

/** Those defaults of chart loki 18.11.0 that something here depends on. */
const DEFAULTS = {
  deploymentMode: 'Monolithic',
  loki: {
    image: { tag: '3.7.6' },
    auth_enabled: true,
    commonConfig: { path_prefix: '/var/loki', replication_factor: 3 },
    limits_config: {
      max_cache_freshness_per_query: '10m',
      query_timeout: '300s',
      reject_old_samples: true,
      reject_old_samples_max_age: '168h',
      split_queries_by_interval: '15m',
      volume_enabled: true,
    },
    compactor: {},
    rulerConfig: { wal: { dir: '/var/loki/ruler-wal' } },
    storage: { type: 's3', s3: { s3ForcePathStyle: false, insecure: false } },
  },
  singleBinary: { replicas: 1, extraEnv: [], resources: {}, persistence: { size: '10Gi' } },
  write: { replicas: 3 },
  read: { replicas: 3 },
  backend: { replicas: 3 },
  chunksCache: { enabled: true, allocatedMemory: 8192 },
  resultsCache: { enabled: true, allocatedMemory: 1024 },
  sidecar: { rules: { enabled: true } },
  gateway: { replicas: 1, resources: {} },
  lokiCanary: { enabled: true, push: true, tolerations: [], resources: {} },
  monitoring: { serviceMonitor: { enabled: false }, rules: { enabled: false }, alerts: { enabled: false }, dashboards: { enabled: false } },
};

/** The objects of chart loki 18.11.0 in single-binary mode, with the names, labels and ports that it renders. */
export function renderLoki(release: string, namespace: string, given: Tree): readonly Manifest[] | string {
  const values = mergeTrees(DEFAULTS, given);
  const problem = findProblem(values);
  if (problem !== undefined) return problem;
  const chart: Chart = { release, namespace, values };
  // An unknown mode renders everything but Loki, without an error.
  const loki = ['Monolithic', 'SingleBinary'].includes(values.deploymentMode) ? [statefulSet(chart)] : [];
  return [
    object('v1', 'ServiceAccount', release, namespace, labelsFor('loki', release), {}),
    configMap(release, namespace, labelsFor('loki', release), { 'config.yaml': stringify(lokiConfiguration(release, namespace, values)) }),
    configMap(`${release}-runtime`, namespace, labelsFor('loki', release), { 'runtime-config.yaml': '{}\n' }),
    configMap(`${release}-gateway`, namespace, labelsFor('loki', release, 'gateway'), {
      'nginx.conf': gatewayConfiguration(release, namespace),
    }),
    ...loki,
    ...services(chart),
    gateway(chart),
    ...(values.lokiCanary.enabled ? [canary(chart)] : []),
    ...['chunks', 'results'].flatMap((kind) => (values[`${kind}Cache`].enabled ? cache(chart, kind) : [])),
    ...monitoring(chart),
  ];
}

interface Chart {
  readonly release: string;
  readonly namespace: string;
  readonly values: Tree;
}

function findProblem({ singleBinary, write, read, backend, chunksCache, resultsCache, loki }: Tree): string | undefined {
  for (const [name, { allocatedMemory }] of Object.entries({ chunksCache, resultsCache }) as [string, Tree][]) {
    if (!Number.isInteger(allocatedMemory)) {
      return `values don't meet the specifications of the schema(s) in the following chart(s):\nloki:\n- at '/${name}/allocatedMemory': got ${typeof allocatedMemory}, want integer\n`;
    }
  }
  if (loki.schemaConfig?.configs === undefined)
    return 'execution error at (loki/templates/validate.yaml:42:4): You must provide a schema_config for Loki';
  const scaled = write.replicas + read.replicas + backend.replicas;
  return singleBinary.replicas > 0 && scaled > 0
    ? 'execution error at (loki/templates/validate.yaml:31:4): You have more than zero replicas configured for both the single binary and simple scalable targets.'
    : undefined;
}

function statefulSet({ release, namespace, values }: Chart): Manifest {
  const { image } = values.loki;
  const { extraEnv, resources, persistence, replicas } = values.singleBinary;
  const ports = { 'http-metrics': 3100, grpc: 9095, 'http-memberlist': 7946 };
  const args = ['-config.file=/etc/loki/config/config.yaml', '-config.expand-env=true', '-target=all'];
  const loki = container('loki', `docker.io/grafana/loki:${image.tag}`, ports, { args, env: extraEnv, resources });
  const sidecar = container(
    'loki-sc-rules',
    'docker.io/kiwigrid/k8s-sidecar:1.30.9',
    {},
    {
      env: [
        { name: 'LABEL', value: 'loki_rule' },
        { name: 'FOLDER', value: '/rules' },
      ],
    },
  );
  const volumes = [
    { name: 'config', configMap: { name: release } },
    { name: 'runtime-config', configMap: { name: `${release}-runtime` } },
    { name: 'sc-rules-volume', emptyDir: {} },
  ];
  const { size, storageClass } = persistence;
  const claim = {
    accessModes: ['ReadWriteOnce'],
    ...(storageClass ? { storageClassName: storageClass } : {}),
    resources: { requests: { storage: size } },
  };
  const podSpec = { serviceAccountName: release, containers: values.sidecar.rules.enabled ? [loki, sidecar] : [loki], volumes };
  return workload('StatefulSet', release, namespace, labelsFor('loki', release, 'single-binary'), podSpec, {
    replicas: Math.max(replicas, 1),
    serviceName: `${release}-headless`,
    podManagementPolicy: 'Parallel',
    volumeClaimTemplates: [{ metadata: { name: 'storage' }, spec: claim }],
  });
}

function services({ release, namespace, values }: Chart): Manifest[] {
  const single = labelsFor('loki', release, 'single-binary');
  const http = { name: 'http-metrics', port: 3100 };
  const unscraped = { 'prometheus.io/service-monitor': 'false' };
  const grpc = [
    { name: 'grpc', port: 9095 },
    { name: 'grpclb', port: 9096, target: 'grpc' },
  ];
  const metrics = { name: 'http-metrics', port: 3500 };
  const gatewayLabels = labelsFor('loki', release, 'gateway');
  return [
    service(release, namespace, labelsFor('loki', release), single, [http, ...grpc], { publishNotReadyAddresses: true }),
    service(`${release}-headless`, namespace, { ...labelsFor('loki', release), ...unscraped }, single, [http], { clusterIP: 'None' }),
    service(`${release}-memberlist`, namespace, { ...labelsFor('loki', release), ...unscraped }, single, [
      { name: 'tcp', port: 7946, target: 'http-memberlist' },
    ]),
    service(`${release}-gateway`, namespace, gatewayLabels, gatewayLabels, [{ name: 'http-metrics', port: 80 }]),
    service(`${release}-gateway-exporter`, namespace, { ...gatewayLabels, ...unscraped }, gatewayLabels, [
      { name: 'http-exporter', port: 4040, target: 4040 },
    ]),
    ...(values.lokiCanary.enabled
      ? [service(`${release}-canary`, namespace, labelsFor('loki', release, 'canary'), labelsFor('loki', release, 'canary'), [metrics])]
      : []),
  ];
}

function gateway({ release, namespace, values }: Chart): Manifest {
  const nginx = container(
    'nginx',
    'docker.io/nginxinc/nginx-unprivileged:1.29-alpine',
    { 'http-metrics': 8080 },
    { resources: values.gateway.resources },
  );
  const podSpec = { containers: [nginx], volumes: [{ name: 'config', configMap: { name: `${release}-gateway` } }] };
  return workload('Deployment', `${release}-gateway`, namespace, labelsFor('loki', release, 'gateway'), podSpec, {
    replicas: values.gateway.replicas,
  });
}

function canary({ release, namespace, values }: Chart): Manifest {
  const { push, resources, tolerations } = values.lokiCanary;
  const args = [
    `-addr=${release}-gateway.${namespace}.svc.cluster.local.:80`,
    `-push=${push}`,
    '-labelname=pod',
    '-labelvalue=$(POD_NAME)',
  ];
  const pod = container('loki-canary', 'docker.io/grafana/loki-canary:3.7.6', { 'http-metrics': 3500 }, { args, resources });
  return workload('DaemonSet', `${release}-canary`, namespace, labelsFor('loki', release, 'canary'), { containers: [pod], tolerations });
}

function cache({ release, namespace, values }: Chart, kind: string): Manifest[] {
  const name = `${release}-${kind}-cache`;
  const labels = labelsFor('loki', release, `memcached-${kind}-cache`);
  const memory = `${Math.ceil(values[`${kind}Cache`].allocatedMemory * 1.2)}Mi`;
  const ports = { client: 11211 };
  const memcached = container('memcached', 'docker.io/memcached:1.6.39-alpine', ports, {
    resources: { requests: { memory }, limits: { memory } },
  });
  const exporter = container('exporter', 'docker.io/prom/memcached-exporter:v0.15.3', { 'http-metrics': 9150 });
  const servicePorts = [
    { name: 'memcached-client', port: 11211, target: 'client' },
    { name: 'http-metrics', port: 9150 },
  ];
  return [
    workload('StatefulSet', name, namespace, labels, { containers: [memcached, exporter] }, { replicas: 1, serviceName: name }),
    service(name, namespace, { ...labels, 'prometheus.io/service-monitor': 'false' }, labels, servicePorts, { clusterIP: 'None' }),
  ];
}

function monitoring({ release, namespace, values }: Chart): Manifest[] {
  const { serviceMonitor, rules, alerts, dashboards } = values.monitoring;
  const prometheusRule = (name: string, labels: Tree, groups: Tree) =>
    object(
      'monitoring.coreos.com/v1',
      'PrometheusRule',
      name,
      namespace,
      { ...labelsFor('loki', release), ...labels },
      { spec: { groups } },
    );
  const selector = {
    matchLabels: labelsFor('loki', release),
    matchExpressions: [{ key: 'prometheus.io/service-monitor', operator: 'NotIn', values: ['false'] }],
  };
  const endpoints = [
    {
      port: 'http-metrics',
      path: '/metrics',
      relabelings: [{ sourceLabels: ['job'], targetLabel: 'job', replacement: `${namespace}/$1` }],
    },
  ];
  const requests = 'sum by (namespace, job, route) (rate(loki_request_duration_seconds_count[1m]))';
  const errors = 'loki_request_duration_seconds_count{status_code=~"5.."}';
  return [
    ...(serviceMonitor.enabled
      ? [
          object(
            'monitoring.coreos.com/v1',
            'ServiceMonitor',
            release,
            namespace,
            { ...labelsFor('loki', release), ...serviceMonitor.labels },
            { spec: { selector, endpoints } },
          ),
        ]
      : []),
    ...(rules.enabled
      ? [
          prometheusRule(`${release}-loki-rules`, rules.labels, [
            { name: 'loki_rules', rules: [{ record: 'namespace_job_route:loki_request_duration_seconds_count:sum_rate', expr: requests }] },
          ]),
        ]
      : []),
    ...(alerts.enabled
      ? [
          prometheusRule(`${release}-loki-alerts`, alerts.labels, [
            { name: 'loki_alerts', rules: [{ alert: 'LokiRequestErrors', expr: `100 * sum(rate(${errors}[2m])) > 10`, for: '15m' }] },
          ]),
        ]
      : []),
    ...(dashboards.enabled
      ? [
          configMap(
            `${release}-dashboards-1`,
            namespace,
            { ...labelsFor('loki', release), grafana_dashboard: '1' },
            dashboardFiles(['operational', 'chunks', 'reads', 'writes']),
          ),
        ]
      : []),
  ];
}

function dashboardFiles(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => [
      `loki-${name}.json`,
      JSON.stringify({ uid: `loki-${name}`, title: `Loki / ${name[0]?.toUpperCase()}${name.slice(1)}`, tags: ['loki-mixin'], panels: [] }),
    ]),
  );
}
