export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** It is one pod by this name, and no Service that chooses among several. */
  readonly pod?: true;
}

/** All objects of one resource, in one namespace or in all. */
export interface Scope {
  readonly group: string;
  readonly version: string;
  /** Lower-case plural: "statefulsets". */
  readonly resource: string;
  readonly namespace?: string;
}

/** One thing the API server must allow us to do: what SelfSubjectAccessReview asks and a Role grants. */
export interface Permission {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  readonly group: string;
  /** With its subresource, if any: "services/proxy". */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** An object as the API server takes and gives it: JSON with at least these fields. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly [field: string]: unknown;
}

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** How a kind is addressed in the API: the path segment and whether it lives in a namespace. */
interface Kind {
  readonly resource: string;
  readonly namespaced: boolean;
}

const KINDS: Readonly<Record<string, Kind>> = {
  'v1/ConfigMap': { resource: 'configmaps', namespaced: true },
  'v1/Event': { resource: 'events', namespaced: true },
  'v1/Namespace': { resource: 'namespaces', namespaced: false },
  'v1/Node': { resource: 'nodes', namespaced: false },
  'v1/PersistentVolume': { resource: 'persistentvolumes', namespaced: false },
  'v1/PersistentVolumeClaim': { resource: 'persistentvolumeclaims', namespaced: true },
  'v1/Pod': { resource: 'pods', namespaced: true },
  'v1/ResourceQuota': { resource: 'resourcequotas', namespaced: true },
  'v1/Secret': { resource: 'secrets', namespaced: true },
  'v1/Service': { resource: 'services', namespaced: true },
  'v1/ServiceAccount': { resource: 'serviceaccounts', namespaced: true },
  'apps/v1/DaemonSet': { resource: 'daemonsets', namespaced: true },
  'apps/v1/Deployment': { resource: 'deployments', namespaced: true },
  'apps/v1/StatefulSet': { resource: 'statefulsets', namespaced: true },
  'batch/v1/Job': { resource: 'jobs', namespaced: true },
  'coordination.k8s.io/v1/Lease': { resource: 'leases', namespaced: true },
  'rbac.authorization.k8s.io/v1/ClusterRole': { resource: 'clusterroles', namespaced: false },
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': { resource: 'clusterrolebindings', namespaced: false },
  'rbac.authorization.k8s.io/v1/Role': { resource: 'roles', namespaced: true },
  'rbac.authorization.k8s.io/v1/RoleBinding': { resource: 'rolebindings', namespaced: true },
  'storage.k8s.io/v1/CSIDriver': { resource: 'csidrivers', namespaced: false },
  'storage.k8s.io/v1/StorageClass': { resource: 'storageclasses', namespaced: false },
  'apiextensions.k8s.io/v1/CustomResourceDefinition': { resource: 'customresourcedefinitions', namespaced: false },
  'ceph.rook.io/v1/CephBlockPool': { resource: 'cephblockpools', namespaced: true },
  'ceph.rook.io/v1/CephCluster': { resource: 'cephclusters', namespaced: true },
  'ceph.rook.io/v1/CephObjectStore': { resource: 'cephobjectstores', namespaced: true },
  'objectbucket.io/v1alpha1/ObjectBucketClaim': { resource: 'objectbucketclaims', namespaced: true },
  'external-secrets.io/v1/ExternalSecret': { resource: 'externalsecrets', namespaced: true },
  'external-secrets.io/v1/SecretStore': { resource: 'secretstores', namespaced: true },
  'source.toolkit.fluxcd.io/v1/GitRepository': { resource: 'gitrepositories', namespaced: true },
  'source.toolkit.fluxcd.io/v1/HelmRepository': { resource: 'helmrepositories', namespaced: true },
  'source.toolkit.fluxcd.io/v1/HelmChart': { resource: 'helmcharts', namespaced: true },
  'kustomize.toolkit.fluxcd.io/v1/Kustomization': { resource: 'kustomizations', namespaced: true },
  'helm.toolkit.fluxcd.io/v2/HelmRelease': { resource: 'helmreleases', namespaced: true },
  'monitoring.coreos.com/v1/Prometheus': { resource: 'prometheuses', namespaced: true },
  'monitoring.coreos.com/v1/PrometheusRule': { resource: 'prometheusrules', namespaced: true },
  'monitoring.coreos.com/v1/ServiceMonitor': { resource: 'servicemonitors', namespaced: true },
};

/**
 * The scope that an object of this kind lives in. A table and not discovery: the tool knows every kind it touches, and
 * permissions must be derivable without a cluster.
 * @throws Error for a kind that is not in the table: a bug, not a user's mistake
 */
export function scopeOf(ref: Pick<ObjectRef, 'apiVersion' | 'kind' | 'namespace'>): Scope {
  const kind = KINDS[`${ref.apiVersion}/${ref.kind}`];
  if (kind === undefined) throw new Error(`no resource is known for ${ref.apiVersion} ${ref.kind}`);
  const [group, version] = ref.apiVersion.includes('/') ? (ref.apiVersion.split('/') as [string, string]) : ['', ref.apiVersion];
  const scope = { group, version, resource: kind.resource };
  return kind.namespaced && ref.namespace !== undefined ? { ...scope, namespace: ref.namespace } : scope;
}

/** Every kind of the table, for those that serve an API (the embedded cluster's discovery). */
export function knownKinds(): readonly { apiVersion: string; kind: string; resource: string; namespaced: boolean }[] {
  return Object.entries(KINDS).map(([key, { resource, namespaced }]) => {
    const slash = key.lastIndexOf('/');
    return { apiVersion: key.slice(0, slash), kind: key.slice(slash + 1), resource, namespaced };
  });
}

/** Leave to do something with everything in a scope, or with the object of that name. */
export function permissionOn({ group, resource, namespace }: Scope, verb: Permission['verb'], name?: string): Permission {
  return { verb, group, resource, ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }) };
}

/** Leave to ask a service, or one pod, over the API server's proxy. */
export function permissionToProxy({ namespace, name, port, pod }: ServiceRef, verb: Permission['verb']): Permission {
  return { verb, group: '', resource: pod ? 'pods/proxy' : 'services/proxy', namespace, name: `${name}:${port}` };
}

export function refOf(manifest: Manifest): ObjectRef {
  const { apiVersion, kind, metadata } = manifest;
  const ref = { apiVersion, kind, name: metadata.name };
  return metadata.namespace === undefined ? ref : { ...ref, namespace: metadata.namespace };
}

/** "StatefulSet monitoring/loki": how every message names an object. */
export function nameOf(ref: ObjectRef): string {
  return ref.namespace === undefined ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}

/** "monitoring/loki:3100": how every message names a service. */
export function serviceName(service: ServiceRef): string {
  return `${service.namespace}/${service.name}:${service.port}`;
}
