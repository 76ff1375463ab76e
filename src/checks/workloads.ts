import type * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { DaemonSet, Deployment, type DeploymentObject, findCondition, Node, StatefulSet } from './objects.ts';
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
    judge: ({ found }) => (found === undefined ? missing('StatefulSet', namespace, name) : judgeStatefulSet(found)),
  });

/**
 * Everything under these labels that is not scaled to nothing: what somebody else's release consists of. A release whose upgrade does not
 * become ready is rolled back in the end, with what was changed.
 */
export const workloadsAreRolledOut = ({
  id,
  namespace,
  selector,
  setting,
  after,
}: Omit<Workload, 'name'> & { selector: string; setting: string }): Check =>
  check({
    id,
    title: `The workloads in ${namespace} with ${selector} are rolled out`,
    holds: 'always',
    ...(after === undefined ? {} : { after }),
    reads: {
      deployments: readList({ group: 'apps', version: 'v1', resource: 'deployments', namespace }, Deployment, selector),
      sets: readList({ group: 'apps', version: 'v1', resource: 'statefulsets', namespace }, StatefulSet, selector),
    },
    judge: ({ deployments = [], sets = [] }) => {
      if (deployments.length + sets.length === 0)
        return failed(
          'no workload has these labels',
          [`${setting} names a release that is not there`],
          `name the right one in ${setting} (helm list --all-namespaces), or set it to null`,
        );
      const judged = [
        ...deployments.filter(({ spec }) => spec.replicas > 0).map((one) => ({ ...one, verdict: judgeDeployment(one) })),
        ...sets.filter(({ spec }) => spec.replicas > 0).map((one) => ({ ...one, verdict: judgeStatefulSet(one) })),
      ];
      if (judged.length === 0)
        return pending('all of them are scaled to 0', [], `kubectl get deployments,statefulsets -n ${namespace} -l ${selector}`);
      const first = judged.find(({ verdict }) => verdict.state === 'failed') ?? judged.find(({ verdict }) => verdict.state !== 'met');
      if (first === undefined) return met(`${judged.length} of ${judged.length} run the newest template`);
      return { ...first.verdict, saw: `${first.metadata.name}: ${first.verdict.saw}` };
    },
  });

function judgeStatefulSet({ status, spec, metadata: { namespace, name, generation } }: StatefulSet): Verdict {
  if (status.observedGeneration < generation) return pending('its controller has not seen the newest generation', [], 'nothing yet');
  const ready = `${status.readyReplicas} of ${spec.replicas} ready, ${status.updatedReplicas} updated`;
  if (spec.replicas === 0) return scaledToNothing('StatefulSet', namespace, name);
  const done =
    status.readyReplicas === spec.replicas && status.updatedReplicas === spec.replicas && status.currentRevision === status.updateRevision;
  return done
    ? met(ready)
    : pending(
        ready,
        [`revision ${status.currentRevision || 'none'}, to become ${status.updateRevision || 'unknown'}`],
        describe('statefulset', namespace, name),
      );
}

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
