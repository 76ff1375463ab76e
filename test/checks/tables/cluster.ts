import { clockAgrees, nodesAreReady, storageClassExists, versionIsSupported } from '#checks/cluster.ts';
import { absent, failed, http, list, met, minutesAgo, NOW, object, pending, table } from '../support.ts';

const node = (name: string, ready: Record<string, string> = {}, rest: Record<string, unknown> = {}) => ({
  name,
  spec: {},
  status: { conditions: [{ type: 'Ready', status: 'True', ...ready }], allocatable: { cpu: '4', memory: '8Gi' } },
  ...rest,
});
const version = (gitVersion: string) => http(200, { gitVersion }, { date: NOW.toUTCString() });
const down = (minutes: number) => ({
  status: 'False',
  reason: 'KubeletNotReady',
  message: 'PLEG is not healthy',
  lastTransitionTime: minutesAgo(minutes),
});

export default [
  table(nodesAreReady, { nodes: list(node('k8s-1'), node('k8s-2')) }, '2 of 2 nodes Ready', [
    pending(
      'a node is down',
      { nodes: list(node('k8s-1'), node('k8s-2', { status: 'False', reason: 'KubeletNotReady', message: 'PLEG is not healthy' })) },
      '1 of 2',
      'k8s-2 is not Ready: PLEG is not healthy',
      'kubectl describe node',
    ),
    pending('a node is down for less than Kubernetes waits', { nodes: list(node('k8s-1'), node('k8s-2', down(5))) }, '1 of 2', 'PLEG'),
    failed(
      'a node is down for longer than Kubernetes waits',
      { nodes: list(node('k8s-1', down(1)), node('k8s-2', down(5.1)), node('k8s-3')) },
      '1 of 3',
      'k8s-2 is not Ready: PLEG is not healthy',
      'kubectl describe node k8s-1 k8s-2 shows why',
      'kubectl delete node',
    ),
    pending(
      'a node gives a reason only',
      { nodes: list(node('k8s-2', { status: 'Unknown', reason: 'NodeStatusUnknown' })) },
      '0 of 1',
      'k8s-2 is not Ready: NodeStatusUnknown',
    ),
    pending('a node says nothing', { nodes: list(node('k8s-1', { type: 'Other' })) }, 'k8s-1 is not Ready: it says nothing'),
    pending('there is none', { nodes: list() }, '0 of 0'),
  ]),
  table(versionIsSupported, { version: version('v1.33.4') }, 'Kubernetes 1.33.4', [
    met('a vendor suffix', { version: version('v1.30.1-eks-1234') }, '1.30.1'),
    failed('too old for HelmRelease v2', { version: version('v1.27.9') }, 'Kubernetes 1.27.9', '1.28.0', 'upgrade the control plane'),
    failed('a web page', { version: http(200, '<html>') }, 'without a version', '<html>', 'kubeconfig'),
    pending('it is overloaded', { version: http(503, 'busy') }, 'answers 503', 'busy'),
  ]),
  table(clockAgrees, { version: version('v1.33.4') }, '0 s apart', [
    met('half a minute', { version: http(200, '', { date: 'Sun, 22 Nov 2026 14:59:30 GMT' }) }, '30 s apart'),
    failed('ten minutes', { version: http(200, '', { date: 'Sun, 22 Nov 2026 14:50:00 GMT' }) }, '600 s apart', '14:50:00', 'let NTP set'),
    failed('no Date', { version: http(200) }, 'no Date header', 'kubectl cluster-info'),
    failed('a Date that is none', { version: http(200, '', { date: 'yesterday' }) }, 'no Date header that can be read'),
  ]),
  table(
    storageClassExists('ceph-block'),
    { storageClass: object({ provisioner: 'storage.rbd.csi.ceph.com' }), drivers: list({ name: 'storage.rbd.csi.ceph.com' }) },
    'provisioned by storage.rbd.csi.ceph.com',
    [
      failed('it does not exist', { storageClass: absent }, 'no StorageClass ceph-block', 'environment.loki.persistence.storageClass'),
      failed(
        'nobody answers to its provisioner',
        { drivers: list({ name: 'nfs.csi.k8s.io' }, { name: 'other' }) },
        'StorageClass ceph-block asks for storage.rbd.csi.ceph.com, and no such driver is installed',
        'installed CSI drivers: nfs.csi.k8s.io, other',
        'environment.loki.persistence.storageClass',
      ),
      failed('no driver at all', { storageClass: object({ provisioner: 'csi.trident.netapp.io' }), drivers: list() }, 'drivers: none'),
      met(
        'a provisioner that is no CSI driver',
        { storageClass: object({ provisioner: 'rancher.io/local-path' }), drivers: list() },
        'rancher.io/local-path',
      ),
    ],
  ),
];
