import type * as v from 'valibot';
import type { Scope } from '#model/kubernetes.ts';
import type { Read } from '#model/read.ts';
import type { Named, SurveyedCluster } from '#model/survey.ts';
import { parseQuantity } from './quantity.ts';
import { readFields, readFiles, readSecret } from './reads.ts';
import {
  GitRepository,
  HelmRelease,
  Kustomization,
  Node,
  ObjectStore,
  Plain,
  Prometheus,
  Service,
  StorageClass,
  Workload,
} from './survey-objects.ts';

type ListOf<T> = Read<readonly T[] | undefined>;
type Reads = { readonly [Kind in keyof SurveyedCluster]: Read<SurveyedCluster[Kind]> };

/** Of a rollout that is to come nobody knows the names yet: all namespaces are looked at, and of each object no more than is needed. */
export function readCluster(): Omit<Reads, 'workloads'> & Record<'deployments' | 'statefulSets', Reads['workloads']> {
  return {
    nodes: always(
      list(core('nodes'), ['status.allocatable.memory'], Node, ({ status, ...each }) => ({
        ...named(each),
        memory: parseQuantity(status.allocatable.memory),
      })),
    ),
    namespaces: always(list(core('namespaces'), [], Plain, named)),
    storageClasses: always(
      list(
        of('storage.k8s.io', 'v1', 'storageclasses'),
        ['metadata.annotations', 'metadata.creationTimestamp', 'provisioner', 'parameters'],
        StorageClass,
        (each) => ({
          ...named(each),
          provisioner: each.provisioner,
          parameters: each.parameters,
          isDefault: each.metadata.annotations['storageclass.kubernetes.io/is-default-class'] === 'true',
          created: each.metadata.creationTimestamp,
        }),
      ),
    ),
    services: always(
      list(core('services'), ['spec.selector', 'spec.ports'], Service, ({ spec, ...each }) => ({ ...named(each), ...spec })),
    ),
    claims: always(list(core('persistentvolumeclaims'), [], Plain, named)),
    deployments: readWorkloads('deployments'),
    statefulSets: readWorkloads('statefulsets'),
    gitRepositories: list(
      of('source.toolkit.fluxcd.io', 'v1', 'gitrepositories'),
      ['spec.url', 'spec.ref'],
      GitRepository,
      ({ spec, ...each }) => ({
        ...named(each),
        url: spec.url,
        // Without a ref it is this one: https://fluxcd.io/flux/components/source/gitrepositories/#reference
        branch: spec.ref === undefined ? 'master' : (branchOf(spec.ref.name) ?? spec.ref.branch),
      }),
    ),
    kustomizations: list(
      of('kustomize.toolkit.fluxcd.io', 'v1', 'kustomizations'),
      ['spec.path', 'spec.sourceRef', 'spec.targetNamespace'],
      Kustomization,
      ({ spec, ...each }) => ({
        ...named(each),
        path: spec.path.replace(/^(\.?\/)+|^\.$|\/+$/g, ''),
        source: { kind: spec.sourceRef.kind, namespace: spec.sourceRef.namespace ?? each.metadata.namespace, name: spec.sourceRef.name },
        targetNamespace: spec.targetNamespace,
      }),
    ),
    helmReleases: list(
      of('helm.toolkit.fluxcd.io', 'v2', 'helmreleases'),
      [
        'spec.chart.spec.chart',
        'spec.chart.spec.version',
        'status.history.chartName',
        'status.history.chartVersion',
        'spec.releaseName',
        'spec.targetNamespace',
        'spec.values.logs.persistence.existingClaim',
      ],
      HelmRelease,
      ({ spec, status, ...each }) => ({
        ...named(each),
        chart: spec.chart?.spec.chart ?? status.history[0]?.chartName,
        version: status.history[0]?.chartVersion ?? spec.chart?.spec.version,
        targetNamespace: spec.targetNamespace ?? each.metadata.namespace,
        // https://fluxcd.io/flux/components/helm/helmreleases/#release-name
        release: spec.releaseName ?? [spec.targetNamespace, each.metadata.name].filter((part) => part !== undefined).join('-'),
        logClaim: spec.values?.logs?.persistence?.existingClaim,
      }),
    ),
    cephClusters: list(of('ceph.rook.io', 'v1', 'cephclusters'), [], Plain, named),
    objectStores: list(
      of('ceph.rook.io', 'v1', 'cephobjectstores'),
      ['spec.gateway.port', 'status.phase', 'status.info.endpoint'],
      ObjectStore,
      ({ spec, status, ...each }) => ({
        ...named(each),
        isReady: status?.phase === 'Ready',
        endpoint: status?.info?.endpoint,
        port: spec.gateway?.port,
      }),
    ),
    secretStores: list(of('external-secrets.io', 'v1', 'secretstores'), [], Plain, named),
    prometheuses: list(
      of('monitoring.coreos.com', 'v1', 'prometheuses'),
      ['spec.enableRemoteWriteReceiver', 'spec.serviceMonitorSelector'],
      Prometheus,
      ({ spec, ...each }) => ({
        ...named(each),
        takesRemoteWrites: spec.enableRemoteWriteReceiver,
        selects: spec.serviceMonitorSelector?.matchExpressions?.length
          ? undefined
          : spec.serviceMonitorSelector && (spec.serviceMonitorSelector.matchLabels ?? {}),
      }),
    ),
  };
}

/** What is applied, and what may be edited. */
export function readRepository(): Read<Readonly<Record<string, string>>> {
  const read = readFiles(['.'], ['.yaml', '.yml', '/Kustomization']);
  return { ...read, subject: "the repository at the remote's tip", decode: (answer) => read.decode(answer).files };
}

/** Names of keys only: no value leaves the adapter. */
export function readKeys(namespace: string, secret: string): Read<readonly string[] | undefined> {
  const read = readSecret(namespace, secret, []);
  return { ...read, decode: (answer) => read.decode(answer)?.keys };
}

function readWorkloads(resource: string): Reads['workloads'] {
  const containers = 'spec.template.spec.containers';
  // Of variables no value: some are passwords.
  const fields = [
    'spec.template.metadata.labels',
    `${containers}.name`,
    `${containers}.env.name`,
    `${containers}.env.valueFrom.secretKeyRef`,
  ];
  return always(
    list(of('apps', 'v1', resource), fields, Workload, ({ spec: { template }, ...each }) => ({
      ...named(each),
      podLabels: template.metadata.labels,
      secretVariables: template.spec.containers.flatMap(({ env }) =>
        env.flatMap(({ name: variable, valueFrom }) => {
          const reference = valueFrom?.secretKeyRef;
          return reference === undefined ? [] : [{ variable, secret: reference.name, key: reference.key }];
        }),
      ),
    })),
  );
}

function list<S extends v.GenericSchema, T>(
  scope: Scope,
  fields: readonly string[],
  schema: S,
  take: (object: v.InferOutput<S>) => T,
): ListOf<T> {
  const read = readFields(scope, schema, ['metadata.labels', ...fields]);
  return { ...read, decode: (answer) => read.decode(answer)?.map(take) };
}

/** Of kinds that every API server serves. */
function always<T>(read: ListOf<T>): Read<readonly T[]> {
  return { ...read, decode: (answer) => read.decode(answer) ?? [] };
}

function named({ metadata }: { readonly metadata: Named }): Named {
  return { namespace: metadata.namespace, name: metadata.name, labels: metadata.labels };
}

function of(group: string, version: string, resource: string): Scope {
  return { group, version, resource };
}

function core(resource: string): Scope {
  return of('', 'v1', resource);
}

function branchOf(ref: string | undefined): string | undefined {
  return ref?.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined;
}
