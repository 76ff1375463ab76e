import { type Check, check } from '#model/check.ts';
import type { ObjectRef } from '#model/kubernetes.ts';
import { nameOf } from '#model/kubernetes.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { AnyObject, DaemonSet, Deployment, type DeploymentObject, findCondition, Node, Pod, StatefulSet } from './objects.ts';
import { readList, readObject } from './reads.ts';

interface Workload {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
}

/** Rolled out at the current revision, not merely "3 ready": https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#rolling-updates */
export const statefulSetIsRolledOut = ({ id, namespace, name }: Workload): Check =>
  check({
    id,
    title: `StatefulSet ${namespace}/${name} is rolled out`,
    holds: 'always',
    reads: { found: readObject({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name }, StatefulSet) },
    judge: ({ found }) => {
      if (found === undefined) return missing('StatefulSet', namespace, name);
      const { status, spec, metadata } = found;
      if (status.observedGeneration < metadata.generation)
        return pending('its controller has not seen the newest generation', [], 'nothing yet');
      const ready = `${status.readyReplicas} of ${spec.replicas} ready, ${status.updatedReplicas} updated`;
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
export const daemonSetCoversNodes = ({ id, namespace, name }: Workload): Check =>
  check({
    id,
    title: `DaemonSet ${namespace}/${name} runs on every node`,
    holds: 'always',
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
      if (status.desiredNumberScheduled < nodes.length) {
        const tainted = nodes.filter(({ spec }) => spec.taints.length > 0 || spec.unschedulable).map((node) => node.metadata.name);
        return failed(
          saw,
          [`it is meant for ${status.desiredNumberScheduled} nodes only; tainted or cordoned: ${tainted.join(', ') || 'none'}`],
          'tolerate the taints (controller.tolerations in environment.alloy.values)',
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

/** No container was killed or restarts: 124 restarts were once called done, because each look fell between two crashes. */
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
  return pod.status.containerStatuses.flatMap((container) => {
    const last = container.lastState.terminated ?? container.state.terminated;
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
    if (waiting?.reason === 'CreateContainerConfigError')
      return [
        pending(`${name}: container ${container.name} can't be created`, [waiting.message], 'a Secret or ConfigMap it names is missing'),
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
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return failed(saw, [progressing.message], describe('deployment', metadata.namespace, metadata.name));
  if (status.observedGeneration < metadata.generation)
    return pending('its controller has not seen the newest generation', [], 'nothing yet');
  const done = status.updatedReplicas === spec.replicas && status.availableReplicas === spec.replicas;
  return done
    ? met(saw)
    : pending(saw, [`${status.updatedReplicas} run the newest template`], describe('deployment', metadata.namespace, metadata.name));
}

function missing(kind: string, namespace: string, name: string): Verdict {
  return pending(`${kind} ${namespace}/${name} is not there`, [], `kubectl get ${kind.toLowerCase()} -n ${namespace}`);
}

function describe(kind: string, namespace: string, name: string): string {
  return `kubectl describe ${kind} -n ${namespace} ${name} shows what it waits for`;
}

export const objectIsGone = (id: string, ref: ObjectRef, why: string): Check =>
  check({
    id,
    title: `${nameOf(ref)} is gone`,
    holds: 'always',
    reads: { found: readObject(ref, AnyObject) },
    judge: ({ found }) =>
      found === undefined
        ? met('it is not there')
        : pending('it is still there', [why], `kubectl describe ${ref.kind.toLowerCase()} -n ${ref.namespace} ${ref.name}`),
  });
