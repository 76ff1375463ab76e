import type { Reconcile } from '#model/change.ts';
import { nameOf, type ObjectRef, type Permission, permissionOn, scopeOf } from '#model/kubernetes.ts';
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
  return pending(`${name} is not ready`, progressOf(object), remedy);
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

interface Stall {
  readonly reason: string;
  readonly why: readonly string[];
  readonly since?: string;
}

/**
 * Why a HelmRelease is stalled, if it is. What it says of an older generation is what the newest commit may have mended.
 * After a rollback Ready speaks of that: why there was one stands in Released.
 */
export function findStall(release: Flux): Stall | undefined {
  const stalled = findCondition(release.status.conditions, 'Stalled');
  if (stalled?.status !== 'True' || !isObserved(release) || isAsked(release)) return undefined;
  const released = findCondition(release.status.conditions, 'Released');
  const said = [released?.status === 'False' ? released.message : '', readyOf(release)?.message ?? '', stalled.message];
  const { reason, lastTransitionTime: since } = stalled;
  return { reason, why: [...new Set(said)].filter((message) => message !== ''), ...(since === undefined ? {} : { since }) };
}

/** Helm's words for values that a chart can't be rendered with. */
const REFUSED = /execution error at \(|template: |values don't meet the specifications of the schema/;

/**
 * In what words a chart refuses the values, if it does. helm-controller counts no retry then, so that the release is never stalled, and
 * tries the same again and again.
 */
export function findRefusal({ metadata, status }: Flux): string | undefined {
  const ready = findCondition(status.conditions, 'Ready');
  const isTried = status.lastAttemptedGeneration === metadata.generation;
  const fails = ready?.status === 'False' && ['InstallFailed', 'UpgradeFailed'].includes(ready.reason);
  return isTried && fails && REFUSED.test(ready.message) ? ready.message : undefined;
}

/**
 * Since when a HelmRelease is at work on its newest values; undefined when it is done with them, whatever came of it.
 * Of values that it has not begun with: the end of time.
 */
export function attemptBegan(release: Flux): Date | undefined {
  if (isObserved(release)) return undefined;
  if ((release.status.lastAttemptedGeneration ?? 0) < release.metadata.generation) return new Date(8.64e15);
  const ready = readyOf(release);
  return ready?.status === 'Unknown' && ready.lastTransitionTime !== undefined ? new Date(ready.lastTransitionTime) : undefined;
}

/** What a controller is at: while it is, Ready may say no more than that. */
export function progressOf(object: Flux): readonly string[] {
  const ready = readyOf(object);
  const said = (ready?.status === 'Unknown' && findCondition(object.status.conditions, 'Reconciling')) || ready;
  return said === undefined ? [] : [`${said.reason}: ${said.message}`];
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
  return [permissionOn(scopeOf(ref), 'patch', ref.name)];
}

export function suspended(ref: ObjectRef, what: string): Verdict {
  return failed(
    `${nameOf(ref)} is suspended`,
    ['Flux leaves it as it is until somebody resumes it'],
    `flux resume ${what} -n ${ref.namespace} ${ref.name}; Git may set spec.suspend, too`,
  );
}
