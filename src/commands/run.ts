import * as Flags from '@oclif/core/flags';
import { type Exit, UserError } from '#model/errors.ts';
import { BaseCommand } from './support/base-command.ts';
import { findPhase, lastPhase } from './support/catalogue.ts';
import { openOwnGoals } from './support/open-goals.ts';
import { exitOfPlan } from './support/report-exit.ts';
import { openPlanOf, runFlags } from './support/run-flags.ts';

export default class Run extends BaseCommand {
  static override description = 'Runs the phases in order; what is shown to be done already is passed over.';
  static override examples = [
    '<%= config.bin %> run',
    '<%= config.bin %> run --from 1 --to 2 --yes',
    '<%= config.bin %> run --plan plan.json',
    '<%= config.bin %> run --dry-run',
  ];
  static override flags = {
    ...runFlags,
    from: Flags.string({ description: 'the first phase (default: 0)', helpValue: 'N', exclusive: ['plan'] }),
    to: Flags.string({ description: 'the last phase (default: the last there is)', helpValue: 'N', exclusive: ['plan'] }),
    'dry-run': Flags.boolean({ default: false, description: 'show what would be done, as "plan" does' }),
  };

  async run(): Promise<Exit> {
    const { flags } = await this.parse(Run);
    const plan = await openPlanOf(flags);
    const from = plan?.plan.from ?? (flags.from === undefined ? 0 : findPhase(flags.from).number);
    const to = plan?.plan.to ?? (flags.to === undefined ? lastPhase() : findPhase(flags.to).number);
    if (from > to) throw new UserError(`--from ${from} comes after --to ${to}`, 'name the phases in their order');
    const goals = await openOwnGoals(flags);
    const { runRollout } = await import('./support/run-rollout.ts');
    const dryRun = flags['dry-run'];
    const exit = await runRollout({ goals, from, to, apply: true, dryRun, ...(plan === undefined ? {} : { plan }) }, flags);
    return dryRun ? exitOfPlan(exit) : exit;
  }
}
