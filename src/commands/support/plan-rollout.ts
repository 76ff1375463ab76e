import type { Exit } from '#model/errors.ts';
import { openOwnGoals } from './open-goals.ts';
import { exitOfPlan } from './report-exit.ts';
import type { RunFlags } from './run-flags.ts';

type PlanFlags = Omit<RunFlags, 'yes' | 'overwrite' | 'repair'> & {
  readonly goals: string | undefined;
  readonly 'exit-code': boolean;
  readonly out?: string | undefined;
};

/** Shows what a run would do; writes nothing. Exits 0 when it could show it, unless asked for what the run would say. */
export async function planRollout(from: number, to: number, flags: PlanFlags): Promise<Exit> {
  const goals = await openOwnGoals(flags);
  const { runRollout } = await import('./run-rollout.ts');
  const exit = await runRollout(
    { goals, from, to, apply: true, dryRun: true, ...(flags.out === undefined ? {} : { out: flags.out }) },
    { ...flags, yes: false, overwrite: false, repair: false },
  );
  return flags['exit-code'] ? exit : exitOfPlan(exit);
}
