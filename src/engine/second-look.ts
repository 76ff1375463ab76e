import type { Check } from '#model/check.ts';
import type { Outcome } from '#model/verdict.ts';
import { awaitChecks, type WaitOptions } from './wait.ts';

type Outcomes = ReadonlyMap<string, Outcome>;

/**
 * Gives checks that may be red for a moment only the time to become met: what is pending, or could not be read this once.
 * @param seen the outcomes of a first look, at these checks and at others that they come after
 * @returns the newest outcome of each
 */
export async function lookAgain(checks: readonly Check[], seen: Outcomes, options: Omit<WaitOptions, 'onJudged'>): Promise<Outcomes> {
  const { clock, timeout } = options;
  const deadline = clock.now().getTime() + timeout;
  const outcomes = new Map(seen);
  for (let open = findOpen(checks, outcomes); open.length > 0; open = findOpen(checks, outcomes)) {
    const left = deadline - clock.now().getTime();
    const waited = await awaitChecks(open, { ...options, timeout: left, onJudged: () => {} });
    for (const [id, outcome] of waited.outcomes) outcomes.set(id, outcome);
    // One that failed for good ends the wait of all: the others go on without it.
    if (waited.ending !== 'failed') break;
  }
  return outcomes;
}

/** Those that may still be met. What comes after one that can't, can't either. */
function findOpen(checks: readonly Check[], outcomes: Outcomes): readonly Check[] {
  const mayBeMet = (id: string): boolean => {
    const outcome = outcomes.get(id);
    if (outcome === undefined || outcome.state === 'met') return true;
    const check = checks.find((each) => each.id === id);
    const isOver = outcome.state === 'failed' || (outcome.state === 'unknown' && outcome.permanent);
    return check !== undefined && !isOver && (check.after ?? []).every(mayBeMet);
  };
  return checks.filter(({ id }) => outcomes.get(id)?.state !== 'met' && mayBeMet(id));
}
