import type * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { DaemonSet, Deployment, type DeploymentObject, findCondition, Node, Pod, StatefulSet } from './objects.ts';
import { readList, readObject } from './reads.ts';

interface Workload {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** Ids of checks that come first: before them it says nothing, since it is still what it was before a change. */
  readonly after?: readonly string[];
}

/** Rolled out at the current revision, not merely "3 ready": https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#rolling-updates */
export const statefulSetIsRolledOut = ({ id, namespace, name, after }: Workload): Check =>
  check({
    id,
    title: `StatefulSet ${namespace}/${name} is rolled out`,
    holds: 'always',
    ...(after === undefined ? {} : { after }),
    reads: { found: readObject({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name }, StatefulSet) },
    judge: ({ found }) => {
      if (found === undefined) return missing('StatefulSet', namespace, name);
      const { status, spec, metadata } = found;
      if (status.observedGeneration < metadata.generation)
        return pending('its controller has not seen the newest generation', [], 'nothing yet');
      const ready = `${status.readyReplicas} of ${spec.replicas} ready, ${status.updatedReplicas} updated`;
      if (spec.replicas === 0) return scaledToNothing('StatefulSet', namespace, name);
      const done =
        status.readyReplicas === spec.replicas &&
        status.updatedReplicas === spec.replicas &&
        status.currentRevision === status.updateRevision;
      return done
        ? met(ready)
        : pending(
            ready,
            [`revision ${status.currentRevision || 'none'}, to become ${status.updateRevision || 'unknown'}`],
            describe('statefulset', namespace, name),
          );
    },
  });

export const deploymentIsAvailable = ({ id, namespace, name }: Workload): Check =>
  check({
    id,
    title: `Deployment ${namespace}/${name} is available`,
    holds: 'always',
    reads: { found: readObject({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name }, Deployment) },
    judge: ({ found }) => (found === undefined ? missing('Deployment', namespace, name) : judgeDeployment(found)),
  });

/** On every node that takes pods: a tainted node that is left out has no logs. */
export const daemonSetCoversNodes = ({ id, namespace, name, after }: Workload): Check =>
  check({
    id,
    title: `DaemonSet ${namespace}/${name} runs on every node`,
    holds: 'always',
    ...(after === undefined ? {} : { after }),
    reads: {
      found: readObject({ apiVersion: 'apps/v1', kind: 'DaemonSet', namespace, name }, DaemonSet),
      nodes: readList({ group: '', version: 'v1', resource: 'nodes' }, Node),
    },
    judge: ({ found, nodes = [] }) => {
      if (found === undefined) return missing('DaemonSet', namespace, name);
      const { status, metadata } = found;
      const saw = `${status.numberAvailable} of ${status.desiredNumberScheduled} available, ${nodes.length} nodes`;
      if (status.observedGeneration < metadata.generation)
        return pending('its controller has not seen the newest generation', [], 'nothing yet');
      if (nodes.length === 0) return pending(saw, ['the API server lists no node'], 'kubectl get nodes');
      if (status.desiredNumberScheduled < nodes.length) {
        const tainted = nodes.filter(({ spec }) => spec.taints.length > 0).map((node) => taintsOf(node));
        return failed(
          saw,
          [`DaemonSet ${namespace}/${name} is meant for ${status.desiredNumberScheduled} nodes only`, ...tainted],
          tainted.length > 0
            ? 'tolerate the taints (controller.tolerations in environment.alloy.values), commit, and resume'
            : 'see its nodeSelector and affinity (controller.nodeSelector in environment.alloy.values)',
        );
      }
      const done =
        status.updatedNumberScheduled === status.desiredNumberScheduled && status.numberAvailable === status.desiredNumberScheduled;
      return done
        ? met(saw)
        : pending(saw, [`${status.updatedNumberScheduled} run the newest template`], describe('daemonset', namespace, name));
    },
  });

/** How long after a restart a container is not yet believed: Ready between two crashes is not quiet. */
const RECENT = 10 * 60_000;
const RECENT_OOM = 60 * 60_000;

/** No container was killed, restarts or hangs before its start: 124 restarts were once called done, because each look fell between two crashes. */
export const nothingRestarts = (options: { id: string; namespace: string; selector: string; what: string; setting: string }): Check =>
  check({
    id: options.id,
    title: `No container of ${options.what} is killed or restarts`,
    holds: 'always',
    reads: { pods: readList({ group: '', version: 'v1', resource: 'pods', namespace: options.namespace }, Pod, options.selector) },
    judge: ({ pods = [] }, now) => {
      const worst = pods
        .flatMap((pod) => troubleOf(pod, now, options.setting))
        .toSorted((a, b) => Number(b.state === 'failed') - Number(a.state === 'failed'))[0];
      if (worst !== undefined) return worst;
      if (pods.length === 0) return pending('there are no pods', [`no pod has the labels ${options.selector}`], 'nothing yet');
      const restarts = pods.flatMap(({ status }) => status.containerStatuses).reduce((sum, { restartCount }) => sum + restartCount, 0);
      return met(`${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}, ${restarts} restarts, none of them lately`);
    },
  });

function troubleOf(pod: Pod, now: Date, setting: string): Exclude<Verdict, { state: 'met' }>[] {
  const name = `Pod ${pod.metadata.namespace}/${pod.metadata.name}`;
  const events = `kubectl describe pod -n ${pod.metadata.namespace} ${pod.metadata.name}`;
  const scheduled = findCondition(pod.status.conditions, 'PodScheduled');
  if (scheduled?.status === 'False') return [pending(`${name} finds no node: ${scheduled.reason}`, [scheduled.message], events)];
  return pod.status.containerStatuses.flatMap((container) => {
    const last = container.state.terminated ?? container.lastState.terminated;
    const age = last?.finishedAt === undefined ? 0 : now.getTime() - Date.parse(last.finishedAt);
    const logs = `kubectl logs -n ${pod.metadata.namespace} ${pod.metadata.name} -c ${container.name} --previous`;
    const times = `${container.restartCount} restarts`;
    if (last?.reason === 'OOMKilled' && age < RECENT_OOM) {
      const memory = pod.spec.containers.find((one) => one.name === container.name)?.resources.limits.memory;
      return [
        failed(
          `${name}: container ${container.name} was OOMKilled, ${times}`,
          [
            `${name} is not stable`,
            `container ${container.name} was killed with exit code ${last.exitCode}: OOMKilled`,
            `its memory limit is ${memory ?? 'not set'}`,
          ],
          `raise ${setting}, commit, and resume; ${logs} shows what it did`,
        ),
      ];
    }
    const waiting = container.state.waiting;
    if (waiting?.reason === 'CrashLoopBackOff' || waiting?.reason === 'ImagePullBackOff' || waiting?.reason === 'ErrImagePull') {
      return [
        failed(
          `${name}: container ${container.name} is in ${waiting.reason}, ${times}`,
          [waiting.message || waiting.reason, ...(last === undefined ? [] : [`it ended with exit code ${last.exitCode}: ${last.reason}`])],
          logs,
        ),
      ];
    }
    if (waiting?.reason === 'CreateContainerConfigError' || waiting?.reason === 'ContainerCreating')
      return [
        pending(
          `${name}: container ${container.name} is not created yet: ${waiting.reason}`,
          [waiting.message],
          `${events} shows whether a Secret or ConfigMap that it names is missing, or a volume can't be mounted (FailedMount)`,
        ),
      ];
    if (container.restartCount > 0 && last !== undefined && age < RECENT) {
      return [
        pending(
          `${name}: container ${container.name} restarted ${Math.round(age / 1000)} s ago, ${times}`,
          [`it ended with exit code ${last.exitCode}: ${last.reason}`],
          logs,
        ),
      ];
    }
    return [];
  });
}

export function judgeDeployment({ metadata, spec, status }: DeploymentObject): Verdict {
  const saw = `${status.availableReplicas} of ${spec.replicas} available`;
  const progressing = findCondition(status.conditions, 'Progressing');
  // First, for a deadline that an older template missed says nothing about the newest.
  if (status.observedGeneration < metadata.generation)
    return pending('its controller has not seen the newest generation', [], 'nothing yet');
  if (spec.replicas === 0) return scaledToNothing('Deployment', metadata.namespace, metadata.name);
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return failed(saw, [progressing.message || progressing.reason], describe('deployment', metadata.namespace, metadata.name));
  const done = status.updatedReplicas === spec.replicas && status.availableReplicas === spec.replicas;
  return done
    ? met(saw)
    : pending(saw, [`${status.updatedReplicas} run the newest template`], describe('deployment', metadata.namespace, metadata.name));
}

function taintsOf({ metadata, spec }: v.InferOutput<typeof Node>): string {
  return `${metadata.name} has ${spec.taints.map(({ key, effect }) => `${key}:${effect}`).join(', ')}`;
}

function scaledToNothing(kind: string, namespace: string, name: string): Verdict {
  return failed(
    `${kind} ${namespace}/${name} is scaled to 0`,
    ['nobody runs it, and all of 0 are ready'],
    `see its replicas in the values of its HelmRelease; kubectl scale ${kind.toLowerCase()} -n ${namespace} ${name} --replicas=1 undoes a change by hand`,
  );
}

function missing(kind: string, namespace: string, name: string): Verdict {
  return pending(`${kind} ${namespace}/${name} is not there`, [], `kubectl get ${kind.toLowerCase()} -n ${namespace}`);
}

function describe(kind: string, namespace: string, name: string): string {
  return `kubectl describe ${kind} -n ${namespace} ${name} shows what it waits for`;
}
