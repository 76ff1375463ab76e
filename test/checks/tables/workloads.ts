import { nothingRestarts } from '#checks/restarts.ts';
import { daemonSetCoversNodes, deploymentIsAvailable, statefulSetIsRolledOut, workloadsAreRolledOut } from '#checks/workloads.ts';
import { absent, failed, list, met, minutesAgo, object, pending, table, unreadable } from '../support.ts';

const template = { spec: { containers: [] } };
const statefulSetOf = (status: Record<string, unknown>, spec: Record<string, unknown> = {}) => ({
  name: 'loki',
  generation: 2,
  spec: { replicas: 1, template, ...spec },
  status: { observedGeneration: 2, readyReplicas: 1, updatedReplicas: 1, currentRevision: 'b', updateRevision: 'b', ...status },
});
const statefulSet = (...args: Parameters<typeof statefulSetOf>) => object(statefulSetOf(...args));
const deploymentOf = (status: Record<string, unknown>, spec: Record<string, unknown> = {}) => ({
  name: 'loki-gateway',
  generation: 2,
  spec: { replicas: 1, template, ...spec },
  status: { observedGeneration: 2, updatedReplicas: 1, availableReplicas: 1, ...status },
});
const deployment = (...args: Parameters<typeof deploymentOf>) => object(deploymentOf(...args));
const daemonSet = (status: Record<string, number>) =>
  object({
    generation: 2,
    status: { observedGeneration: 2, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2, ...status },
  });
const node = (name: string, spec: Record<string, unknown> = {}) => ({ name, spec, status: {} });
const tainted = { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] };
const late = {
  conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out progressing' }],
};

const pod = (container: Record<string, unknown>, status: Record<string, unknown> = {}) => ({
  name: 'loki-0',
  spec: { containers: [{ name: 'loki', resources: { limits: { memory: '256Mi' } } }] },
  status: { phase: 'Running', containerStatuses: [{ name: 'loki', restartCount: 0, state: { running: {} }, ...container }], ...status },
});
const ended = (reason: string, minutes: number, exitCode = 137) => ({ terminated: { reason, exitCode, finishedAt: minutesAgo(minutes) } });
const runs = (minutes: number) => ({ state: { running: { startedAt: minutesAgo(minutes) } } });
/** Of an earlier life that began and ended so many minutes ago. */
const lived = (began: number, over: number) => ({
  terminated: { reason: 'Error', exitCode: 1, startedAt: minutesAgo(began), finishedAt: minutesAgo(over) },
});
const waiting = (reason: string, message = '') => ({ state: { waiting: { reason, message } } });
const unscheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes: Insufficient memory' };

/** Of generation 2, and since when it is at work, in minutes. */
const release = (observedGeneration: number, lastAttemptedGeneration: number, ready: string, minutes = 0) =>
  object({
    generation: 2,
    status: {
      observedGeneration,
      lastAttemptedGeneration,
      conditions: [{ type: 'Ready', status: ready, lastTransitionTime: minutesAgo(minutes) }],
    },
  });
const crashedPod = pod({ restartCount: 3, ...waiting('CrashLoopBackOff', 'back-off 5m0s'), lastState: ended('Error', 2, 1) });
const crashed = list(crashedPod);

export default [
  table(
    statefulSetIsRolledOut({ id: 'loki.rolled-out', namespace: 'monitoring', name: 'loki' }),
    { found: statefulSet({}) },
    '1 of 1 ready',
    [
      pending('not there', { found: absent }, 'StatefulSet monitoring/loki is not there', 'kubectl get statefulset -n monitoring'),
      pending('not seen yet', { found: statefulSet({ observedGeneration: 1 }) }, 'newest generation'),
      pending(
        'ready, at the old revision',
        { found: statefulSet({ currentRevision: 'a' }) },
        'revision a, to become b',
        'kubectl describe statefulset',
      ),
      pending('not ready', { found: statefulSet({ readyReplicas: 0 }) }, '0 of 1 ready'),
      failed(
        'scaled to nothing',
        { found: statefulSet({ readyReplicas: 0, updatedReplicas: 0 }, { replicas: 0 }) },
        'scaled to 0',
        'kubectl scale',
      ),
    ],
  ),
  table(
    workloadsAreRolledOut({ id: 'airflow.rolled-out', namespace: 'airflow', selector: 'release=airflow', setting: 'environment.airflow' }),
    { deployments: list(deploymentOf({})), sets: list(statefulSetOf({})) },
    '2 of 2 run the newest template',
    [
      met(
        'one is scaled to nothing on purpose',
        { sets: list(statefulSetOf({ readyReplicas: 0 }, { replicas: 0 })) },
        '1 of 1 run the newest template',
      ),
      met('no StatefulSet', { sets: list() }, '1 of 1'),
      failed(
        'nothing has the labels',
        { deployments: list(), sets: list() },
        'no workload has these labels',
        'name the right one in environment.airflow (helm list --all-namespaces)',
      ),
      pending(
        'all are scaled to nothing',
        { deployments: list(), sets: list(statefulSetOf({ readyReplicas: 0 }, { replicas: 0 })) },
        'all of them are scaled to 0',
        'kubectl get deployments,statefulsets',
      ),
      pending('a pod is starting', { deployments: list(deploymentOf({ availableReplicas: 0 })) }, 'loki-gateway: 0 of 1 available'),
      pending('a set is behind', { sets: list(statefulSetOf({ updatedReplicas: 0 })) }, 'loki: 1 of 1 ready, 0 updated'),
      failed(
        'one is late, another starting',
        { deployments: list(deploymentOf({ availableReplicas: 0 }), deploymentOf({ availableReplicas: 0, ...late })) },
        'loki-gateway: 0 of 1 available',
        'timed out progressing',
      ),
    ],
    ['deployments', 'sets'],
  ),
  table(
    deploymentIsAvailable({ id: 'loki.gateway-available', namespace: 'monitoring', name: 'loki-gateway' }),
    { found: deployment({}) },
    '1 of 1 available',
    [
      pending('not there', { found: absent }, 'Deployment monitoring/loki-gateway is not there'),
      pending('not updated', { found: deployment({ updatedReplicas: 0 }) }, '0 run the newest template', 'kubectl describe deployment'),
      failed(
        'past its deadline',
        { found: deployment({ availableReplicas: 0, ...late }) },
        'timed out progressing',
        'monitoring loki-gateway',
      ),
      pending('past its deadline before the newest commit', { found: deployment({ observedGeneration: 1, ...late }) }, 'newest generation'),
      failed(
        'scaled to nothing',
        { found: deployment({ availableReplicas: 0, updatedReplicas: 0 }, { replicas: 0 }) },
        'scaled to 0',
        'kubectl scale',
      ),
    ],
  ),
  table(
    daemonSetCoversNodes({ id: 'alloy.on-every-node', namespace: 'monitoring', name: 'alloy' }),
    { found: daemonSet({}), nodes: list(node('k8s-1'), node('k8s-2')) },
    '2 of 2 available, 2 nodes',
    [
      pending('not there', { found: absent }, 'DaemonSet monitoring/alloy is not there'),
      pending('not seen yet', { found: daemonSet({ observedGeneration: 1 }) }, 'newest generation'),
      pending(
        'hostPath refused: desired, none current',
        { found: daemonSet({ numberAvailable: 0 }) },
        '0 of 2',
        'kubectl describe daemonset',
      ),
      pending('an old pod is left', { found: daemonSet({ updatedNumberScheduled: 1 }) }, '1 run the newest template'),
      failed(
        'a tainted node is left out',
        { nodes: list(node('k8s-1'), node('k8s-2'), node('k8s-3', tainted)) },
        '2 of 2 available, 3 nodes',
        'k8s-3 has node-role.kubernetes.io/control-plane:NoSchedule',
        'controller.tolerations in environment.alloy.values',
      ),
      failed(
        'a selector leaves one out',
        { nodes: list(node('1'), node('2'), node('3')) },
        'meant for 2 nodes only',
        'controller.nodeSelector',
      ),
    ],
  ),
  table(
    nothingRestarts({
      id: 'loki.no-restarts',
      namespace: 'monitoring',
      selector: 'a=b',
      what: 'Loki',
      setting: 'environment.loki.memory.limit',
      release: { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', namespace: 'monitoring', name: 'loki' },
      after: 'flux.loki-applied',
    }),
    { pods: list(pod({})), found: release(2, 2, 'True') },
    '1 pod, 0 restarts',
    [
      failed(
        'Ready between two OOM kills',
        { pods: list(pod({ ready: true, restartCount: 124, lastState: ended('OOMKilled', 3) })) },
        'Pod monitoring/loki-0: container loki was OOMKilled, 124 restarts',
        'its memory limit is 256Mi',
        'raise environment.loki.memory.limit',
      ),
      failed(
        'killed just now, after another end before',
        { pods: list(pod({ restartCount: 2, state: ended('OOMKilled', 0), lastState: ended('Error', 5, 1) })) },
        'OOMKilled',
        'environment.loki.memory.limit',
      ),
      failed(
        'the worst of several is told',
        { pods: list(pod({ restartCount: 1, lastState: ended('Error', 1) }), pod({ lastState: ended('OOMKilled', 1) })) },
        'OOMKilled',
      ),
      failed(
        'a configuration that Loki refuses',
        { pods: list(pod({ restartCount: 3, ...waiting('CrashLoopBackOff', 'back-off 5m0s'), lastState: ended('Error', 2, 1) })) },
        'CrashLoopBackOff',
        'exit code 1: Error',
        'kubectl logs -n monitoring loki-0 -c loki --previous',
      ),
      pending(
        'it ended twice, and is tried again',
        { pods: list(pod({ ...waiting('CrashLoopBackOff', 'back-off 20s'), restartCount: 2, lastState: ended('Error', 2, 1) })) },
        'CrashLoopBackOff, 2 restarts',
        'exit code 1: Error',
        'kubectl logs -n monitoring loki-0 -c loki --previous',
      ),
      failed('no such image', { pods: list(pod(waiting('ImagePullBackOff', 'not found'))) }, 'ImagePullBackOff', 'not found', 'kubectl'),
      pending(
        'a Secret is missing',
        { pods: list(pod(waiting('CreateContainerConfigError', 'secret "loki-s3-credentials" not found'))) },
        'CreateContainerConfigError',
        'secret "loki-s3-credentials" not found',
        'kubectl describe pod -n monitoring loki-0',
      ),
      pending("a volume can't be mounted", { pods: list(pod(waiting('ContainerCreating'))) }, 'ContainerCreating', 'FailedMount'),
      pending(
        'no node has room',
        { pods: list(pod({}, { conditions: [unscheduled] })) },
        'finds no node: Unschedulable',
        'Insufficient memory',
      ),
      pending(
        'restarted lately',
        { pods: list(pod({ restartCount: 1, lastState: ended('Error', 2, 1) })) },
        'restarted 120 s ago',
        'exit code 1',
      ),
      met(
        'restarted long ago',
        { pods: list(pod({ restartCount: 1, lastState: ended('OOMKilled', 90) })) },
        '1 restarts, none of them lately',
      ),
      met(
        'it ended at its start, and has outlived that',
        { pods: list(pod({ restartCount: 2, ...runs(2), lastState: lived(3, 2.9) })) },
        '2 restarts, none of them lately',
      ),
      pending(
        'it ended later than it runs by now',
        { pods: list(pod({ restartCount: 1, ...runs(4), lastState: lived(9, 5) })) },
        'restarted 300 s ago',
      ),
      pending(
        'it has just begun again',
        { pods: list(pod({ restartCount: 1, ...runs(0.5), lastState: lived(1, 0.9) })) },
        'restarted 54 s ago',
      ),
      pending(
        'it ends again and again',
        { pods: list(pod({ restartCount: 3, ...runs(2), lastState: lived(3, 2.9) })) },
        'restarted 174 s ago',
      ),
      met('restarted ten minutes ago', { pods: list(pod({ restartCount: 1, lastState: ended('Error', 10, 1) })) }, 'none of them lately'),
      pending('no pods', { pods: list() }, 'there are no pods', 'a=b'),
      pending(
        'it crashed before the newest values were tried',
        { pods: crashed, found: release(1, 1, 'False') },
        'CrashLoopBackOff',
        'HelmRelease monitoring/loki is at work on newer values',
        'exit code 1',
      ),
      pending(
        'it crashed before the newest attempt began',
        { pods: crashed, found: release(1, 2, 'Unknown', 1) },
        'is at work on newer values',
      ),
      failed(
        'it crashed at once, and was made by the newest attempt',
        { pods: list({ ...crashedPod, creationTimestamp: minutesAgo(2) }), found: release(1, 2, 'Unknown', 2) },
        'CrashLoopBackOff',
      ),
      failed(
        'it crashed during the newest attempt',
        { pods: crashed, found: release(1, 2, 'Unknown', 5) },
        'CrashLoopBackOff',
        'exit code 1',
      ),
      failed('it crashed, and the newest attempt is over', { pods: crashed, found: release(1, 2, 'False', 1) }, 'CrashLoopBackOff'),
      failed('it crashes, and nobody knows its release', { pods: crashed, found: absent }, 'CrashLoopBackOff'),
      unreadable('a release that is none', { found: object({ status: { conditions: 'none' } }) }, 'conditions'),
      unreadable('a time that is none', { pods: list(pod({ lastState: { terminated: { finishedAt: 'soon' } } })) }, 'it is no time'),
    ],
    ['found'],
  ),
];
