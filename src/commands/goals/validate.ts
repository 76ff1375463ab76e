import * as Flags from '@oclif/core/flags';
import { EXIT, type Exit, UserError } from '#model/errors.ts';
import { oneLine } from '#ui/text.ts';
import { argument } from '../support/argument.ts';
import { BaseCommand } from '../support/base-command.ts';
import { openGoals } from '../support/open-goals.ts';

export default class GoalsValidate extends BaseCommand {
  static override description = 'Says whether a goals file can be loaded, and what had to be normalised to do so.';
  static override examples = ['<%= config.bin %> goals validate goals/goals.json', '<%= config.bin %> goals validate --strict'];
  static override args = { file: argument({ description: 'the goals file (default: as --goals)' }) };
  static override flags = { strict: Flags.boolean({ default: false, description: 'treat warnings as errors' }) };

  async run(): Promise<Exit> {
    const { args, flags } = await this.parse(GoalsValidate);
    const { file, goals, warnings } = await openGoals({ goals: args.file ?? flags.goals });
    for (const warning of warnings) this.tell(`Warning: ${oneLine(warning)}`);
    if (flags.strict && warnings.length > 0) {
      throw new UserError(`${file.path} has ${count(warnings.length, 'warning')}, and --strict allows none`, 'anton-logging goals migrate');
    }
    const objectives = goals.phases.flatMap((phase) => phase.objectives);
    this.print(
      `${file.path} can be loaded: "${oneLine(goals.initiative.name)}", rollout ${oneLine(goals.rollout)}, ` +
        `${count(goals.phases.length, 'phase')}, ${count(objectives.length, 'objective')}, ${count(warnings.length, 'warning')}`,
    );
    return EXIT.done;
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
