import { bringIn } from '#commands/support/faults.ts';
import { EXIT } from '#model/errors.ts';
import type { Fault } from '#rehearsal/faults/fault.ts';
import { type Completed, checksOf, type Fork, fork } from './fork.ts';
import { startRehearsal } from './rehearsal.ts';

/** What became of a fault that was brought in. */
export interface FaultResult {
  readonly fault: string;
  /** Where it was brought in: into a completed rollout, which was then verified, or into one on its way. */
  readonly into: 'completed' | 'running';
  /** Of the check that should find it; undefined when it was not judged. */
  readonly state: string | undefined;
  /** What that check said: what it saw, why, and what to do. */
  readonly said: string;
  /** Whether the named check is not met, for the named reason; of one that goes by itself, whether the rollout came through. */
  readonly caught: boolean;
  /** Checks that are not met either. */
  readonly others: readonly string[];
}

/** How long what is only pending may take; milliseconds of the world's time. */
const PATIENCE = 120_000;

/** Brings a fault into the completed rollout, or where it shows only on the way, into one that runs. */
export async function examineFault(fault: Fault, completed: Completed): Promise<FaultResult> {
  if (!showsOnTheWayOnly(fault, completed)) {
    const result = await examineStanding(fault, completed);
    if (result.caught) return result;
  }
  return examineOnTheWay(fault);
}

async function examineStanding(fault: Fault, completed: Completed): Promise<FaultResult> {
  const forked = await fork(completed);
  try {
    bringIn(fault, forked.world);
    const red = checksOf(await forked.verify(PATIENCE)).filter(({ state, deferred }) => state !== 'met' && state !== 'stale' && !deferred);
    const found = red.find(({ id }) => id === fault.check);
    const said = found === undefined ? '' : [found.saw, ...(found.cause ?? []), found.remedy ?? ''].join(' ');
    const others = red.map(({ id }) => id).filter((id) => id !== fault.check);
    return { fault: fault.name, into: 'completed', state: found?.state ?? 'met', said, caught: isCaught(fault, said), others };
  } finally {
    await lift(fault, forked);
    await forked.stop();
  }
}

async function examineOnTheWay(fault: Fault): Promise<FaultResult> {
  const { run, stop } = await startRehearsal([fault]);
  try {
    const { exit, events } = await run(fault.phase, PATIENCE);
    if (fault.heals) return { fault: fault.name, into: 'running', state: 'met', said: '', caught: exit === EXIT.done, others: [] };
    const judged = events.flatMap((event) => (event.type === 'check.judged' ? [event] : []));
    const last = new Map(judged.map((event) => [event.check, event]));
    const found = last.get(fault.check);
    const isRed = found !== undefined && found.state !== 'met';
    const said = isRed ? [found.summary, ...(found.cause ?? []), found.remedy ?? ''].join(' ') : '';
    const others = [...last.values()].filter(({ check, state }) => state !== 'met' && check !== fault.check).map(({ check }) => check);
    return { fault: fault.name, into: 'running', state: found?.state, said, caught: isRed && isCaught(fault, said), others };
  } finally {
    await stop();
  }
}

/** Some strike the Git repository, which all forks share. */
async function lift({ name }: Fault, { world, settle }: Fork): Promise<void> {
  world.store.remove({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'rehearsal', name: `fault-${name}` });
  await settle();
}

function isCaught({ says }: Fault, said: string): boolean {
  return said !== '' && says.every((words) => said.includes(words));
}

/** It goes by itself, its check is judged before something or once, or what it needs has to stand in the goals first. */
function showsOnTheWayOnly({ check, settings, heals }: Fault, { standing }: Completed): boolean {
  return heals || settings !== undefined || !standing.includes(check);
}
