import type { ContainerStatus, Pod, Terminated } from './objects.ts';
import { findReason, isTerminal, type Place, type Reason, remedyAt } from './reasons.ts';

/** How long after a restart a container is not yet believed: Ready between two crashes is not quiet. */
const RECENT = 10 * 60_000;
const RECENT_OOM = 60 * 60_000;
/** The same for one that ended at its start, once or twice, and has outlived that since. */
const RECENT_START = 60_000;
/**
 * Restarts after which nobody waits any longer: the kubelet has paused 10, 20 and 40 s by then. A container that looks up the name of
 * something newer than itself ends once or twice, and then stays.
 */
export const PATIENCE = 3;

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
  if (end.reason === 'OOMKilled') return ageOf(end, now) < RECENT_OOM;
  return ageOf(end, now) < RECENT && !(container.restartCount < PATIENCE && hasOutlived(container, end, now));
}

/** Whether it runs for longer than twice what it ran before: what ended it at that point does not any more. */
function hasOutlived({ state: { running } }: ContainerStatus, { startedAt, finishedAt }: Terminated, now: Date): boolean {
  if (running?.startedAt === undefined || startedAt === undefined || finishedAt === undefined) return false;
  const before = Date.parse(finishedAt) - Date.parse(startedAt);
  return now.getTime() - Date.parse(running.startedAt) >= Math.max(RECENT_START, 2 * before);
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
