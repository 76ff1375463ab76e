import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { vi } from 'vitest';
import { stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { type EmbeddedCluster, startCluster } from '#rehearsal/cluster.ts';
import { request } from '#rehearsal/services/answers.ts';
import { send } from '#rehearsal/services/processes.ts';
import type { Tree } from '#rehearsal/tree.ts';
import type { ServiceResponse, World } from '#rehearsal/world.ts';
import { moveClock } from './clock.ts';
import { apiVersionOf } from './kinds.ts';

/** A homelab whose repository a test commits to, as the rollout does. */
export interface Homelab {
  readonly world: World;
  commit(files: Readonly<Record<string, unknown>>): Promise<string>;
  /** Asks Flux to look, as the product does, and waits until it says that it did. */
  reconcile(): Promise<void>;
  get(kind: string, name: string, namespace?: string): Tree;
  /** Waits until the world is as described. */
  until(seen: () => unknown): Promise<void>;
  moveClock(milliseconds: number): void;
  call(url: string, options?: CallOptions): Promise<ServiceResponse & { readonly json: Tree }>;
  stop(): Promise<void>;
}

interface CallOptions {
  readonly method?: string;
  readonly query?: Record<string, string>;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export async function startHomelab(): Promise<Homelab> {
  const directory = await mkdtemp(join(tmpdir(), 'homelab-'));
  const cluster: EmbeddedCluster = await startCluster({ directory });
  const { world, checkout } = cluster;
  const git = (...args: string[]) => execa('git', args, { cwd: checkout });
  let asked = 0;

  const get: Homelab['get'] = (kind, name, namespace = 'monitoring') =>
    world.store.get({ apiVersion: apiVersionOf(kind), kind, namespace, name });
  const until: Homelab['until'] = async (seen) => void (await vi.waitUntil(seen, { timeout: 5_000, interval: 5 }));

  return {
    world,
    get,
    until,
    async commit(files) {
      for (const [path, content] of Object.entries(files)) {
        const target = join(checkout, 'kubernetes/apps', path);
        await mkdir(dirname(target), { recursive: true });
        const documents = Array.isArray(content) ? content : [content];
        if (content === null) await rm(target);
        else
          await writeFile(
            target,
            documents.map((document) => `---\n${typeof document === 'string' ? document : stringify(document)}`).join(''),
          );
      }
      await git('add', '--all');
      await git('commit', '--quiet', '--message', 'rollout');
      await git('push', '--quiet');
      return (await git('rev-parse', 'HEAD')).stdout;
    },
    async reconcile() {
      const token = `token-${++asked}`;
      const source = get('GitRepository', 'flux-system', 'flux-system') as Manifest;
      const annotations = { ...source.metadata.annotations, 'reconcile.fluxcd.io/requestedAt': token };
      world.store.put({ ...source, metadata: { ...source.metadata, annotations } });
      await until(() => get('GitRepository', 'flux-system', 'flux-system').status.lastHandledReconcileAt === token);
    },
    moveClock: (milliseconds) => moveClock(world, milliseconds),
    async call(url, { method = 'GET', query, body, headers } = {}) {
      const asking = request(method, { ...(query === undefined ? {} : { query }), body });
      const answer = await send(world, url, { ...asking, headers: { ...asking.headers, ...headers } });
      if (answer === undefined) throw new Error(`nobody listens at ${url}`);
      const isJson = answer.contentType?.startsWith('application/json');
      return { ...answer, json: isJson ? JSON.parse(String(answer.body)) : undefined };
    },
    async stop() {
      await cluster.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const meta = (name: string, rest = {}) => ({ metadata: { name, namespace: 'monitoring', ...rest } });
const fluxKustomization = (name: string, directory: string, spec = {}) => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name, namespace: 'flux-system' },
  spec: {
    interval: '10m',
    path: `./kubernetes/apps/monitoring/${directory}`,
    prune: true,
    sourceRef: { kind: 'GitRepository', name: 'flux-system' },
    ...spec,
  },
});
export const kustomization = (...resources: string[]) => ({
  apiVersion: 'kustomize.config.k8s.io/v1beta1',
  kind: 'Kustomization',
  resources,
});

const remoteRef = (property: string) => ({ key: 'loki-bucket', property });
const template = {
  endpoint: 'http://rook-ceph-rgw-storage.storage.svc:80',
  bucket: 'loki-logs',
  region: 'us-east-1',
  access_key_id: '{{ .access_key_id }}',
  secret_access_key: '{{ .secret_access_key }}',
};

/** What phase 1 commits. */
export const phase1 = {
  'monitoring/kustomization.yaml': kustomization('./kube-prometheus-stack/ks.yaml', './loki/ks.yaml', './alloy/ks.yaml'),
  'monitoring/loki/ks.yaml': [
    fluxKustomization('loki-storage', 'loki/storage', { wait: true }),
    fluxKustomization('loki', 'loki/app', { dependsOn: [{ name: 'loki-storage' }], targetNamespace: 'monitoring', wait: true }),
  ],
  'monitoring/alloy/ks.yaml': fluxKustomization('alloy', 'alloy/app', { targetNamespace: 'monitoring', wait: true }),
  'monitoring/loki/storage/kustomization.yaml': kustomization('./storage.yaml'),
  'monitoring/loki/storage/storage.yaml': [
    {
      apiVersion: 'objectbucket.io/v1alpha1',
      kind: 'ObjectBucketClaim',
      ...meta('loki-bucket'),
      spec: { bucketName: 'loki-logs', storageClassName: 'ceph-bucket' },
    },
    { apiVersion: 'external-secrets.io/v1', kind: 'SecretStore', ...meta('loki-bucket'), spec: { provider: { kubernetes: {} } } },
    {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      ...meta('loki-s3-credentials'),
      spec: {
        secretStoreRef: { name: 'loki-bucket' },
        data: [
          { secretKey: 'access_key_id', remoteRef: remoteRef('AWS_ACCESS_KEY_ID') },
          { secretKey: 'secret_access_key', remoteRef: remoteRef('AWS_SECRET_ACCESS_KEY') },
        ],
        target: { name: 'loki-s3-credentials', template: { data: template } },
      },
    },
  ],
  'monitoring/loki/app/kustomization.yaml': kustomization('./source.yaml'),
  'monitoring/loki/app/source.yaml': chartSource('loki', '18.11.0', 'https://grafana-community.github.io/helm-charts'),
  'monitoring/alloy/app/kustomization.yaml': kustomization('./source.yaml'),
  'monitoring/alloy/app/source.yaml': chartSource('alloy', '1.11.1', 'https://grafana.github.io/helm-charts'),
};

export function chartSource(chart: string, version: string, url: string): readonly Manifest[] {
  return [
    { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'HelmRepository', ...meta(`${chart}-charts`), spec: { url, interval: '1h' } },
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'HelmChart',
      ...meta(chart),
      spec: { chart, version, sourceRef: { kind: 'HelmRepository', name: `${chart}-charts` } },
    },
  ];
}

export function helmRelease(name: string, values: object): Manifest {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    ...meta(name),
    spec: { interval: '30m', chartRef: { kind: 'HelmChart', name }, values },
  };
}

const key = (name: string, property: string) => ({ name, valueFrom: { secretKeyRef: { name: 'loki-s3-credentials', key: property } } });

export const lokiValues = {
  deploymentMode: 'Monolithic',
  loki: {
    image: { tag: '3.7.8' },
    auth_enabled: false,
    commonConfig: { replication_factor: 1 },
    schemaConfig: {
      configs: [{ from: '2024-04-01', store: 'tsdb', object_store: 's3', schema: 'v13', index: { prefix: 'index_', period: '24h' } }],
    },
    storage: {
      type: 's3',
      bucketNames: { chunks: 'loki-logs' },
      s3: { endpoint: template.endpoint, region: 'us-east-1', s3ForcePathStyle: true, insecure: true },
    },
    limits_config: { retention_period: '168h', allow_structured_metadata: true, volume_enabled: true },
    compactor: { retention_enabled: true, delete_request_store: 's3', working_directory: '/var/loki/compactor' },
    rulerConfig: {
      storage: { type: 'local', local: { directory: '/rules' } },
      rule_path: '/var/loki/rules-tmp',
      remote_write: {
        enabled: true,
        clients: { prometheus: { url: 'http://kube-prometheus-stack-prometheus.monitoring.svc.cluster.local:9090/api/v1/write' } },
      },
    },
  },
  singleBinary: {
    replicas: 1,
    extraEnv: [key('AWS_ACCESS_KEY_ID', 'access_key_id'), key('AWS_SECRET_ACCESS_KEY', 'secret_access_key')],
    resources: { requests: { memory: '1Gi' }, limits: { memory: '2Gi' } },
    persistence: { size: '20Gi', storageClass: 'ceph-block' },
  },
  write: { replicas: 0 },
  read: { replicas: 0 },
  backend: { replicas: 0 },
  chunksCache: { allocatedMemory: 512 },
  resultsCache: { allocatedMemory: 256 },
  gateway: { replicas: 1 },
  lokiCanary: { push: true, tolerations: [{ operator: 'Exists' }] },
  monitoring: {
    serviceMonitor: { enabled: true, labels: { release: 'kube-prometheus-stack' } },
    rules: { enabled: true, labels: { release: 'kube-prometheus-stack' } },
    alerts: { enabled: true, labels: { release: 'kube-prometheus-stack' } },
    dashboards: { enabled: true },
  },
};

/** What phase 2 commits. */
export const phase2 = {
  'monitoring/loki/app/kustomization.yaml': kustomization('./source.yaml', './helmrelease.yaml'),
  'monitoring/loki/app/helmrelease.yaml': helmRelease('loki', lokiValues),
};

const ALLOY = `
logging {
  level = "info"
}

discovery.kubernetes "pods" {
  role = "pod"
  // its own node
  selectors {
    role  = "pod"
    field = "spec.nodeName=" + coalesce(sys.env("HOSTNAME"), constants.hostname)
  }
}
discovery.relabel "pods" {
  targets = discovery.kubernetes.pods.targets
  rule {
    source_labels = ["__meta_kubernetes_namespace"]
    regex         = "kube-system"
    action        = "drop"
  }
  rule {
    source_labels = ["__meta_kubernetes_namespace"]
    target_label  = "namespace"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_name"]
    target_label  = "pod"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_container_name"]
    target_label  = "container"
  }
  rule {
    source_labels = [
      "__meta_kubernetes_pod_label_app_kubernetes_io_name",
      "__meta_kubernetes_pod_label_app",
      "__meta_kubernetes_pod_controller_name",
      "__meta_kubernetes_pod_name",
    ]
    regex        = ";*([^;]+).*"
    target_label = "app"
  }
  rule {
    source_labels = ["__meta_kubernetes_namespace", "__meta_kubernetes_pod_name", "__meta_kubernetes_pod_container_name"]
    regex         = "(.*);(.*);(.*)"
    replacement   = "/var/log/pods/$1*$2*/$3/*.log"
    target_label  = "__path__"
  }
}
loki.source.file "pods" {
  targets    = discovery.relabel.pods.output
  forward_to = [loki.process.pods.receiver]
}
loki.process "pods" {
  forward_to = [loki.write.loki.receiver]
  stage.cri { }
  stage.match {
    selector            = "{container=~\\".+\\"} |~ \\"GET /(healthz|livez|readyz)\\""
    action              = "drop"
    drop_counter_reason = "health_probe"
  }
  stage.json {
    expressions = {
      level    = "level || severity",
      trace_id = "trace_id || traceID",
    }
  }
  stage.structured_metadata {
    values = {
      level    = "",
      trace_id = "",
    }
  }
  stage.limit {
    rate          = 500
    burst         = 2000
    drop          = true
    by_label_name = "pod"
  }
  stage.label_drop {
    values = ["filename"]
  }
}
loki.write "loki" {
  endpoint {
    url = "http://loki-gateway.monitoring.svc.cluster.local/loki/api/v1/push"
  }
}
`;

/** What phase 3 commits, with any configuration. */
export function phase3(configuration = ALLOY) {
  const values = {
    alloy: { configMap: { create: false, name: 'alloy-config', key: 'config.alloy' }, resources: { limits: { memory: '512Mi' } } },
    controller: { type: 'daemonset', tolerations: [{ operator: 'Exists' }] },
    serviceMonitor: { enabled: true, additionalLabels: { release: 'kube-prometheus-stack' } },
  };
  return {
    'monitoring/alloy/app/kustomization.yaml': kustomization('./source.yaml', './helmrelease.yaml', './config.yaml'),
    'monitoring/alloy/app/helmrelease.yaml': helmRelease('alloy', values),
    'monitoring/alloy/app/config.yaml': {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      ...meta('alloy-config'),
      data: { 'config.alloy': configuration },
    },
  };
}

/** The configuration of Alloy that `phase3` commits unless told otherwise. */
export const alloyConfiguration = ALLOY;
