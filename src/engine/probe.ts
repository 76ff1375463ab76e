import type { Probe, Probing } from '#model/check.ts';
import type { Outcome } from '#model/verdict.ts';
import { diagnose } from './diagnosis.ts';
import { executeChange, type Refusal } from './execute.ts';
import type { ObjectiveLog } from './objective-log.ts';
import type { RunTools } from './run-tools.ts';
import { awaitChecks } from './wait.ts';

/**
 * Writes, looks until the probe is decided, and undoes its writes even when it failed or the run was interrupted.
 * @returns the outcome, why one of its own writes was refused, or undefined when it was interrupted
 */
export async function runProbe(probe: Probe, log: ObjectiveLog, tools: RunTools): Promise<Outcome | Refusal | undefined> {
  const { before, after, ...looking } = probe.with(markOf(tools));
  try {
    for (const change of before) {
      const done = await executeChange(change, log.next(), tools);
      if (typeof done === 'object' && 'refused' in done) return done;
      if (done === 'interrupted') return undefined;
    }
    const { id, title, holds, diagnosis } = probe;
    const check = { id, title, holds, ...looking, ...(diagnosis === undefined ? {} : { diagnosis }) };
    const { outcomes } = await awaitChecks([check], {
      ...tools.context,
      signal: tools.signal,
      timeout: tools.request.timeout,
      onJudged: (_, outcome, atDeadline) => log.judged(probe, outcome, atDeadline),
      explain: (red, all) => diagnose(red, all, { ...tools.context, signal: tools.signal }),
    });
    return outcomes.get(probe.id);
  } finally {
    await undo(after, log, tools);
  }
}

/** An interrupted run still undoes: with a signal of its own, so that Ctrl-C doesn't leave the probe's objects behind. */
async function undo(after: Probing['after'], log: ObjectiveLog, tools: RunTools): Promise<void> {
  const patient = { ...tools, signal: AbortSignal.timeout(10_000) };
  for (const change of after) await executeChange(change, log.next(), patient);
}

/** Different in every run and at every moment: an earlier run's remains can't be mistaken for this one's. */
function markOf({ request, context }: RunTools): string {
  return `${request.run}-${context.clock.now().getTime().toString(36)}`;
}
