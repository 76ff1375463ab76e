import { type Exit, UserError } from '#model/errors.ts';
import { BaseCommand } from '../support/base-command.ts';
import { findPhase } from '../support/catalogue.ts';
import { openOwnGoals } from '../support/open-goals.ts';
import { phaseArgument } from '../support/phase-argument.ts';
import { openPlanOf, runFlags } from '../support/run-flags.ts';

export default class PhaseRun extends BaseCommand {
  static override description = 'Runs one phase; those before it have to be completed.';
  static override examples = ['<%= config.bin %> phase run 0', '<%= config.bin %> phase run phase-1 --yes -o ndjson'];
  static override args = { phase: phaseArgument };
  static override flags = runFlags;

  async run(): Promise<Exit> {
    const { args, flags } = await this.parse(PhaseRun);
    const { number } = findPhase(args.phase);
    const plan = await openPlanOf(flags);
    if (plan !== undefined && (plan.plan.from !== number || plan.plan.to !== number)) {
      throw new UserError(
        `${plan.file} is a plan of phases ${plan.plan.from} to ${plan.plan.to}, not of phase ${number}`,
        'run it with "anton-logging run --plan", or plan that phase: anton-logging plan PHASE --out FILE',
      );
    }
    const goals = await openOwnGoals(flags);
    const { runRollout } = await import('../support/run-rollout.ts');
    return runRollout({ goals, from: number, to: number, apply: true, dryRun: false, ...(plan === undefined ? {} : { plan }) }, flags);
  }
}
