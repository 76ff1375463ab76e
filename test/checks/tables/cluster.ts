import {
  capacitySuffices,
  clockAgrees,
  hostPathIsAdmitted,
  nodesAreReady,
  storageClassExists,
  versionIsSupported,
} from '#checks/cluster.ts';
import { absent, failed, http, list, met, NOW, object, pending, table, unreadable } from '../support.ts';

const node = (name: string, ready: Record<string, string> = {}, rest: Record<string, unknown> = {}) => ({
  name,
  spec: {},
  status: { conditions: [{ type: 'Ready', status: 'True', ...ready }], allocatable: { cpu: '4', memory: '8Gi' } },
  ...rest,
});
const pod = (requests: Record<string, string>, rest: Record<string, unknown> = {}) => ({
  name: 'other',
  spec: { nodeName: 'k8s-1', containers: [{ name: 'it', resources: { requests } }] },
  status: { phase: 'Running' },
  ...rest,
});
const release = { labels: { 'app.kubernetes.io/instance': 'loki' } };
const version = (gitVersion: string) => http(200, { gitVersion }, { date: NOW.toUTCString() });
const demand = { releases: ['loki', 'alloy'], namespace: 'monitoring', memory: '3Gi', cpu: '1' };

export default [
  table(nodesAreReady, { nodes: list(node('k8s-1'), node('k8s-2')) }, '2 of 2 nodes Ready', [
    pending(
      'a node is down',
      { nodes: list(node('k8s-1'), node('k8s-2', { status: 'False', reason: 'KubeletNotReady', message: 'PLEG is not healthy' })) },
      '1 of 2',
      'k8s-2 is not Ready: PLEG is not healthy',
      'kubectl describe node',
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
    { storageClass: object({ provisioner: 'storage.rbd.csi.ceph.com' }) },
    'storage.rbd.csi.ceph.com',
    [failed('it does not exist', { storageClass: absent }, 'no StorageClass ceph-block', 'environment.loki.persistence.storageClass')],
  ),
  table(
    capacitySuffices(demand),
    { nodes: list(node('k8s-1')), pods: list(pod({ cpu: '500m', memory: '1Gi' })) },
    '3.5 CPU and 7Gi are not requested',
    [
      failed(
        'total memory is not free memory',
        { pods: list(pod({ memory: '6Gi' })) },
        '4.0 CPU and 2Gi',
        'asks for 1 CPU and 3Gi',
        'environment.loki.memory',
      ),
      failed('no CPU is left', { pods: list(pod({ cpu: '3900m' })) }, '0.1 CPU', 'add a node'),
      met('what is rolled out counts as free', { pods: list(pod({ memory: '6Gi' }, release)) }, '8Gi'),
      met('what is over counts as free', { pods: list(pod({ memory: '6Gi' }, { status: { phase: 'Succeeded' } })) }, '8Gi'),
      failed('a cordoned node has no room', { nodes: list(node('k8s-1', {}, { spec: { unschedulable: true } })) }, '0.0 CPU'),
      unreadable('a quantity that is none', { pods: list(pod({ memory: 'plenty' })) }, 'it is no quantity'),
    ],
    ['pods'],
  ),
  table(
    hostPathIsAdmitted('monitoring'),
    { found: object({ labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } }) },
    'privileged',
    [
      met('nothing is enforced', { found: object({}) }, 'no pod-security level'),
      failed(
        "Talos' default",
        { found: object({ labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } }) },
        'pod security "baseline"',
        'hostPath',
        'label namespace monitoring in Git',
      ),
      failed('no namespace', { found: absent }, 'no namespace monitoring', 'privileged'),
    ],
  ),
];
