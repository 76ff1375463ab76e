import { openGoalsFile } from '#adapters/files.ts';
import { migrateGoals } from '#goals/migrate.ts';
import { EXIT, type Exit } from '#model/errors.ts';
import { argument } from '../support/argument.ts';
import { BaseCommand } from '../support/base-command.ts';
import { locateGoals } from '../support/open-goals.ts';

export default class GoalsMigrate extends BaseCommand {
  static override description = "Rewrites a goals file in today's form, in place, keeping what it does not know.";
  static override examples = ['<%= config.bin %> goals migrate goals/goals.json'];
  static override args = { file: argument({ description: 'the goals file (default: as --goals)' }) };

  async run(): Promise<Exit> {
    const { args, flags } = await this.parse(GoalsMigrate);
    const file = openGoalsFile(locateGoals(args.file ?? flags.goals));
    const before = await file.read();
    await file.update((text) => migrateGoals(text, file.path));
    const changed = (await file.read()) !== before;
    this.print(changed ? `${file.path} was rewritten in today's form` : `${file.path} is in today's form already`);
    return EXIT.done;
  }
}
