import type { Reconcile } from '#model/change.ts';
import { nameOf, type ObjectRef, type Permission, scopeOf } from '#model/kubernetes.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { type Condition, type Flux, findCondition } from './objects.ts';

/** Only an explicit Ready for the newest generation counts: an object without conditions is not ready. */
export function judgeReady(object: Flux, kind: string, saw: string): Verdict {
  const name = `${kind} ${object.metadata.namespace}/${object.metadata.name}`;
  const ready = readyOf(object);
  const remedy = `kubectl describe ${kind.toLowerCase()} -n ${object.metadata.namespace} ${object.metadata.name}`;
  // helm-controller counts a generation as observed only when it is done with it: until then Ready says what it has tried.
  if (!isObserved(object)) {
    const says = ready?.status === 'False' ? [`${ready.reason}: ${ready.message}`] : [];
    return pending(`${name}: its controller is not done with the newest generation`, says, remedy);
  }
  if (ready?.status === 'True') return met(saw);
  if (ready === undefined) return pending(`${name} says nothing about being ready`, [], remedy);
  return pending(`${name} is not ready`, [`${ready.reason}: ${ready.message}`], remedy);
}

export function readyOf(object: Flux): Condition | undefined {
  return findCondition(object.status.conditions, 'Ready');
}

/** Whether its controller is done with the newest generation. */
export function isObserved({ metadata, status }: Flux): boolean {
  return status.observedGeneration >= metadata.generation;
}

/** Whether somebody asked it to reconcile and it is not done with that: what it says is of before. */
export function isAsked({ metadata, status }: Flux): boolean {
  const asked = metadata.annotations['reconcile.fluxcd.io/requestedAt'];
  return asked !== undefined && asked !== status.lastHandledReconcileAt;
}

/** Why a HelmRelease is stalled, if it is. What it says of an older generation is what the newest commit may have mended. */
export function findStall(release: Flux): { readonly reason: string; readonly why: readonly string[] } | undefined {
  const stalled = findCondition(release.status.conditions, 'Stalled');
  if (stalled?.status !== 'True' || !isObserved(release) || isAsked(release)) return undefined;
  return { reason: stalled.reason, why: [readyOf(release)?.message ?? '', stalled.message] };
}

/** Makes a HelmRelease that ran out of retries begin anew. */
export function resetOf(release: ObjectRef): Reconcile {
  return { do: 'reconcile', object: release, reset: true };
}

export function resetCommand({ namespace, name }: ObjectRef): string {
  return `flux reconcile helmrelease -n ${namespace} ${name} --reset`;
}

/** What asking it to reconcile needs. */
export function toReconcile(ref: ObjectRef): readonly Permission[] {
  const { group, resource, namespace } = scopeOf(ref);
  return [{ verb: 'patch', group, resource, name: ref.name, ...(namespace === undefined ? {} : { namespace }) }];
}

export function suspended(ref: ObjectRef, what: string): Verdict {
  return failed(
    `${nameOf(ref)} is suspended`,
    ['Flux leaves it as it is until somebody resumes it'],
    `flux resume ${what} -n ${ref.namespace} ${ref.name}; Git may set spec.suspend, too`,
  );
}
