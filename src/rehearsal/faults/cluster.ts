import type { Manifest } from '#model/kubernetes.ts';
import { container, object, workload } from '../build.ts';
import { WITHDRAWN } from '../controllers/withdrawn.ts';
import { dataOf } from '../tree.ts';
import type { World } from '../world.ts';
import { type Fault, inObject, lokiPodWith, standing } from './fault.ts';

const API_SERVER = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'rehearsal', name: 'api-server' };
const AN_HOUR = 3_600_000;
/** Real milliseconds. */
const OUTAGE = 1_500;

/** Nodes, namespaces, claims, and what the API server does. */
export const CLUSTER: readonly Fault[] = [
  {
    name: 'node-not-ready',
    description: 'the kubelet of k8s-3 has not been heard of for an hour',
    phase: 0,
    check: 'cluster.nodes-ready',
    says: ['2 of 3 nodes Ready', 'k8s-3 is not Ready: Kubelet stopped posting node status.', 'kubectl describe node k8s-3'],
    remedy: 'the node is back',
    ...inObject('Node', 'k8s-3', ({ status }) => {
      const [ready] = status.conditions;
      ready.lastTransitionTime = new Date(Date.parse(ready.lastTransitionTime) - AN_HOUR).toISOString();
      Object.assign(ready, { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' });
    }),
  },
  {
    name: 'nodes-full',
    description: 'a batch job of others requests nearly all memory: 288Gi in total, and next to nothing of it free',
    phase: 0,
    check: 'cluster.capacity',
    says: ['are not requested', 'the rollout asks for 1 CPU', 'k8s-1:', 'environment.loki.memory'],
    remedy: 'the batch job is over',
    strike: standing(() => {
      const resources = { requests: { cpu: '1', memory: '95Gi' } };
      return workload('Deployment', 'default/batch', { app: 'batch' }, container('batch', 'batch:1', { resources }), {}, { replicas: 3 });
    }),
  },
  {
    name: 'quota-too-small',
    description: 'a quota of namespace monitoring leaves next to no memory',
    phase: 0,
    check: 'cluster.quota',
    says: ['ResourceQuota monitoring/compute leaves too little', 'requests.memory', 'spec.hard'],
    remedy: 'the quota is gone',
    strike: quota('5Gi'),
  },
  {
    name: 'psa-blocks-hostpath',
    description:
      'pod security of namespace monitoring refuses host paths, as is the default on Talos; from phase 3 on it refuses the pods themselves',
    phase: 0,
    check: 'cluster.host-path-admitted',
    says: ['pod security "baseline" is enforced', 'hostPath', 'pod-security.kubernetes.io/enforce: privileged'],
    remedy: 'the namespace admits privileged pods again, and the DaemonSet makes its pods',
    ...inObject('Namespace', 'monitoring', ({ metadata }) => {
      metadata.labels['pod-security.kubernetes.io/enforce'] = 'baseline';
    }),
  },
  {
    name: 'quota-exceeded',
    description: "namespace monitoring gets a quota after it was looked at: Alloy's pods are never made",
    phase: 3,
    check: 'alloy.pods-admitted',
    says: ['0 of 3 pods made', 'exceeded quota: compute', 'kubectl get resourcequota -n monitoring'],
    remedy: 'the quota is gone, and the DaemonSet makes its pods',
    strike: quota('5Gi'),
  },
  {
    name: 'tainted-node',
    description: 'k8s-3 has a taint that Alloy does not tolerate: two of three nodes are covered, and everything on them is green',
    phase: 3,
    check: 'alloy.on-every-node',
    says: ['2 of 2 available, 3 nodes', 'k8s-3 has example.org/dedicated:NoSchedule', 'controller.tolerations'],
    remedy: 'the taint goes',
    settings: { 'alloy.values.controller.tolerations': [] },
    ...inObject('Node', 'k8s-3', ({ spec }) => {
      spec.taints = [{ key: 'example.org/dedicated', effect: 'NoSchedule' }];
    }),
  },
  {
    name: 'storage-class-missing',
    description: "the StorageClass of Loki's volume is not there",
    phase: 0,
    check: 'storage.class-exists',
    says: ['there is no StorageClass ceph-block', 'environment.loki.persistence.storageClass'],
    remedy: 'it is made again',
    strike({ store }) {
      const storageClass = store.get({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name: 'ceph-block' }) as Manifest;
      store.remove({ ...storageClass, ...storageClass.metadata });
      return () => void store.put(storageClass);
    },
  },
  {
    name: 'claim-pending',
    description: "nobody answers to the provisioner of the StorageClass of Loki's volume: its claim would wait for ever",
    phase: 0,
    check: 'storage.class-exists',
    says: ['rook-ceph.rbd.csi.ceph.com', 'no such driver is installed', 'Pending for ever'],
    remedy: 'it names the provisioner that there is',
    ...inObject('StorageClass', 'ceph-block', (storageClass) => {
      storageClass.provisioner = 'rook-ceph.rbd.csi.ceph.com';
    }),
  },
  {
    name: 'unschedulable',
    description: "a mutating policy lets Loki's pod ask for more memory than any node has",
    phase: 2,
    check: 'loki.pods-fit',
    says: [
      'Pod monitoring/loki-0 finds no node',
      '0/3 nodes are available: 3 Insufficient memory',
      'asks for 200Gi',
      'environment.loki.memory',
    ],
    remedy: 'the policy goes, and the pod is replaced by one that asks for what the values say',
    ...lokiPodWith('200Gi'),
  },
  {
    name: 'image-missing',
    description: "Loki's image is not in its registry any more",
    phase: 2,
    check: 'loki.no-restarts',
    says: ['Pod monitoring/loki-0', 'ImagePullBackOff', 'docker.io/grafana/loki:', 'not found'],
    remedy: 'the registry has it again',
    strike: withdrawn('docker.io/grafana/loki:'),
  },
  {
    name: 'clock-off',
    description: "the clock of the API server's machine is an hour ahead",
    phase: 0,
    check: 'cluster.clock-agrees',
    says: ['s apart', 'here it is', 'NTP'],
    remedy: 'its clock is set',
    strike: apiServer({ clockAheadMilliseconds: String(AN_HOUR) }),
  },
  {
    name: 'api-flap',
    description: `the API server is down for ${OUTAGE / 1000} s: connections break off and are refused`,
    phase: 2,
    check: 'none',
    says: [],
    remedy: 'it comes back by itself, and the fault goes with it',
    heals: true,
    strike(world) {
      const undo = apiServer({ down: 'true' })(world);
      const end = () => world.store.remove({ ...API_SERVER, name: 'fault-api-flap' });
      const timer = setTimeout(end, OUTAGE);
      return () => {
        clearTimeout(timer);
        undo();
      };
    },
  },
];

/** What registries and chart repositories do not have any more, by the beginning of its name. */
export function withdrawn(beginning: string): (world: World) => () => void {
  return standing(() => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: WITHDRAWN, data: { beginning } }));
}

function quota(memory: string): (world: World) => () => void {
  return standing(() => object('v1', 'ResourceQuota', 'monitoring/compute', { spec: { hard: { 'requests.memory': memory } } }));
}

function apiServer(data: Readonly<Record<string, string>>): (world: World) => () => void {
  return standing((world) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: API_SERVER.namespace, name: API_SERVER.name },
    data: { ...dataOf(world.store.get(API_SERVER)), ...data },
  }));
}
