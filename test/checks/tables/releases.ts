import { noPodIsStuck } from '#checks/releases.ts';
import { failed, list, met, minutesAgo, NOW, pending, table, unreadable } from '../support.ts';

const RELEASE = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', namespace: 'monitoring', name: 'loki' };

const set = (status: Record<string, unknown> = {}, rest: Record<string, unknown> = {}, spec: Record<string, unknown> = {}) => ({
  name: 'loki',
  generation: 3,
  spec: { template: { spec: { containers: [] } }, ...spec },
  // After a revert: the revision of before is the current one and the wanted one, and the pod has neither.
  status: { observedGeneration: 3, currentRevision: 'loki-good', updateRevision: 'loki-good', ...status },
  ...rest,
});
const unready = (minutes: number) => ({
  type: 'Ready',
  status: 'False',
  reason: 'ContainersNotReady',
  message: 'containers with unready status: [loki]',
  lastTransitionTime: minutesAgo(minutes),
});
const ready = { ...unready(5), status: 'True', reason: '', message: '' };
const pod = (revision: string, conditions: readonly unknown[], rest: Record<string, unknown> = {}, state: unknown = {}) => ({
  name: 'loki-0',
  labels: { 'controller-revision-hash': revision },
  ownerReferences: [{ kind: 'StatefulSet', name: 'loki' }],
  creationTimestamp: minutesAgo(5),
  spec: { containers: [] },
  status: { conditions, containerStatuses: [{ name: 'loki', state }] },
  ...rest,
});
const stuck = pod('loki-bad', [unready(5)]);
const starting = (reason: string) => pod('loki-bad', [unready(0)], {}, { waiting: { reason, message: 'back-off 10s' } });
const second = { ...stuck, name: 'loki-1' };

export default [
  table(
    noPodIsStuck('loki.no-stuck-pod', RELEASE, 'app.kubernetes.io/instance=loki'),
    { sets: list(set()), pods: list(pod('loki-good', [ready])) },
    '1 waits for none',
    [
      failed(
        'a bad commit was reverted, and its pod is still there',
        { pods: list(stuck) },
        'Pod monitoring/loki-0 has revision loki-bad, wanted is loki-good, and it is not ready',
        'StatefulSet monitoring/loki waits for it: it does not replace a pod that never became ready',
        'https://github.com/kubernetes/kubernetes/issues/67250',
        'https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback',
        'containers with unready status: [loki]',
        'kubectl delete pod -n monitoring loki-0 && flux reconcile helmrelease -n monitoring loki --reset',
      ),
      failed(
        'a bad commit was followed by another',
        { sets: list(set({ updateRevision: 'loki-next' })), pods: list(stuck) },
        'has revision loki-bad, wanted is loki-next',
        'kubectl delete pod',
      ),
      failed('all that are stuck are named', { pods: list(stuck, second) }, 'loki-0', 'kubectl delete pod -n monitoring loki-0 loki-1 &&'),
      failed(
        'it crashes: no need to wait',
        { pods: list(starting('CrashLoopBackOff')) },
        'container loki: CrashLoopBackOff back-off 10s',
        'kubectl',
      ),
      failed(
        'no node has room for it',
        {
          pods: list(pod('loki-bad', [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'Insufficient memory' }])),
        },
        'Unschedulable: Insufficient memory',
        'kubectl',
      ),
      pending('it has just started', { pods: list(starting('ContainerCreating')) }, 'wanted is loki-good', 'replaced when it is ready'),
      pending('it runs, and may become ready yet', { pods: list(pod('loki-bad', [unready(0.5)])) }, 'nothing yet'),
      met('it is of the wanted revision and not ready yet', { pods: list(pod('loki-good', [unready(5)])) }),
      failed(
        'it has another owner beside',
        { pods: list({ ...stuck, ownerReferences: [{ kind: 'Other', name: 'loki' }, ...stuck.ownerReferences] }) },
        'kubectl delete pod',
      ),
      met('it is old and ready: it is replaced', { pods: list(pod('loki-bad', [ready])) }),
      met('it is going', { pods: list({ ...stuck, deletionTimestamp: NOW.toISOString() }) }),
      met('its node is lost: nobody knows', { pods: list(pod('loki-bad', [{ ...ready, status: 'Unknown' }])) }),
      met('the newest generation has not been seen', { sets: list(set({ observedGeneration: 2 })), pods: list(stuck) }),
      met('no revision is known yet', { sets: list(set({ updateRevision: '' })), pods: list(stuck) }),
      met('all at once are replaced', { sets: list(set({}, {}, { podManagementPolicy: 'Parallel' })), pods: list(stuck) }),
      met("it is another's", { pods: list({ ...stuck, ownerReferences: [{ kind: 'StatefulSet', name: 'loki-chunks-cache' }] }) }),
      met('several', { sets: list(set(), set({}, { name: 'loki-chunks-cache' })) }, '2 wait for none'),
      pending('nothing is there yet', { sets: list(), pods: list() }, 'no StatefulSet is there', 'app.kubernetes.io/instance=loki'),
      unreadable('labels that are none', { pods: list({ ...stuck, labels: { 'controller-revision-hash': 1 } }) }, 'pods in monitoring'),
    ],
    ['pods'],
  ),
];
