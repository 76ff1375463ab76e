import type { Manifest } from '#model/kubernetes.ts';
import { condition, container, object } from '../build.ts';
import { hashOf, type Tree } from '../tree.ts';
import { definitions } from './definitions.ts';

const NODES = ['k8s-1', 'k8s-2', 'k8s-3'];
const NAMESPACES = ['default', 'kube-system', 'flux-system', 'monitoring', 'storage', 'airflow', 'external-secrets', 'rehearsal'];
const RBAC = 'rbac.authorization.k8s.io';

/** Nodes, namespaces, storage classes, the control plane's own pods, and the rights of the token `limited`. */
export function clusterObjects(at: string): readonly Manifest[] {
  const byDefault = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  return [
    ...NAMESPACES.map(namespace),
    ...NODES.map((name) => node(name, at)),
    // Static pods: the kubelet reads them from a file and shows them, no workload stands behind them.
    ...NODES.map((nodeName) => {
      const annotations = { 'kubernetes.io/config.hash': hashOf(nodeName, 32) };
      const containers = [container('kube-apiserver', 'registry.k8s.io/kube-apiserver:v1.33.4')];
      return object('v1', 'Pod', `kube-system/kube-apiserver-${nodeName}`, { annotations, spec: { nodeName, containers } });
    }),
    storageClass('ceph-block', 'storage.rbd.csi.ceph.com', { annotations: byDefault }),
    storageClass('ceph-bucket', 'storage.ceph.rook.io/bucket'),
    object('storage.k8s.io/v1', 'CSIDriver', 'storage.rbd.csi.ceph.com', { spec: { attachRequired: true } }),
    ...definitions(),
    ...limitedRights(),
    object('v1', 'ConfigMap', 'rehearsal/clock', { data: { offsetMilliseconds: '0' } }),
  ];
}

function namespace(name: string): Manifest {
  // Talos enforces "baseline" unless a namespace says otherwise; node exporters need host paths, so this one does.
  const podSecurity = name === 'monitoring' ? { 'pod-security.kubernetes.io/enforce': 'privileged' } : {};
  return object('v1', 'Namespace', name, { labels: { 'kubernetes.io/metadata.name': name, ...podSecurity } });
}

function node(name: string, at: string): Manifest {
  const room = { cpu: '32', memory: '96Gi', pods: '110' };
  const conditions = [condition('Ready', at, 'KubeletReady', { message: 'kubelet is posting ready status' })];
  const nodeInfo = { kubeletVersion: 'v1.33.4', osImage: 'Talos (v1.11.0)' };
  return object('v1', 'Node', name, { spec: {}, status: { capacity: room, allocatable: room, conditions, nodeInfo } });
}

function storageClass(name: string, provisioner: string, rest: Tree = {}): Manifest {
  return object('storage.k8s.io/v1', 'StorageClass', name, { provisioner, reclaimPolicy: 'Delete', ...rest });
}

/** The token `limited` may look at nodes and pods, and at the ConfigMaps of one namespace: enough to see what missing rights look like. */
function limitedRights(): readonly Manifest[] {
  const subjects = [{ kind: 'User', apiGroup: RBAC, name: 'limited' }];
  const verbs = ['get', 'list', 'watch'];
  const bind = (kind: string, path: string, resources: readonly string[]) => [
    object(`${RBAC}/v1`, kind, path, { rules: [{ apiGroups: [''], resources, verbs }] }),
    object(`${RBAC}/v1`, `${kind}Binding`, path, { subjects, roleRef: { apiGroup: RBAC, kind, name: 'limited' } }),
  ];
  return [...bind('ClusterRole', 'limited', ['nodes', 'namespaces', 'pods']), ...bind('Role', 'monitoring/limited', ['configmaps'])];
}
