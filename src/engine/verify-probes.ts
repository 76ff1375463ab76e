import type { MatchedObjective } from '#goals/types.ts';
import type { Probe } from '#model/check.ts';
import { EXIT, LeaseLost, UserError } from '#model/errors.ts';
import type { Outcome } from '#model/verdict.ts';
import type { RunContext } from './context.ts';
import { createEmit } from './emit.ts';
import { ObjectiveLog } from './objective-log.ts';
import { describePermission, permissionsToValidate } from './permissions.ts';
import { runProbe } from './probe.ts';
import type { RunTools } from './run-tools.ts';

export interface DueProbe {
  readonly phase: number;
  readonly objective: MatchedObjective;
  readonly probe: Probe;
}

/**
 * Runs probes one after the other, as the writer that it is: permissions first, then under the Lease.
 * @param timeout milliseconds that each may take
 * @returns each probe's outcome by its id; one whose own writes were refused could not be told
 * @throws UserError when permissions are missing (exit 5), or somebody else holds or takes the Lease (exit 4)
 */
export async function runProbes(
  due: readonly DueProbe[],
  context: RunContext,
  { run, timeout }: { readonly run: string; readonly timeout: number },
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  if (due.length === 0) return outcomes;
  await refuseWithoutPermissions(due, context);
  const lost = new AbortController();
  const lock = await context.lock.acquire(run, (why) => lost.abort(new LeaseLost(why)), context.signal);
  const phases = due.map(({ phase }) => phase);
  const tools: RunTools = {
    context,
    request: {
      ...{ run, from: Math.min(...phases), to: Math.max(...phases), timeout },
      ...{ dryRun: false, overwrite: false, repair: false, apply: true },
    },
    emit: createEmit(context, run),
    signal: AbortSignal.any([context.signal, lost.signal]),
    lock,
    // All that are due run.
    lastChangeBefore: () => undefined,
  };
  try {
    for (const { phase, objective, probe } of due) {
      lock.describe(phase);
      const outcome = await runProbe(probe, new ObjectiveLog(phase, objective, tools), tools);
      tools.signal.throwIfAborted();
      if (outcome !== undefined) outcomes.set(probe.id, 'refused' in outcome ? untold(outcome.refused, outcome.remedy) : outcome);
    }
    return outcomes;
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
    throw new UserError(`the Lease was lost: ${error.message}`, 'see who holds it with `anton-logging unlock`', EXIT.locked);
  } finally {
    await lock.release();
  }
}

async function refuseWithoutPermissions(due: readonly DueProbe[], { access, signal }: RunContext): Promise<void> {
  const needed = permissionsToValidate(due.map(({ probe }) => probe));
  const denied = await access.denied(needed, signal);
  if (denied.length === 0) return;
  throw new UserError(
    `${denied.length} of ${needed.length} permissions to run probes are missing:\n${denied.map((one) => `  ${describePermission(one)}`).join('\n')}`,
    'grant them to the user or service account of this kubeconfig, or verify without --probe',
    EXIT.notReady,
  );
}

function untold(refused: string, remedy: string): Outcome {
  return { state: 'unknown', permanent: true, saw: 'what it has to write was refused', cause: [refused], remedy };
}
