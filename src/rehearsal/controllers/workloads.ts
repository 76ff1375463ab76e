import type { Manifest } from '#model/kubernetes.ts';
import { refOf } from '#model/kubernetes.ts';
import { admit } from '../faults/index.ts';
import { hashOf, hasLabels, specOf, statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { apply, conditionOf, conditions, isOwnedBy, isReady, ownedBy, timeOf } from './apply.ts';
import { schedulableNodes } from './pods.ts';

/** A pod that a workload wants to have. */
interface Place {
  readonly name: string;
  readonly node: string;
  readonly claims?: readonly Tree[];
}

/** Gives Deployments, StatefulSets, DaemonSets and Jobs their pods and reports their state. */
export function reconcileWorkloads(world: World): void {
  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet']) {
    for (const workload of world.store.list('apps/v1', kind)) reconcileWorkload(world, workload);
  }
  for (const job of world.store.list('batch/v1', 'Job')) reconcileJob(world, job);
}

function reconcileWorkload(world: World, workload: Manifest): void {
  const revision = hashOf(specOf(workload).template);
  const places = placesOf(world, workload, revision);
  for (const claim of places.flatMap((place) => place.claims ?? [])) if (world.store.get(refOf(claim)) === undefined) apply(world, claim);
  const pods = podsOf(world, workload);
  const wanted = places.map((place) => admit(world, podFor(workload, place, revision)));
  for (const pod of pods) if (!wanted.some((other) => isSame(pod, other))) world.store.remove(refOf(pod));
  for (const pod of wanted) if (world.store.get(refOf(pod)) === undefined) world.store.put(pod);
  const now = podsOf(world, workload);
  const ready = now.filter(isReady).length;
  const status = {
    observedGeneration: workload.metadata.generation,
    ...STATUS[workload.kind]?.(world, workload, { wanted: wanted.length, present: now.length, ready, revision }),
  };
  world.store.setStatus(refOf(workload), status);
}

function placesOf(world: World, workload: Manifest, revision: string): Place[] {
  const { name, namespace } = workload.metadata;
  const spec = specOf(workload);
  const nodes = schedulableNodes(world, spec.template.spec.tolerations ?? []);
  if (workload.kind === 'DaemonSet') return nodes.map((node) => ({ name: `${name}-${hashOf([name, node], 5)}`, node }));
  const offset = Number.parseInt(hashOf(name, 4), 16);
  return Array.from({ length: spec.replicas ?? 1 }, (_, index): Place => {
    const node = nodes[(offset + index) % nodes.length] ?? '';
    if (workload.kind === 'Deployment') return { name: `${name}-${revision}-${hashOf([name, revision, index], 5)}`, node };
    const claims = (spec.volumeClaimTemplates ?? []).map((template: Tree) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { ...template.metadata, name: `${template.metadata.name}-${name}-${index}`, namespace, labels: spec.selector?.matchLabels },
      spec: template.spec,
    }));
    return { name: `${name}-${index}`, node, claims };
  });
}

function podFor(workload: Manifest, place: Place, revision: string): Manifest {
  const { metadata, spec } = specOf(workload).template;
  const claimed = (specOf(workload).volumeClaimTemplates ?? []).map((template: Tree, index: number) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: place.claims?.[index]?.metadata.name },
  }));
  const hashLabel = workload.kind === 'Deployment' ? 'pod-template-hash' : 'controller-revision-hash';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: place.name,
      namespace: workload.metadata.namespace,
      labels: { ...metadata?.labels, [hashLabel]: revision },
      // A Deployment's pods belong to a ReplicaSet; nobody here asks for one, so they belong to the Deployment itself.
      ownerReferences: ownedBy(workload),
    },
    spec: { ...spec, nodeName: place.node, ...(claimed.length > 0 ? { volumes: [...(spec.volumes ?? []), ...claimed] } : {}) },
  };
}

/** Other limits, another template: a pod is never changed, it is replaced. */
function isSame(pod: Manifest, wanted: Manifest): boolean {
  return (
    pod.metadata.name === wanted.metadata.name &&
    hasLabels(pod, wanted.metadata.labels) &&
    hashOf(pod.spec) === hashOf(JSON.parse(JSON.stringify(wanted.spec)))
  );
}

function podsOf(world: World, owner: Manifest): readonly Manifest[] {
  return world.store.list('v1', 'Pod', owner.metadata.namespace).filter((pod) => isOwnedBy(pod, owner));
}

interface Counts {
  readonly wanted: number;
  readonly present: number;
  readonly ready: number;
  readonly revision: string;
}

const STATUS: Readonly<Record<string, (world: World, workload: Manifest, counts: Counts) => Tree>> = {
  Deployment: (world, workload, { wanted, present, ready }) => {
    const available = ready === wanted;
    const since = Date.parse(conditionOf(workload, 'Available')?.lastTransitionTime ?? timeOf(world));
    const late = !available && world.now().getTime() - since > (specOf(workload).progressDeadlineSeconds ?? 600) * 1000;
    const counts = {
      replicas: present,
      updatedReplicas: present,
      readyReplicas: ready,
      availableReplicas: ready,
      unavailableReplicas: wanted - ready,
    };
    return {
      ...counts,
      conditions: conditions(world, workload, [
        {
          type: 'Available',
          status: available ? 'True' : 'False',
          reason: available ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        },
        {
          type: 'Progressing',
          status: late ? 'False' : 'True',
          reason: late ? 'ProgressDeadlineExceeded' : available ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
        },
      ]),
    };
  },
  StatefulSet: (_, workload, { wanted, present, ready, revision }) => {
    const updateRevision = `${workload.metadata.name}-${revision}`;
    const currentRevision = ready === wanted ? updateRevision : (statusOf(workload).currentRevision ?? updateRevision);
    const counts = {
      replicas: present,
      readyReplicas: ready,
      availableReplicas: ready,
      currentReplicas: present,
      updatedReplicas: present,
    };
    return { ...counts, currentRevision, updateRevision, collisionCount: 0 };
  },
  DaemonSet: (_, __, { wanted, present, ready }) => ({
    desiredNumberScheduled: wanted,
    currentNumberScheduled: present,
    updatedNumberScheduled: present,
    numberReady: ready,
    numberAvailable: ready,
    numberUnavailable: wanted - ready,
    numberMisscheduled: 0,
  }),
};

function reconcileJob(world: World, job: Manifest): void {
  const nodes = schedulableNodes(world, []);
  const { name, uid } = job.metadata;
  const pod = podsOf(world, job)[0];
  if (statusOf(job).completionTime !== undefined || statusOf(job).failed) return;
  if (pod === undefined) {
    world.store.put(admit(world, podFor(job, { name: `${name}-${hashOf(uid, 5)}`, node: nodes[0] ?? '' }, hashOf(uid))));
    world.store.setStatus(refOf(job), { active: 1, ready: 0, startTime: timeOf(world) });
    return;
  }
  const { phase } = statusOf(pod);
  if (phase === 'Succeeded') {
    const complete = conditions(world, job, [{ type: 'Complete', status: 'True', reason: 'CompletionsReached' }]);
    world.store.setStatus(refOf(job), {
      succeeded: 1,
      startTime: statusOf(job).startTime,
      completionTime: timeOf(world),
      conditions: complete,
    });
  }
  if (phase === 'Failed') {
    const message = 'Job has reached the specified backoff limit';
    const failed = conditions(world, job, [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message }]);
    world.store.setStatus(refOf(job), { failed: 1, startTime: statusOf(job).startTime, conditions: failed });
  }
}
