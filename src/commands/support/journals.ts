import { join } from 'node:path';
import { listRuns, readRun, stateDirectory } from '#adapters/journal.ts';
import { UserError } from '#model/errors.ts';
import type { Event, TakingBack } from '#model/event.ts';
import type { LastRun } from '#model/status.ts';

/** Where the journals of runs are kept. */
export function journalDirectory(): string {
  return join(stateDirectory(process.env), 'runs');
}

/** The latest run of a goals file, as its journal tells it; undefined when this machine has made none. */
export function findLastRun(goals: string): LastRun | undefined {
  for (const run of listRuns(journalDirectory())) {
    const events = readOrSkip(run);
    if (startOf(events)?.goals === goals) return summariseRun(run, events);
  }
  return undefined;
}

/** What a journal says of its run; without an end it was killed, or goes on. */
export function summariseRun(run: string, events: readonly Event[]): LastRun {
  const last = events.at(-1);
  const started = events[0]?.time ?? '';
  if (last?.type !== 'run.finished') return { id: run, state: 'unfinished', started_at: started };
  return { id: run, state: last.state, started_at: started, finished_at: last.time, summary: last.summary };
}

export function startOf(events: readonly Event[]): Extract<Event, { type: 'run.started' }> | undefined {
  const [first] = events;
  return first?.type === 'run.started' ? first : undefined;
}

/** Whether a run of this machine began to carry out the saved plan with this digest. */
export function hasBegun(plan: string): boolean {
  return listRuns(journalDirectory()).some((run) => {
    const events = readOrSkip(run);
    return startOf(events)?.plan === plan && events.some(({ type }) => type === 'phase.started');
  });
}

export interface Unfinished {
  readonly run: string;
  readonly from: number;
  readonly to: number;
  readonly back?: TakingBack;
}

/**
 * The run to continue: the one that was named, else the latest of this goals file unless it was completed.
 * @throws UserError when the named run is unknown or belongs to other goals
 */
export function findUnfinished(goals: string, named: string | undefined): Unfinished | undefined {
  if (named !== undefined) {
    const start = startOf(readRun(journalDirectory(), named));
    if (start?.goals === goals) return unfinishedOf(named, start);
    throw new UserError(`run ${named} belongs to ${start?.goals ?? 'no goals file'}, not to ${goals}`, 'name its goals file with --goals');
  }
  for (const run of listRuns(journalDirectory())) {
    const events = readOrSkip(run);
    const start = startOf(events);
    // One that was refused at the door began nothing that could be continued.
    const wasRefused = summariseRun(run, events).state === 'refused' && !events.some(({ type }) => type === 'phase.started');
    if (start?.goals !== goals || wasRefused) continue;
    return summariseRun(run, events).state === 'completed' ? undefined : unfinishedOf(run, start);
  }
  return undefined;
}

function unfinishedOf(run: string, { from, to, back }: Omit<Unfinished, 'run'>): Unfinished {
  return { run, from, to, ...(back === undefined ? {} : { back }) };
}

/** A journal that can't be read holds nobody up: cluster and Git are the truth, and are judged first anyway. */
export function readOrSkip(run: string): readonly Event[] {
  try {
    return readRun(journalDirectory(), run);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`Warning: passed over: ${error.message}\n`);
    return [];
  }
}
