import { SCRAPE_INTERVAL } from '#checks/history.ts';
import type { Environment, Loki } from '#model/environment.ts';
import { mergeValues } from '../repository.ts';

/** Values of chart loki 18: https://github.com/grafana-community/helm-charts/tree/main/charts/loki */
export function lokiValues({ loki, storage, prometheus, grafana }: Environment): Record<string, unknown> {
  const { bucket } = storage;
  const release = prometheus === null ? {} : { labels: { release: prometheus.release } };
  const base = {
    deploymentMode: loki.mode,
    loki: {
      image: { tag: loki.version },
      auth_enabled: false,
      commonConfig: { replication_factor: 1 },
      schemaConfig: {
        configs: [{ from: '2024-04-01', store: 'tsdb', object_store: 's3', schema: 'v13', index: { prefix: 'index_', period: '24h' } }],
      },
      storage: {
        type: 's3',
        bucketNames: { chunks: bucket.name },
        s3: {
          endpoint: storage.endpoint,
          region: bucket.region,
          s3ForcePathStyle: bucket.pathStyle,
          insecure: storage.endpoint.startsWith('http://'),
        },
      },
      limits_config: {
        retention_period: loki.retention,
        allow_structured_metadata: true,
        volume_enabled: true,
        split_queries_by_interval: '15m',
        max_query_series: 500,
        max_entries_limit_per_query: 5000,
      },
      ingester: { chunk_target_size: 1_572_864, chunk_idle_period: '30m' },
      // A period alone deletes nothing: the compactor has to be told, and where to keep delete requests.
      compactor: { retention_enabled: true, delete_request_store: 's3', working_directory: '/var/loki/compactor' },
      rulerConfig: {
        storage: { type: 'local', local: { directory: '/rules' } },
        // Loki empties rule_path at its start: never the directory above.
        rule_path: '/var/loki/rules-tmp',
        wal: { dir: '/var/loki/ruler-wal' },
        ...(prometheus === null ? {} : { remote_write: remoteWrite(prometheus.service) }),
      },
    },
    singleBinary: {
      replicas: 1,
      // The AWS names that Loki looks for; extraEnvFrom would bring the Secret's own names, which it does not read.
      extraEnv: [
        fromSecret('AWS_ACCESS_KEY_ID', bucket.credentials.user),
        fromSecret('AWS_SECRET_ACCESS_KEY', bucket.credentials.password),
      ],
      resources: { requests: { cpu: '200m', memory: loki.memory.request }, limits: { memory: loki.memory.limit } },
      persistence: loki.persistence,
    },
    // Each defaults to 3, which does not render beside the single binary.
    write: { replicas: 0 },
    read: { replicas: 0 },
    backend: { replicas: 0 },
    chunksCache: { allocatedMemory: loki.caches.chunks, allocatedCPU: '50m' },
    resultsCache: { allocatedMemory: loki.caches.results, allocatedCPU: '50m' },
    sidecar: { rules: { folderAnnotation: 'k8s-sidecar-target-directory' } },
    rbac: { namespaced: true },
    gateway: { replicas: 1, resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '256Mi' } } },
    lokiCanary: {
      push: true,
      tolerations: [{ operator: 'Exists' }],
      resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '128Mi' } },
    },
    monitoring: {
      serviceMonitor: { enabled: prometheus !== null, interval: SCRAPE_INTERVAL, ...release },
      rules: { enabled: prometheus !== null, ...release },
      alerts: { enabled: prometheus !== null, ...release },
      dashboards: { enabled: grafana !== null },
    },
  };
  return mergeValues(base, loki.values);

  function fromSecret(name: string, key: string): object {
    return { name, valueFrom: { secretKeyRef: { name: bucket.credentials.name, key } } };
  }
}

/** As the values have it in the end. */
export function persistenceOf(environment: Environment): Loki['persistence'] {
  const { singleBinary } = lokiValues(environment) as { singleBinary?: { persistence?: Partial<Loki['persistence']> } };
  return { ...environment.loki.persistence, ...singleBinary?.persistence };
}

function remoteWrite({ name, namespace, port }: { name: string; namespace: string; port: number }): object {
  return { enabled: true, clients: { prometheus: { url: `http://${name}.${namespace}.svc.cluster.local:${port}/api/v1/write` } } };
}
