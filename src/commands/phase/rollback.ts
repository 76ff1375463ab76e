import * as Flags from '@oclif/core/flags';
import type { Exit } from '#model/errors.ts';
import { BaseCommand } from '../support/base-command.ts';
import { findPhase } from '../support/catalogue.ts';
import { openOwnGoals } from '../support/open-goals.ts';
import { phaseArgument } from '../support/phase-argument.ts';
import { exitOfPlan } from '../support/report-exit.ts';
import { runFlags } from '../support/run-flags.ts';

export default class PhaseRollback extends BaseCommand {
  static override description =
    'Takes back what a phase has committed: its files leave Git and Flux prunes what they made; values in your own files become what they\n' +
    'were. Later phases have to be rolled back before. What would be lost is refused unless it is named.';
  static override examples = [
    '<%= config.bin %> phase rollback 2 --dry-run',
    '<%= config.bin %> phase rollback 2 --yes',
    '<%= config.bin %> phase rollback 1 --lose "bucket loki-logs" --yes',
  ];
  static override args = { phase: phaseArgument };
  static override flags = {
    output: runFlags.output,
    timeout: runFlags.timeout,
    yes: runFlags.yes,
    overwrite: Flags.boolean({ default: false, description: 'remove generated files that were edited by hand, too' }),
    lose: Flags.string({ multiple: true, default: [], description: 'what may be lost by it, by name', helpValue: 'NAME' }),
    'dry-run': Flags.boolean({ default: false, description: 'show what would be taken back' }),
  };

  async run(): Promise<Exit> {
    const { args, flags } = await this.parse(PhaseRollback);
    const { number } = findPhase(args.phase);
    const goals = await openOwnGoals(flags);
    const { planRollback } = await import('../support/plan-rollback.ts');
    const back = planRollback(goals, number, flags.lose);
    const { runRollout } = await import('../support/run-rollout.ts');
    const dryRun = flags['dry-run'];
    const exit = await runRollout({ goals, from: number, to: number, apply: true, dryRun, back }, { ...flags, repair: false });
    return dryRun ? exitOfPlan(exit) : exit;
  }
}
