import type { Duration } from '#model/check.ts';
import type { Airflow, Alloy, Environment, GitOps, Grafana, Loki, Prometheus, Storage } from '#model/environment.ts';
import { UserError } from '#model/errors.ts';
import type { ObjectRef, ServiceRef } from '#model/kubernetes.ts';
import type { SecretKeys } from '#model/read.ts';
import { readPeriod } from './periods.ts';
import { resolveRetention } from './retention.ts';
import type { Settings } from './settings.ts';
import { resolveStorage, usesPathStyle } from './storage.ts';
import { readTargets } from './targets.ts';
import type { Goals, Warning } from './types.ts';

/**
 * Gives every value a default: first what the goals state elsewhere (retention, targets), then the usual names of the homelab.
 * @throws UserError (exit 2) for settings that contradict each other, naming both pointers
 */
export function resolveEnvironment(goals: Goals): { environment: Environment; warnings: readonly Warning[] } {
  const settings = goals.environment as Settings;
  const retention = resolveRetention(goals);
  const gitops = resolveGitOps(settings);
  const loki = resolveLoki(settings, retention);
  const storage = resolveStorage(settings, loki.namespace, goals.file);
  const environment: Environment = {
    gitops,
    storage,
    loki,
    alloy: resolveAlloy(settings),
    prometheus: resolvePrometheus(settings),
    grafana: resolveGrafana(settings),
    airflow: resolveAirflow(settings, gitops.namespace, storage),
    adopt: settings.adopt ?? [],
    gates: {
      soak: period(goals.file, '/environment/gates/soak', settings.gates?.soak) ?? '7d',
      decommission: period(goals.file, '/environment/gates/decommission', settings.gates?.decommission) ?? retention,
    },
    targets: readTargets(goals.metrics),
  };
  return { environment, warnings: findOtherModes(goals) };
}

function resolveGitOps({ gitops = {} }: Settings): GitOps {
  const namespace = gitops.namespace ?? 'flux-system';
  return {
    remote: gitops.remote ?? 'origin',
    branch: gitops.branch ?? 'main',
    delivery: gitops.delivery ?? 'push',
    directory: gitops.directory ?? 'kubernetes/apps/monitoring',
    namespace,
    source: reference('source.toolkit.fluxcd.io/v1', 'GitRepository', gitops.source ?? 'flux-system', namespace),
    parent: kustomization(gitops.kustomization ?? 'cluster-apps', namespace),
  };
}

function resolveLoki({ loki = {} }: Settings, retention: Duration): Loki {
  const namespace = loki.namespace ?? 'monitoring';
  return {
    namespace,
    name: 'loki',
    chart: { repository: 'https://grafana-community.github.io/helm-charts', version: '18.11.0', ...loki.chart, name: 'loki' },
    version: loki.version ?? '3.7.8',
    mode: 'Monolithic',
    service: { namespace, name: 'loki', port: 3100 },
    gateway: { namespace, name: 'loki-gateway', port: 80 },
    canary: { namespace, name: 'loki-canary', port: 3500 },
    retention,
    memory: { request: '1Gi', limit: '2Gi', ...loki.memory },
    persistence: { size: '20Gi', storageClass: 'ceph-block', ...loki.persistence },
    caches: { chunks: 512, results: 256, ...loki.caches },
    values: loki.values ?? {},
  };
}

function resolveAlloy({ alloy = {} }: Settings): Alloy {
  const namespace = alloy.namespace ?? 'monitoring';
  return {
    namespace,
    name: 'alloy',
    chart: { repository: 'https://grafana.github.io/helm-charts', version: '1.11.1', ...alloy.chart, name: 'alloy' },
    service: { namespace, name: 'alloy', port: 12345 },
    excludedNamespaces: alloy.excludedNamespaces ?? [],
    rateLimit: alloy.rateLimit ?? 500,
    values: alloy.values ?? {},
  };
}

function resolvePrometheus({ prometheus }: Settings): Prometheus | null {
  if (prometheus === null) return null;
  return {
    service: service(prometheus?.service ?? 'monitoring/kube-prometheus-stack-prometheus:9090'),
    release: prometheus?.release ?? 'kube-prometheus-stack',
  };
}

function resolveGrafana({ grafana }: Settings): Grafana | null {
  if (grafana === null) return null;
  const at = service(grafana?.service ?? 'monitoring/kube-prometheus-stack-grafana:80');
  const login = grafana?.login;
  return {
    service: at,
    namespace: at.namespace,
    login: {
      namespace: at.namespace,
      name: login?.secret ?? at.name,
      user: login?.user ?? 'admin-user',
      password: login?.password ?? 'admin-password',
    },
  };
}

function resolveAirflow({ airflow }: Settings, fluxNamespace: string, storage: Storage): Airflow | null {
  if (airflow === null) return null;
  const namespace = airflow?.namespace ?? 'airflow';
  const archive = airflow?.archive?.bucket ?? 'airflow-logs';
  return {
    namespace,
    release: airflow?.release ?? 'airflow',
    claim: airflow?.claim ?? 'airflow-logs',
    file: airflow?.file ?? 'kubernetes/apps/airflow/airflow/app/helmrelease.yaml',
    kustomization: kustomization(airflow?.kustomization ?? 'airflow', fluxNamespace),
    archive: {
      ...storage.bucket,
      name: archive,
      pathStyle: usesPathStyle(storage.endpoint, archive),
      credentials: archiveCredentials(namespace, storage, airflow?.archive?.secret),
    },
  };
}

/** A claimed bucket brings its Secret along; for an existing one the Secret has to be there, with the keys that Loki's has. */
function archiveCredentials(namespace: string, { bucket, bucketFrom }: Storage, secret = 'airflow-logs'): SecretKeys {
  return bucketFrom === 'object-bucket-claim'
    ? { namespace, name: secret, user: 'AWS_ACCESS_KEY_ID', password: 'AWS_SECRET_ACCESS_KEY' }
    : { ...bucket.credentials, namespace, name: secret };
}

/** Free text may say what it likes, but a reader should know that something else is done. */
function findOtherModes({ statements }: Goals): readonly Warning[] {
  const [first, ...others] = statements.filter(({ text }) => /simple[\s-]?scalable|microservices mode|distributed mode/i.test(text));
  if (first === undefined) return [];
  const also = others.length === 0 ? '' : ` (so do ${others.length} more places)`;
  const message = `${JSON.stringify(first.text)} names another deployment mode${also}: Loki runs as a single binary (Monolithic) here`;
  return [{ pointer: first.pointer, line: first.line, message }];
}

function period(file: string, pointer: string, text: string | undefined): Duration | undefined {
  if (text === undefined) return undefined;
  const found = readPeriod(text);
  if (found === undefined) throw new UserError(`${file}: ${pointer} is "${text}"`, 'Write a duration of a second or more: 7d, 12h.');
  return found;
}

function reference(apiVersion: string, kind: string, name: string, namespace: string): ObjectRef {
  const [first, second] = name.split('/') as [string, string | undefined];
  return { apiVersion, kind, namespace: second === undefined ? namespace : first, name: second ?? first };
}

function kustomization(name: string, namespace: string): ObjectRef {
  return reference('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', name, namespace);
}

/** "monitoring/grafana:80"; the schema has checked the form. */
function service(text: string): ServiceRef {
  const [namespace = '', name = '', port] = text.split(/[/:]/);
  return { namespace, name, port: Number(port) };
}
