import type { Exit } from '#model/errors.ts';
import { BaseCommand } from '../support/base-command.ts';
import { findPhase } from '../support/catalogue.ts';
import { phaseArgument } from '../support/phase-argument.ts';
import { planRollout } from '../support/plan-rollout.ts';
import { exitCodeFlag } from '../support/report-flags.ts';
import { lookFlags, outFlag } from '../support/run-flags.ts';

export default class PhasePlan extends BaseCommand {
  static override description = 'Shows what running one phase would do and why. Writes nothing.';
  static override examples = ['<%= config.bin %> phase plan 1'];
  static override args = { phase: phaseArgument };
  static override flags = { ...lookFlags, out: outFlag, 'exit-code': exitCodeFlag };

  async run(): Promise<Exit> {
    const { args, flags } = await this.parse(PhasePlan);
    const { number } = findPhase(args.phase);
    return planRollout(number, number, flags);
  }
}
