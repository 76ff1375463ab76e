import type { Change } from '#model/change.ts';
import type { Check } from '#model/check.ts';
import type { Outcome } from '#model/verdict.ts';
import { diagnose } from './diagnosis.ts';
import type { ObjectiveLog, ObjectiveResult } from './objective-log.ts';
import { performChanges } from './perform.ts';
import type { RunTools } from './run-tools.ts';
import { awaitChecks, findDecisive } from './wait.ts';

/**
 * Waits for the checks. What a failed one offers to mend is done when the user allows it, and then it waits on: one repair at a time
 * in the order of the checks, for the first may mend what the others found, and each only once, for what failed again needs a person.
 * @param mended ids of the checks whose repair was tried before; it grows
 */
export async function awaitOrRepair(
  checks: readonly Check[],
  mended: Set<string>,
  log: ObjectiveLog,
  tools: RunTools,
): Promise<ObjectiveResult | undefined> {
  const { context, request, signal } = tools;
  const canRepair = (outcomes: ReadonlyMap<string, Outcome>) => request.repair && findRepair(checks, outcomes, mended) !== undefined;
  for (;;) {
    const { ending, outcomes } = await awaitChecks(checks, {
      ...context,
      signal,
      timeout: request.timeout,
      onJudged: (check, outcome, atDeadline) => log.judged(check, outcome, atDeadline),
      explain: async (red, all) => (canRepair(all) ? all : diagnose(red, all, { ...context, signal })),
    });
    if (ending === 'aborted') return log.interrupted();
    const red = findDecisive(checks, outcomes);
    if (red === undefined) return undefined;
    const next = request.repair ? findRepair(checks, outcomes, mended) : undefined;
    if (next === undefined) return log.notMet(red.check.title, red.outcome);
    mended.add(next.id);
    const stopped = await performChanges(next.changes, log, tools);
    if (stopped !== undefined) return stopped;
  }
}

function findRepair(
  checks: readonly Check[],
  outcomes: ReadonlyMap<string, Outcome>,
  mended: ReadonlySet<string>,
): { readonly id: string; readonly changes: readonly Change[] } | undefined {
  for (const { id } of checks) {
    const outcome = outcomes.get(id);
    if (outcome?.state === 'failed' && outcome.repair !== undefined && !mended.has(id)) return { id, changes: outcome.repair };
  }
  return undefined;
}
