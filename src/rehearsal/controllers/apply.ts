import type { Manifest } from '#model/kubernetes.ts';
import { refOf } from '#model/kubernetes.ts';
import { applyFields } from '../api/fields.ts';
import { timestamp } from '../api/store.ts';
import { admit } from '../faults/index.ts';
import { specOf, statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';

/** Looks at the world and changes what differs from the desired state. Called again after every write, by anybody. */
export type Controller = (world: World) => void | Promise<void>;

/** The text of what was applied last, by the object that came of it. */
const appliedOf = new WeakMap<Manifest, string>();

/** Server-side apply of what the active faults make of the object: what others set beside it stays, what it sets is taken back. */
export function apply(world: World, wanted: Manifest, manager: string): Manifest {
  const object = admit(world, wanted);
  const present = world.store.get(refOf(object));
  const text = JSON.stringify(object);
  if (present !== undefined && appliedOf.get(present) === text) return present;
  const written = applyFields(present, object, { manager, time: timestamp(world.now()) }, true);
  const applied = world.store.put(world.mutate?.(written) ?? written);
  appliedOf.set(applied, text);
  return applied;
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message?: string;
}

/** With the time of the last transition kept, so that an unchanged status stays unchanged. */
export function conditions(world: World, object: Manifest, wanted: readonly Condition[]): Tree[] {
  return wanted.map((condition) => {
    const before = conditionOf(object, condition.type);
    const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : timestamp(world.now());
    const observed = object.apiVersion.includes('fluxcd') ? { observedGeneration: object.metadata.generation } : {};
    return { ...condition, lastTransitionTime, ...observed };
  });
}

export function conditionOf(object: Manifest | undefined, type: string): Tree {
  return statusOf(object).conditions?.find((condition: Tree) => condition.type === type);
}

/** Ready for the generation that was asked for: nothing less counts. */
export function isReady(object: Manifest | undefined): boolean {
  const { observedGeneration = object?.metadata.generation } = statusOf(object);
  return observedGeneration === object?.metadata.generation && conditionOf(object, 'Ready')?.status === 'True';
}

/**
 * What every object of Flux reports beside what is its own: the "reconcile now" that it has seen, whether it is still at it, and the
 * generation only once it is done with it, be it that it can't do more.
 */
export function reportFlux(world: World, object: Manifest, fields: Tree, [main, ...others]: readonly [Condition, ...Condition[]]): void {
  const { observedGeneration: before = -1 } = statusOf(object);
  const isDone = main.status === 'True' || others.some(({ type }) => type === 'Stalled');
  const { message = '' } = others.find(({ type }) => type === 'Reconciling') ?? main;
  const reason = main.status === 'False' ? 'ProgressingWithRetry' : 'Progressing';
  const reconciling: Condition[] = isDone ? [] : [{ type: 'Reconciling', status: 'True', reason, message }];
  const reported = [main, ...others.filter(({ type }) => type !== 'Reconciling'), ...reconciling];
  const observedGeneration = isDone ? object.metadata.generation : before;
  const status = { ...statusOf(object), ...fields, observedGeneration, conditions: conditions(world, object, reported) };
  world.store.setStatus(refOf(object), { ...status, ...handled(object) });
}

/** A suspended object is left as it is: it only says that it was seen, and asked. */
export function isSuspended(world: World, object: Manifest): boolean {
  const { generation: observedGeneration } = object.metadata;
  if (specOf(object).suspend) world.store.setStatus(refOf(object), { ...statusOf(object), observedGeneration, ...handled(object) });
  return specOf(object).suspend === true;
}

function handled(object: Manifest): Tree {
  const token = object.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'];
  return token === undefined ? {} : { lastHandledReconcileAt: token };
}

export function ready(status: Condition['status'], reason: string, message: string): Condition {
  return { type: 'Ready', status, reason, message };
}

export function ownedBy(owner: Manifest): readonly Tree[] {
  const { apiVersion, kind, metadata } = owner;
  return [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true }];
}

export function find(world: World, apiVersion: string, kind: string, namespace: string | undefined, name: string): Manifest | undefined {
  return world.store.get({ apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) });
}
