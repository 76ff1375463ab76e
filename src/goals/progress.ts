import type { Status } from '#model/event.ts';
import type { Progress } from '#model/status.ts';

/** What is skipped counts as done: it needs nothing any more. An empty list is at 0 %. */
export function progressOf(statuses: readonly Status[]): Progress {
  const total = statuses.length;
  const done = statuses.filter(isDone).length;
  return { done, total, percent: total === 0 ? 0 : Math.floor((done * 100) / total) };
}

/** What is wrong shows first; completed only when every objective is, a skipped one counting as completed. */
export function phaseStatusOf(objectiveStatuses: readonly Status[]): Status {
  return combine(objectiveStatuses);
}

/** Derived, never claimed: completed only when every phase is. */
export function initiativeStatusOf(phaseStatuses: readonly Status[]): Status {
  return combine(phaseStatuses);
}

function combine(statuses: readonly Status[]): Status {
  const has = (status: Status) => statuses.includes(status);
  if (statuses.length > 0 && statuses.every(isDone)) return has('completed') ? 'completed' : 'skipped';
  for (const status of ['failed', 'regressed', 'blocked', 'in_progress', 'waiting'] as const) if (has(status)) return status;
  return has('completed') ? 'in_progress' : 'pending';
}

function isDone(status: Status): boolean {
  return status === 'completed' || status === 'skipped';
}
