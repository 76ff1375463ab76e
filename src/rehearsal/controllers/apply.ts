import type { Manifest, ObjectRef } from '#model/kubernetes.ts';
import { refOf } from '#model/kubernetes.ts';
import { admit } from '../faults/index.ts';
import { statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';

/** Looks at the world and changes what differs from the desired state. Called again after every write, by anybody. */
export type Controller = (world: World) => void | Promise<void>;

/** What the active faults make of the object is written; labels and annotations of others are kept. */
export function apply(world: World, wanted: Manifest): Manifest {
  const object = admit(world, wanted);
  const present = world.store.get(refOf(object))?.metadata;
  if (present === undefined) return world.store.put(object);
  const metadata = {
    ...present,
    ...object.metadata,
    ...merged('labels', present.labels, object.metadata.labels),
    ...merged('annotations', present.annotations, object.metadata.annotations),
  };
  // A claim's spec is filled in when it is bound, and can't be changed afterwards.
  const spec = object.kind === 'PersistentVolumeClaim' ? { spec: world.store.get(refOf(object))?.spec } : {};
  return world.store.put({ ...object, ...spec, metadata });
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message?: string;
}

/** With the time of the last transition kept, so that an unchanged status stays unchanged. */
export function conditions(world: World, object: Manifest, wanted: readonly Condition[]): Tree[] {
  const present: Tree[] = statusOf(object).conditions ?? [];
  return wanted.map((condition) => {
    const before = present.find(({ type }) => type === condition.type);
    const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : timeOf(world);
    const observed = object.apiVersion.includes('fluxcd') ? { observedGeneration: object.metadata.generation } : {};
    return { ...condition, lastTransitionTime, ...observed };
  });
}

export function conditionOf(object: Manifest | undefined, type: string): Tree {
  return statusOf(object).conditions?.find((condition: Tree) => condition.type === type);
}

/** Ready for the generation that was asked for: nothing less counts. */
export function isReady(object: Manifest | undefined): boolean {
  const { observedGeneration } = statusOf(object);
  const current = observedGeneration === undefined || observedGeneration === object?.metadata.generation;
  return current && conditionOf(object, 'Ready')?.status === 'True';
}

/** The token of "reconcile now", as a status reports it once it was done. */
export function handledRequest(object: Manifest): { lastHandledReconcileAt?: string } {
  const token = object.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
  return token === undefined ? {} : { lastHandledReconcileAt: token };
}

/** As the API writes times: whole seconds. */
export function timeOf(world: World): string {
  return `${world.now().toISOString().slice(0, 19)}Z`;
}

export function ownedBy(owner: Manifest): readonly Tree[] {
  const { apiVersion, kind, metadata } = owner;
  return [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true }];
}

export function isOwnedBy(object: Manifest, owner: Manifest): boolean {
  return ((object.metadata.ownerReferences ?? []) as Tree[]).some(({ uid }) => uid === owner.metadata.uid);
}

export function find(world: World, apiVersion: string, kind: string, namespace: string | undefined, name: string): Manifest | undefined {
  const ref: ObjectRef = namespace === undefined ? { apiVersion, kind, name } : { apiVersion, kind, namespace, name };
  return world.store.get(ref);
}

function merged(field: string, before: object | undefined, after: object | undefined): object {
  return before === undefined && after === undefined ? {} : { [field]: { ...before, ...after } };
}
