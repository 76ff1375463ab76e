import { claimsAreBound, podsAreAdmitted, podsFitNodes } from '#checks/pods.ts';
import { absent, failed, list, met, minutesAgo, object, pending, table } from '../support.ts';

const DAEMON_SET = { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'monitoring', name: 'alloy' };
const STATEFUL_SET = { ...DAEMON_SET, kind: 'StatefulSet', name: 'loki' };
const daemonSet = (desiredNumberScheduled: number, currentNumberScheduled: number) =>
  object({ name: 'alloy', status: { desiredNumberScheduled, currentNumberScheduled } });
const statefulSet = (replicas: number | undefined, made: number) =>
  object({ name: 'loki', spec: { replicas }, status: { replicas: made } });
const event = (kind: string, name: string, reason: string, message: string, minutes = 0.5) => ({
  name: `${name}.${minutes}`,
  involvedObject: { kind, name },
  reason,
  message,
  lastTimestamp: minutesAgo(minutes),
});
const HOST_PATH = 'pods "alloy-" is forbidden: violates PodSecurity "baseline:latest": hostPath volumes (volume "varlog")';
const QUOTA = 'pods "alloy-" is forbidden: exceeded quota: compute, requested: requests.memory=256Mi';
const refused = (message: string, minutes?: number) => event('DaemonSet', 'alloy', 'FailedCreate', message, minutes);
const none = { found: daemonSet(3, 0) };

const pod = (scheduled: Record<string, string>, memory = '1Gi', name = 'loki-0') => ({
  name,
  spec: {
    containers: [
      { name: 'loki', resources: { requests: { memory } } },
      { name: 'rules', resources: {} },
    ],
  },
  status: { conditions: [{ type: 'PodScheduled', status: 'True', ...scheduled }] },
});
const unfit = (message: string) => ({ status: 'False', reason: 'Unschedulable', message });
const node = (memory: string) => ({ name: 'k8s', status: { allocatable: { memory } } });

const claim = (phase: string, spec: Record<string, unknown> = {}, name = 'storage-loki-0') => ({
  name,
  spec: { storageClassName: 'ceph-block', ...spec },
  status: { phase },
});
const waits = event('PersistentVolumeClaim', 'storage-loki-0', 'ExternalProvisioning', 'Waiting for a volume to be created', 2);

export default [
  table(
    podsAreAdmitted('alloy.pods-admitted', DAEMON_SET, 'flux.alloy-applied'),
    { found: daemonSet(3, 3), events: list() },
    '3 of 3 pods made',
    [
      pending('not there yet', { found: absent }, 'DaemonSet monitoring/alloy is not there', 'kubectl get daemonset -n monitoring'),
      pending('not made yet', none, '0 of 3', 'has not made the others yet', 'kubectl describe daemonset -n monitoring alloy'),
      failed(
        'hostPath is refused: desired, none current',
        { ...none, events: list(refused(HOST_PATH)) },
        '0 of 3 pods made',
        'DaemonSet monitoring/alloy: pods "alloy-" is forbidden',
        'kubectl label namespace monitoring pod-security.kubernetes.io/enforce=privileged',
      ),
      failed(
        'a quota',
        { ...none, events: list(refused(QUOTA)) },
        'exceeded quota: compute',
        'kubectl get resourcequota -n monitoring',
        'environment.loki.memory',
      ),
      failed(
        'a webhook',
        { ...none, events: list(refused('admission webhook "x" denied the request')) },
        'webhook "x"',
        'kubectl get events -n monitoring',
      ),
      failed(
        'the newest tells',
        { ...none, events: list(refused(HOST_PATH, 0.9), refused(QUOTA, 0.1), refused(HOST_PATH, 0.5)) },
        'exceeded quota',
      ),
      failed(
        'without a last time',
        { ...none, events: list({ ...refused(QUOTA), lastTimestamp: null, eventTime: minutesAgo(0.1) }) },
        'exceeded quota',
      ),
      failed('without any time', { ...none, events: list({ ...refused(QUOTA), lastTimestamp: null }) }, 'exceeded quota'),
      pending('that was a while ago', { ...none, events: list(refused(HOST_PATH, 1.1)) }, 'hostPath volumes', 'kubectl label namespace'),
      met('it was, and is not any more', { events: list(refused(HOST_PATH)) }),
      pending(
        'another workload is refused',
        { ...none, events: list(event('DaemonSet', 'canary', 'FailedCreate', HOST_PATH)) },
        'has not made',
      ),
      pending('a workload of another kind', { ...none, events: list(event('Job', 'alloy', 'FailedCreate', HOST_PATH)) }, 'has not made'),
      pending('another event', { ...none, events: list(event('DaemonSet', 'alloy', 'FailedDaemonPod', 'it failed')) }, 'has not made'),
    ],
    ['events'],
  ),
  table(
    podsAreAdmitted('loki.pods-admitted', STATEFUL_SET, 'flux.loki-applied'),
    { found: statefulSet(undefined, 1), events: list() },
    '1 of 1',
    [pending('the second waits for the first', { found: statefulSet(2, 1) }, '1 of 2')],
    ['events'],
  ),
  table(
    podsFitNodes('loki.pods-fit', 'monitoring', 'a=b', 'environment.loki.memory.request', 'flux.loki-applied'),
    { pods: list(pod({}), pod({}, '4Gi', 'loki-1')), nodes: list(node('8Gi'), node('4Gi')) },
    '2 pods, none waits',
    [
      failed(
        'it asks for more than any node has',
        { pods: list(pod(unfit('0/2 nodes are available: 2 Insufficient memory.'), '9Gi')) },
        'Pod monitoring/loki-0 finds no node',
        'Unschedulable: 0/2 nodes are available: 2 Insufficient memory.',
        'asks for 9Gi, and the largest node has 8Gi',
        'lower environment.loki.memory.request; kubectl describe pod -n monitoring loki-0',
      ),
      pending(
        'there is no room now',
        { pods: list(pod(unfit('2 Insufficient memory.'), '8Gi')) },
        'finds no node',
        '2 Insufficient memory',
        'add a node',
      ),
      failed(
        'of several, the hopeless one is told',
        { pods: list(pod(unfit('x')), pod(unfit('y'), '9Gi', 'loki-1')) },
        'Pod monitoring/loki-1 finds no node',
      ),
      met('not looked at yet', { pods: list({ ...pod({}), status: {} }) }),
      failed('no node', { pods: list(pod(unfit('no nodes available'))), nodes: list() }, 'largest node has 0B'),
    ],
    ['pods', 'nodes'],
  ),
  table(
    claimsAreBound('loki.claim-bound', 'monitoring', ['storage-loki-0'], 'flux.loki-applied'),
    {
      claims: list(claim('Bound'), claim('Pending', {}, 'other')),
      classes: list({ name: 'ceph-block', provisioner: 'rbd.csi' }),
      events: list(waits),
    },
    '1 Bound',
    [
      pending(
        'not there yet',
        { claims: list() },
        'PersistentVolumeClaim monitoring/storage-loki-0 is not there',
        'kubectl get pvc -n monitoring',
      ),
      pending(
        'nobody provisions it',
        { claims: list(claim('Pending')) },
        'PersistentVolumeClaim monitoring/storage-loki-0 is Pending',
        'ExternalProvisioning: Waiting for a volume',
        'StorageClass ceph-block is provisioned by rbd.csi',
        'kubectl describe pvc -n monitoring storage-loki-0',
      ),
      pending(
        'nobody says anything',
        { claims: list(claim('Pending')), events: list({ ...waits, involvedObject: { kind: 'Pod', name: 'storage-loki-0' } }) },
        'is provisioned by rbd.csi',
      ),
      pending(
        'the newest event tells',
        {
          claims: list(claim('Pending')),
          events: list(waits, event('PersistentVolumeClaim', 'storage-loki-0', 'ProvisioningFailed', 'pool not found', 1)),
        },
        'ProvisioningFailed: pool not found',
      ),
      failed(
        'no such class',
        { claims: list(claim('Pending')), classes: list() },
        'asks for StorageClass ceph-block, which is not there',
        'is Pending',
        'environment.loki.persistence.storageClass',
      ),
      pending('without a class, by intent', { claims: list(claim('Pending', { storageClassName: '' })) }, 'is Pending'),
      pending('without a class yet', { claims: list(claim('Pending', { storageClassName: undefined })) }, 'is Pending'),
      failed(
        'its volume is gone',
        { claims: list(claim('Lost', { volumeName: 'pvc-1' })) },
        'is Lost',
        'its volume pvc-1 is gone',
        'kubectl describe pvc',
      ),
    ],
    ['classes', 'events'],
  ),
];
