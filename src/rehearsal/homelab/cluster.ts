import { knownKinds, type Manifest } from '#model/kubernetes.ts';
import type { Tree } from '../tree.ts';
import { condition, object } from './build.ts';

const NODES = ['k8s-1', 'k8s-2', 'k8s-3'];
const NAMESPACES = ['default', 'kube-system', 'flux-system', 'monitoring', 'storage', 'airflow', 'external-secrets', 'rehearsal'];
const RBAC = 'rbac.authorization.k8s.io';
/** Groups that come with a CustomResourceDefinition. */
const CUSTOM = ['ceph.rook.io', 'objectbucket.io', 'external-secrets.io', 'toolkit.fluxcd.io', 'monitoring.coreos.com'];

/** Nodes, namespaces, definitions, storage classes, the control plane's own pods, and the rights of the token `limited`. */
export function clusterObjects(at: string): readonly Manifest[] {
  return [
    ...NAMESPACES.map((name) => namespace(name)),
    ...NODES.map((name, index) => node(name, `10.0.0.${index + 11}`, at)),
    ...NODES.map((name, index) => controlPlanePod(name, `10.0.0.${index + 11}`, at)),
    ...definitions(at),
    storageClass('ceph-block', 'storage.rbd.csi.ceph.com', { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }),
    storageClass('ceph-bucket', 'storage.ceph.rook.io/bucket', {
      parameters: { objectStoreName: 'storage', objectStoreNamespace: 'storage' },
    }),
    ...limitedRights(),
    object('v1', 'ConfigMap', 'rehearsal/clock', { data: { offsetMilliseconds: '0' } }),
  ];
}

function namespace(name: string): Manifest {
  // Talos enforces "baseline" unless a namespace says otherwise; node exporters need host paths, so this one does.
  const podSecurity = name === 'monitoring' ? { 'pod-security.kubernetes.io/enforce': 'privileged' } : {};
  return object('v1', 'Namespace', name, { labels: { 'kubernetes.io/metadata.name': name, ...podSecurity }, status: { phase: 'Active' } });
}

function node(name: string, address: string, at: string): Manifest {
  const room = { cpu: '32', memory: '96Gi', 'ephemeral-storage': '450Gi', pods: '110' };
  const nodeInfo = {
    kubeletVersion: 'v1.33.4',
    osImage: 'Talos (v1.11.0)',
    operatingSystem: 'linux',
    architecture: 'amd64',
    containerRuntimeVersion: 'containerd://2.1.4',
  };
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'node-role.kubernetes.io/control-plane': '' };
  const conditions = [
    ...['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => condition(type, at, `KubeletHasNo${type}`, { status: 'False' })),
    condition('Ready', at, 'KubeletReady', { message: 'kubelet is posting ready status' }),
  ];
  const addresses = [
    { type: 'InternalIP', address },
    { type: 'Hostname', address: name },
  ];
  return object('v1', 'Node', name, { labels, spec: {}, status: { capacity: room, allocatable: room, conditions, nodeInfo, addresses } });
}

/** A static pod: the kubelet reads it from a file and shows it, no workload stands behind it. */
function controlPlanePod(node: string, address: string, at: string): Manifest {
  const name = 'kube-apiserver';
  const image = 'registry.k8s.io/kube-apiserver:v1.33.4';
  const containers = [{ name, image, resources: { requests: { cpu: '200m', memory: '512Mi' } } }];
  const state = { running: { startedAt: at } };
  return object('v1', 'Pod', `kube-system/${name}-${node}`, {
    labels: { 'k8s-app': name, tier: 'control-plane' },
    annotations: { 'kubernetes.io/config.source': 'file' },
    spec: { nodeName: node, hostNetwork: true, containers },
    status: {
      phase: 'Running',
      podIP: address,
      startTime: at,
      conditions: ['Initialized', 'PodScheduled', 'ContainersReady', 'Ready'].map((type) => condition(type, at, '')),
      containerStatuses: [{ name, image, imageID: '', ready: true, started: true, restartCount: 0, state, lastState: {} }],
    },
  });
}

function definitions(at: string): readonly Manifest[] {
  const custom = knownKinds().filter(({ apiVersion }) => CUSTOM.some((group) => apiVersion.split('/')[0]?.endsWith(group)));
  return custom.map(({ apiVersion, kind, resource, namespaced }) => {
    const [group, version] = apiVersion.split('/');
    const names = { kind, plural: resource, singular: kind.toLowerCase(), listKind: `${kind}List` };
    return object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${resource}.${group}`, {
      spec: { group, names, scope: namespaced ? 'Namespaced' : 'Cluster', versions: [{ name: version, served: true, storage: true }] },
      status: { acceptedNames: names, storedVersions: [version], conditions: [condition('Established', at, 'InitialNamesAccepted')] },
    });
  });
}

function storageClass(name: string, provisioner: string, rest: Tree): Manifest {
  return object('storage.k8s.io/v1', 'StorageClass', name, {
    provisioner,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
    ...rest,
  });
}

/** The token `limited` may look at nodes and pods, and at the ConfigMaps of one namespace: enough to see what missing rights look like. */
function limitedRights(): readonly Manifest[] {
  const subjects = [{ kind: 'User', apiGroup: RBAC, name: 'limited' }];
  const look = ['get', 'list', 'watch'];
  const resources = ['nodes', 'namespaces', 'pods'];
  return [
    object(`${RBAC}/v1`, 'ClusterRole', 'limited', { rules: [{ apiGroups: [''], resources, verbs: look }] }),
    object(`${RBAC}/v1`, 'ClusterRoleBinding', 'limited', { subjects, roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'limited' } }),
    object(`${RBAC}/v1`, 'Role', 'monitoring/limited', { rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: look }] }),
    object(`${RBAC}/v1`, 'RoleBinding', 'monitoring/limited', { subjects, roleRef: { apiGroup: RBAC, kind: 'Role', name: 'limited' } }),
  ];
}
