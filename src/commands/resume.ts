import type { Exit } from '#model/errors.ts';
import { argument } from './support/argument.ts';
import { BaseCommand } from './support/base-command.ts';
import { lastPhase } from './support/catalogue.ts';
import { findUnfinished } from './support/journals.ts';
import { openOwnGoals } from './support/open-goals.ts';
import { openPlanOf, runFlags } from './support/run-flags.ts';

export default class Resume extends BaseCommand {
  static override description =
    'Continues the last unfinished run of the goals; without one, whatever phases are not completed.\n' +
    'Everything is judged first: what is done already is not done again.';
  static override examples = ['<%= config.bin %> resume', '<%= config.bin %> resume --yes -o ndjson'];
  static override args = { run: argument({ description: 'the id of the run, as "runs list" shows it' }) };
  static override flags = runFlags;

  async run(): Promise<Exit> {
    const { args, flags } = await this.parse(Resume);
    const plan = await openPlanOf(flags);
    const goals = await openOwnGoals(flags);
    const unfinished = findUnfinished(goals.file.path, args.run);
    const { runRollout } = await import('./support/run-rollout.ts');
    return runRollout(
      {
        goals,
        from: plan?.plan.from ?? unfinished?.from ?? 0,
        to: plan?.plan.to ?? unfinished?.to ?? lastPhase(),
        apply: true,
        dryRun: false,
        ...(unfinished === undefined ? {} : { resumes: unfinished.run }),
        ...(unfinished?.back === undefined ? {} : { back: unfinished.back }),
        ...(plan === undefined ? {} : { plan }),
      },
      flags,
    );
  }
}
