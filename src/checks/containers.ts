import type { ContainerStatus, Pod, Terminated } from './objects.ts';
import { findReason, isTerminal, type Place, type Reason, remedyAt } from './reasons.ts';

/** How long after a restart a container is not yet believed: Ready between two crashes is not quiet. */
const RECENT = 10 * 60_000;
const RECENT_OOM = 60 * 60_000;

/** How the container ended last, if it ever did. */
export function endOf({ state, lastState }: ContainerStatus): Terminated | undefined {
  return state.terminated ?? lastState.terminated;
}

/** Milliseconds since it ended; 0 when that is not known. */
export function ageOf({ finishedAt }: Terminated, now: Date): number {
  return finishedAt === undefined ? 0 : now.getTime() - Date.parse(finishedAt);
}

/** Whether it ended so lately that running and ready says little; an init container that is done is no such. */
export function isRecent(container: ContainerStatus, now: Date): boolean {
  const end = endOf(container);
  if (end === undefined || (end.exitCode === 0 && container.restartCount === 0)) return false;
  return ageOf(end, now) < (end.reason === 'OOMKilled' ? RECENT_OOM : RECENT);
}

/** "container loki ended with exit code 137: OOMKilled, its memory limit is 256Mi" */
export function describeEnd(container: string, { exitCode, reason }: Terminated, pod: Pod): string {
  const memory = pod.spec.containers.find(({ name }) => name === container)?.resources.limits.memory;
  const limit = reason === 'OOMKilled' ? `, its memory limit is ${memory ?? 'not set'}` : '';
  return `container ${container} ended with exit code ${exitCode}${reason === '' ? '' : `: ${reason}`}${limit}`;
}

/** What keeps one container from working, outermost first. */
export interface ContainerTrouble {
  readonly cause: readonly string[];
  readonly remedy?: string;
  readonly ends: Reason['ends'];
  /** Whether there is a log, and of which run of it. */
  readonly log: 'none' | 'current' | 'previous';
}

/** @param where "Pod monitoring/loki-0 on k8s-2" */
export function troubleOf(container: ContainerStatus, pod: Pod, where: string, now: Date): ContainerTrouble | undefined {
  const { name, state, lastState } = container;
  const place = { namespace: pod.metadata.namespace, name: pod.metadata.name, container: name };
  const end = endOf(container);
  const log = lastState.terminated !== undefined && state.terminated === undefined ? 'previous' : end === undefined ? 'none' : 'current';
  const ended = end === undefined ? [] : [describeEnd(name, end, pod)];
  if (state.waiting !== undefined) {
    const { reason, message } = state.waiting;
    const known = findReason('waiting', reason, message);
    const says = `${reason}${message === '' || message === reason ? '' : ` (${message})`}`;
    const again = known?.ends === 'terminal' ? `; it is tried again ${known.again}` : '';
    const cause = [`${where}: container ${name} waits: ${says}${again}`, ...ended];
    return { cause, log, ...mend(end, known, place), ends: known?.ends ?? 'retried' };
  }
  if (end === undefined || !isRecent(container, now)) return undefined;
  const ends = isTerminal('terminated', end.reason) ? 'terminal' : 'retried';
  const cause = [`${where}: container ${name} restarted lately, ${container.restartCount} restarts`, ...ended];
  return { cause, log, ends, ...mend(end, undefined, place) };
}

/** Of how it ended rather than of what it waits for: that it waits is only what follows. */
function mend(end: Terminated | undefined, waits: Reason | undefined, place: Place): { readonly remedy?: string } {
  const known = (end === undefined ? undefined : findReason('terminated', end.reason)) ?? waits;
  return known === undefined ? {} : { remedy: remedyAt(known, place) };
}
