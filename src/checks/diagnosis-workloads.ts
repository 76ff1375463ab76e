import { know, type Surroundings, type Trouble, troubleOfPod, worstOf } from './diagnosis-pods.ts';
import { newestOf } from './events.ts';
import { DaemonSet, Deployment, type DeploymentObject, type EventObject, findCondition, Pod, StatefulSet } from './objects.ts';
import { readList } from './reads.ts';

/** Everything that runs in a namespace under the same labels; what could not be read is missing. */
export interface Running extends Surroundings {
  readonly sets?: readonly StatefulSet[] | undefined;
  readonly deployments?: readonly DeploymentObject[] | undefined;
  readonly daemons?: readonly DaemonSet[] | undefined;
  readonly pods?: readonly Pod[] | undefined;
}

interface Workload {
  readonly kind: 'StatefulSet' | 'Deployment' | 'DaemonSet';
  readonly namespace: string;
  readonly name: string;
  readonly ready: number;
  readonly updated: number;
  readonly wanted: number;
  /** Why its pods can't be made, in its own words. */
  readonly refused?: string;
}

/** What runs in the namespace under these labels. */
export function readWorkloads(namespace: string, selector: string) {
  const apps = (resource: string) => ({ group: 'apps', version: 'v1', resource, namespace });
  return {
    sets: readList(apps('statefulsets'), StatefulSet, selector),
    deployments: readList(apps('deployments'), Deployment, selector),
    daemons: readList(apps('daemonsets'), DaemonSet, selector),
    pods: readList({ group: '', version: 'v1', resource: 'pods', namespace }, Pod, selector),
  };
}

/** The worst trouble among the pods, beginning with the workload that wants them. Undefined when all are well. */
export function troubleOfWorkloads(running: Running, now: Date): Trouble | undefined {
  const { pods = [] } = running;
  const workloads = workloadsOf(running);
  const ofPods = pods.flatMap((pod) => {
    const trouble = troubleOfPod(pod, running, now);
    const owner = workloads.find((workload) => owns(workload, pod));
    return trouble === undefined ? [] : [{ ...trouble, cause: [...linesOf(owner), ...trouble.cause] }];
  });
  const ofNone = workloads.filter(isShort).map((workload) => withoutPods(workload, pods, running.events));
  return worstOf([...ofPods, ...ofNone]);
}

/** Of a workload whose pods say nothing: what refuses them, where they were never made. */
function withoutPods(workload: Workload, pods: readonly Pod[], events: readonly EventObject[] = []): Trouble {
  const { kind, name, namespace, wanted } = workload;
  const cause = linesOf(workload);
  const message = workload.refused ?? newestOf(events, kind, name, 'FailedCreate')?.message;
  if (message === undefined || pods.filter((pod) => owns(workload, pod)).length >= wanted) return { cause, ends: 'unknown' };
  return {
    ...know('event', { reason: 'FailedCreate', message }, { metadata: { namespace, name } }),
    cause: [...cause, `${kind} ${namespace}/${name}: ${message}`],
  };
}

function linesOf(workload: Workload | undefined): readonly string[] {
  if (workload === undefined || !isShort(workload)) return [];
  const { kind, namespace, name, ready, updated, wanted } = workload;
  return [`${kind} ${namespace}/${name}: ${ready} of ${wanted} ready${updated < wanted ? `, ${updated} updated` : ''}`];
}

function isShort({ ready, updated, wanted }: Workload): boolean {
  return ready < wanted || updated < wanted;
}

function workloadsOf({ sets = [], deployments = [], daemons = [] }: Running): readonly Workload[] {
  return [
    ...sets.map(({ metadata, spec, status }) => ({
      ...{ kind: 'StatefulSet' as const, namespace: metadata.namespace, name: metadata.name },
      ...{ ready: status.readyReplicas, updated: status.updatedReplicas, wanted: spec.replicas },
    })),
    ...deployments.map(({ metadata, spec, status }) => {
      const failure = findCondition(status.conditions, 'ReplicaFailure');
      return {
        ...{ kind: 'Deployment' as const, namespace: metadata.namespace, name: metadata.name },
        ...{ ready: status.availableReplicas, updated: status.updatedReplicas, wanted: spec.replicas },
        ...(failure?.status === 'True' ? { refused: failure.message } : {}),
      };
    }),
    ...daemons.map(({ metadata, status }) => ({
      ...{ kind: 'DaemonSet' as const, namespace: metadata.namespace, name: metadata.name },
      ...{ ready: status.numberAvailable, updated: status.updatedNumberScheduled, wanted: status.desiredNumberScheduled },
    })),
  ];
}

/** A Deployment's pods belong to its ReplicaSets, which have its name and a hash. */
function owns({ kind, name }: Workload, { metadata }: Pod): boolean {
  return metadata.ownerReferences.some(
    (owner) =>
      (owner.kind === kind && owner.name === name) ||
      (kind === 'Deployment' && owner.kind === 'ReplicaSet' && owner.name.replace(/-[^-]*$/, '') === name),
  );
}
