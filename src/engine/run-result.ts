import { EXIT, type Exit, Unobserved, Unreadable, UserError } from '#model/errors.ts';
import type { RunState } from '#model/event.ts';
import { runStateOf } from './exit.ts';
import type { PhaseResult } from './phase.ts';

export interface RunResult {
  readonly exit: Exit;
  readonly state: RunState;
  readonly summary: string;
  readonly remedy?: string;
}

export function finish(exit: Exit, summary: string, remedy?: string): RunResult {
  return { exit, state: runStateOf(exit), summary, ...(remedy === undefined ? {} : { remedy }) };
}

export function lost(why: string): RunResult {
  return finish(EXIT.locked, `the Lease was lost: ${why}`, 'see who holds it with `anton-logging unlock`, then resume');
}

export function interrupted(): RunResult {
  return finish(EXIT.interrupted, 'interrupted; what was done is recorded', 'anton-logging resume');
}

/** What the user can act on; anything else is thrown again. */
export function resultOfError(error: unknown): RunResult {
  if (error instanceof UserError) return finish(error.exit, error.message, error.remedy);
  if (error instanceof Unobserved) return finish(EXIT.unknown, error.message, `${error.remedy}, then: anton-logging resume`);
  if (error instanceof Unreadable)
    return finish(EXIT.unknown, error.message, 'see what changes the answers of this API server on their way, then: anton-logging resume');
  throw error;
}

/** For a person: what is wrong, down to the innermost cause. */
export function paragraphOf(result: PhaseResult | undefined): string {
  return [result?.reason ?? 'not completed', ...(result?.because ?? [])].join(', because ');
}
