import type { Manifest } from '#model/kubernetes.ts';
import { refOf } from '#model/kubernetes.ts';
import { admit } from '../faults/index.ts';
import { hashOf, hasLabels, specOf, statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { refusalOf } from './admission.ts';
import { conditions, isReady, ownedBy } from './apply.ts';
import { recordEvent } from './events.ts';
import { nodesOf, toleratedNodes, whyUnschedulable } from './scheduler.ts';

/** A pod that a workload wants to have. */
interface Place {
  readonly name: string;
  readonly node: string;
  readonly claims: readonly Manifest[];
}

/** Gives Deployments, StatefulSets, DaemonSets and Jobs their pods and reports their state. */
export function reconcileWorkloads(world: World): void {
  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet']) {
    for (const workload of world.store.list('apps/v1', kind)) reconcileWorkload(world, workload);
  }
  for (const job of world.store.list('batch/v1', 'Job')) reconcileJob(world, withSelector(world, job));
}

/** A Job finds its pod by a label that the API server makes up. */
function withSelector(world: World, job: Manifest): Manifest {
  const { selector, template } = specOf(job);
  if (selector !== undefined) return job;
  const labels = { 'batch.kubernetes.io/controller-uid': job.metadata.uid };
  const metadata = { ...template.metadata, labels: { ...template.metadata?.labels, ...labels } };
  const spec = { ...specOf(job), selector: { matchLabels: labels }, template: { ...template, metadata } };
  return world.store.put({ ...job, spec });
}

function reconcileJob(world: World, job: Manifest): void {
  const { name, uid, creationTimestamp: startTime } = job.metadata;
  const place = { name: `${name}-${hashOf(uid, 5)}`, node: nodesOf(world)[0] ?? '', claims: [] };
  putMissing(world, podFor(job, place, hashOf(uid)));
  const [pod] = podsOf(world, job);
  const ended = statusOf(pod).containerStatuses?.[0].state.terminated;
  const complete = { type: 'Complete', status: 'True', reason: 'CompletionsReached' } as const;
  const outcome = ended
    ? { succeeded: 1, completionTime: ended.finishedAt, conditions: conditions(world, job, [complete]) }
    : { active: 1, ready: 0 };
  world.store.setStatus(refOf(job), { startTime, ...outcome });
}

function reconcileWorkload(world: World, workload: Manifest): void {
  const revision = hashOf(specOf(workload).template);
  const places = placesOf(world, workload, revision);
  for (const claim of places.flatMap(({ claims }) => claims)) putMissing(world, admit(world, claim));
  const wanted = places.map((place) => schedule(world, admit(world, podFor(workload, place, revision))));
  const isKept = isHeldUp(world, workload) ? hasSameName : isSame;
  for (const pod of podsOf(world, workload)) if (!wanted.some((other) => isKept(pod, other))) world.store.remove(refOf(pod));
  for (const pod of wanted) makePod(world, workload, pod);
  const pods = podsOf(world, workload);
  const updated = pods.filter((pod) => wanted.some((other) => hasLabels(pod, other.metadata.labels))).length;
  const status = statusFor(world, workload, {
    wanted: wanted.length,
    made: pods.length,
    ready: pods.filter(isReady).length,
    updated,
    revision,
  });
  world.store.setStatus(refOf(workload), { observedGeneration: workload.metadata.generation, ...status });
}

function placesOf(world: World, { kind, metadata, ...workload }: Manifest, revision: string): Place[] {
  const { name, namespace = '' } = metadata;
  const { replicas = 1, volumeClaimTemplates = [] } = specOf({ kind, metadata, ...workload });
  const nodes = nodesOf(world);
  if (kind === 'DaemonSet')
    return toleratedNodes(world, specOf({ kind, metadata, ...workload }).template.spec).map((node) => ({
      name: `${name}-${hashOf([name, node], 5)}`,
      node,
      claims: [],
    }));
  const offset = Number.parseInt(hashOf(name, 4), 16);
  return Array.from({ length: replicas }, (_, index): Place => {
    const claims = volumeClaimTemplates.map((template: Tree) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: `${template.metadata.name}-${name}-${index}`, namespace },
      spec: template.spec,
    }));
    const suffix = kind === 'Deployment' ? `${revision}-${hashOf([name, revision, index], 5)}` : index;
    return { name: `${name}-${suffix}`, node: nodes[(offset + index) % nodes.length] ?? '', claims };
  });
}

function podFor(workload: Manifest, { name, node, claims }: Place, revision: string): Manifest {
  const { metadata, spec } = specOf(workload).template;
  const hash = workload.kind === 'StatefulSet' ? revisionOf(workload, revision) : revision;
  const volumes = claims.map((claim) => ({ name: claim.metadata.name, persistentVolumeClaim: { claimName: claim.metadata.name } }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name,
      namespace: workload.metadata.namespace,
      labels: { ...metadata?.labels, [/Set$/.test(workload.kind) ? 'controller-revision-hash' : 'pod-template-hash']: hash },
      // A Deployment's pods belong to a ReplicaSet; nobody here asks for one, so they belong to the Deployment itself.
      ownerReferences: ownedBy(workload),
    },
    spec: { ...spec, nodeName: node, volumes: [...(spec.volumes ?? []), ...volumes] },
  };
}

function revisionOf({ metadata }: Manifest, revision: string): string {
  return `${metadata.name}-${revision}`;
}

/** A StatefulSet replaces no pod before all are ready (unless Parallel), not even the one that never became ready. */
function isHeldUp(world: World, workload: Manifest): boolean {
  const isOrdered = workload.kind === 'StatefulSet' && specOf(workload).podManagementPolicy !== 'Parallel';
  return isOrdered && !podsOf(world, workload).every(isReady);
}

function hasSameName(pod: Manifest, wanted: Manifest): boolean {
  return pod.metadata.name === wanted.metadata.name;
}

/** Other limits, another template: a pod is never changed, it is replaced. */
function isSame(pod: Manifest, wanted: Manifest): boolean {
  return (
    hasSameName(pod, wanted) &&
    hasLabels(pod, wanted.metadata.labels) &&
    hashOf(pod.spec) === hashOf(JSON.parse(JSON.stringify(wanted.spec)))
  );
}

function podsOf(world: World, owner: Manifest): readonly Manifest[] {
  const isOwned = ({ metadata }: Manifest) =>
    (metadata.ownerReferences as Tree[] | undefined)?.some(({ uid }) => uid === owner.metadata.uid);
  return world.store.list('v1', 'Pod', owner.metadata.namespace).filter(isOwned);
}

/** A pod that no node can take has none. */
function schedule(world: World, pod: Manifest): Manifest {
  const { nodeName: _, ...spec } = specOf(pod);
  return whyUnschedulable(world, pod) === undefined ? pod : { ...pod, spec };
}

function makePod(world: World, workload: Manifest, pod: Manifest): void {
  if (world.store.get(refOf(pod)) !== undefined) return;
  const refusal = refusalOf(world, pod);
  if (refusal === undefined) world.store.put(pod);
  else recordEvent(world, workload, 'FailedCreate', `Error creating: pods "${pod.metadata.name}" is forbidden: ${refusal}`);
}

function putMissing(world: World, object: Manifest): void {
  if (world.store.get(refOf(object)) === undefined) world.store.put(object);
}

interface Counts {
  readonly wanted: number;
  readonly made: number;
  readonly ready: number;
  readonly updated: number;
  readonly revision: string;
}

function statusFor(world: World, workload: Manifest, { wanted, made, ready, updated, revision }: Counts): Tree {
  if (workload.kind === 'DaemonSet')
    return {
      desiredNumberScheduled: wanted,
      currentNumberScheduled: made,
      updatedNumberScheduled: wanted,
      numberReady: ready,
      numberAvailable: ready,
    };
  const counts = { replicas: made, updatedReplicas: updated, readyReplicas: ready, availableReplicas: ready };
  const isDone = ready === wanted && updated === wanted;
  if (workload.kind === 'StatefulSet') {
    const updateRevision = revisionOf(workload, revision);
    return { ...counts, currentRevision: isDone ? updateRevision : (statusOf(workload).currentRevision ?? updateRevision), updateRevision };
  }
  const available = isDone
    ? ({ status: 'True', reason: 'MinimumReplicasAvailable' } as const)
    : ({ status: 'False', reason: 'MinimumReplicasUnavailable' } as const);
  const progressing = { type: 'Progressing', status: 'True', reason: isDone ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated' } as const;
  return { ...counts, conditions: conditions(world, workload, [{ type: 'Available', ...available }, progressing]) };
}
