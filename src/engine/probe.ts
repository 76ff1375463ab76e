import type { Probe } from '#model/check.ts';
import type { Outcome } from '#model/verdict.ts';
import { executeChange, type Place } from './execute.ts';
import type { RunTools } from './run-tools.ts';
import { awaitChecks } from './wait.ts';

/** Numbers the changes of one objective. */
export type Count = () => number;

/**
 * Writes, looks until the probe is decided, and undoes its writes even when it failed or the run was interrupted.
 * @returns the outcome, or undefined when one of its own writes was refused (the event says why)
 */
export async function runProbe(
  probe: Probe,
  where: Omit<Place, 'number'>,
  count: Count,
  tools: RunTools,
  onJudged: (outcome: Outcome) => void,
): Promise<Outcome | undefined> {
  const { before, reads, judge, after } = probe.with(markOf(tools));
  try {
    for (const change of before) {
      if ((await executeChange(change, { ...where, number: count() }, tools)) === 'failed') return undefined;
    }
    const check = { id: probe.id, title: probe.title, holds: probe.holds, reads, judge };
    const { outcomes } = await awaitChecks([check], {
      ...tools.context,
      signal: tools.signal,
      timeout: tools.request.timeout,
      onJudged: (_, outcome) => onJudged(outcome),
    });
    return outcomes.get(probe.id);
  } finally {
    await undo(after, where, count, tools);
  }
}

/** An interrupted run still undoes: with a signal of its own, so that Ctrl-C doesn't leave the probe's objects behind. */
async function undo(after: ReturnType<Probe['with']>['after'], where: Omit<Place, 'number'>, count: Count, tools: RunTools): Promise<void> {
  const patient = { ...tools, signal: AbortSignal.timeout(10_000) };
  for (const change of after) await executeChange(change, { ...where, number: count() }, patient);
}

/** Different in every run and at every moment: an earlier run's remains can't be mistaken for this one's. */
function markOf({ request, context }: RunTools): string {
  return `${request.run}-${context.clock.now().getTime().toString(36)}`;
}
