import { inject } from 'vitest';
import { stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { encodeSecret, mergeTrees, type Tree } from '#rehearsal/tree.ts';
import type { PartName } from '#test/real/cluster.ts';
import { openStore, type Store } from '../s3/store.ts';
import { type Answer, type Asked, type Cluster, uniqueName, until } from '../services.ts';

export const PARTS: readonly PartName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok', 'ceph', 'loki'];

/** One Loki behind a Service, with a bucket of its own. */
export interface Loki {
  readonly store: Store;
  readonly namespace: string;
  ask(path: string, asked?: Asked): Promise<Answer>;
  /** Pushes streams as they are. */
  push(...streams: readonly Tree[]): Promise<Answer>;
  query(query: string, rest?: Readonly<Record<string, string>>): Promise<Answer>;
  stop(): Promise<void>;
}

export interface LokiOptions {
  /** Laid over its configuration. */
  readonly configuration?: Tree;
  /** A file of recording rules. */
  readonly rules?: string;
  /** Laid over its pod's container. */
  readonly container?: Tree;
}

/** As the product has it run: its configuration in a ConfigMap, the keys of its bucket in its environment (and in the configuration, too). */
export async function startLoki(cluster: Cluster, { configuration = {}, rules = '', container = {} }: LokiOptions = {}): Promise<Loki> {
  const store = await openStore(cluster);
  const namespace = uniqueName();
  const metadata = (name: string) => ({ name, namespace, labels: { app: 'loki' } });
  const pod = podOf(metadata('loki'), container);
  const config = stringify(mergeTrees(configurationOf(store), configuration));
  const { accessKeyId, secretAccessKey } = store.keys;
  const manifests: readonly Manifest[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'Secret', metadata: metadata('bucket'), data: encodeSecret({ accessKeyId, secretAccessKey }) },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('loki'), data: { 'config.yaml': config, 'runtime-config.yaml': '{}' } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        ...metadata('rules'),
        // What the sidecar of the chart goes by. There is none here: the pod mounts the folder itself.
        labels: { loki_rule: 'true' },
        annotations: { 'k8s-sidecar-target-directory': '/rules/fake' },
      },
      data: rules === '' ? {} : { 'rules.yaml': rules },
    },
    pod,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata('loki'),
      spec: { selector: { app: 'loki' }, ports: [{ name: 'http', port: 3100, targetPort: 3100 }] },
    },
  ];
  for (const manifest of manifests) await cluster.create(manifest);
  const ask: Loki['ask'] = (path, asked) => cluster.ask(`${namespace}/loki:3100`, path, asked);
  await until(async () => (await ask('/ready')).text === 'ready\n');
  return {
    store,
    namespace,
    ask,
    push: (...streams) => ask('/loki/api/v1/push', { method: 'POST', body: { streams } }),
    query: (query, rest) => ask('/loki/api/v1/query_range', { query: { query, ...rest } }),
    stop: () => cluster.remove(pod),
  };
}

/** A time as Loki writes it; milliseconds from now. */
export function nanoseconds(fromNow = 0): string {
  return `${Date.now() + fromNow}000000`;
}

function podOf(metadata: Manifest['metadata'], own: Tree): Manifest {
  const fromSecret = (name: string, key: string) => ({ name, valueFrom: { secretKeyRef: { name: 'bucket', key } } });
  const container = {
    name: 'loki',
    image: 'docker.io/grafana/loki:3.7.8',
    args: ['-config.file=/etc/loki/config/config.yaml'],
    env: [fromSecret('AWS_ACCESS_KEY_ID', 'accessKeyId'), fromSecret('AWS_SECRET_ACCESS_KEY', 'secretAccessKey')],
    ports: [{ name: 'http', containerPort: 3100 }],
    readinessProbe: { httpGet: { path: '/ready', port: 3100 }, periodSeconds: 1 },
    volumeMounts: [
      { name: 'config', mountPath: '/etc/loki/config' },
      { name: 'storage', mountPath: '/var/loki' },
      { name: 'rules', mountPath: '/rules/fake' },
    ],
  };
  const volumes = [
    { name: 'config', configMap: { name: 'loki' } },
    { name: 'storage', emptyDir: {} },
    { name: 'rules', configMap: { name: 'rules' } },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { terminationGracePeriodSeconds: 0, containers: [{ ...container, ...own }], volumes },
  };
}

function configurationOf({ bucket, keys }: Store): Tree {
  // A machine without an interface that Loki would look at.
  const address = { instance_addr: '127.0.0.1' };
  const credentials = { access_key_id: keys.accessKeyId, secret_access_key: keys.secretAccessKey };
  const endpoint = inject('realCluster')?.s3.endpoint ?? 'http://rook-ceph-rgw-storage.storage.svc:80';
  return {
    auth_enabled: false,
    server: { http_listen_port: 3100, grpc_listen_address: '127.0.0.1', log_level: 'warn' },
    common: {
      path_prefix: '/var/loki',
      replication_factor: 1,
      ...address,
      ring: { kvstore: { store: 'inmemory' }, ...address },
      storage: { s3: { endpoint, region: 'us-east-1', bucketnames: bucket, s3forcepathstyle: true, insecure: true, ...credentials } },
    },
    schema_config: {
      configs: [{ from: '2024-04-01', store: 'tsdb', object_store: 's3', schema: 'v13', index: { prefix: 'index_', period: '24h' } }],
    },
    ingester: { chunk_idle_period: '30m', lifecycler: { min_ready_duration: '1s' } },
    compactor: { working_directory: '/var/loki/compactor', retention_enabled: true, delete_request_store: 's3' },
    limits_config: { retention_period: '720h', allow_structured_metadata: true, volume_enabled: true },
    ruler: { storage: { type: 'local', local: { directory: '/rules' } }, rule_path: '/var/loki/rules-tmp' },
    runtime_config: { file: '/etc/loki/config/runtime-config.yaml' },
    frontend: { address: '127.0.0.1' },
    analytics: { reporting_enabled: false },
  };
}
