import type { Exit } from '#model/errors.ts';
import { BaseCommand } from '../support/base-command.ts';
import { findPhase } from '../support/catalogue.ts';
import { openOwnGoals } from '../support/open-goals.ts';
import { phaseArgument } from '../support/phase-argument.ts';
import { lookFlags, runOutputFlag } from '../support/run-flags.ts';

export default class PhaseValidate extends BaseCommand {
  static override description = 'Judges the checks of one phase and changes nothing in the cluster or in Git.';
  static override examples = ['<%= config.bin %> phase validate 0'];
  static override args = { phase: phaseArgument };
  static override flags = { ...lookFlags, output: runOutputFlag };

  async run(): Promise<Exit> {
    const { args, flags } = await this.parse(PhaseValidate);
    const { number } = findPhase(args.phase);
    const goals = await openOwnGoals(flags);
    const { runRollout } = await import('../support/run-rollout.ts');
    const look = { ...flags, yes: false, overwrite: false, repair: false };
    return runRollout({ goals, from: number, to: number, apply: false, dryRun: false }, look);
  }
}
