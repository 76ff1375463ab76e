import { EXIT, type Exit } from '#model/errors.ts';
import schema from '../../../goals/goals.schema.json' with { type: 'json' };
import { BaseCommand } from '../support/base-command.ts';

export default class GoalsSchema extends BaseCommand {
  static override description = 'Prints the JSON Schema of the goals file.';
  static override examples = ['<%= config.bin %> goals schema > goals/goals.schema.json'];

  async run(): Promise<Exit> {
    await this.parse(GoalsSchema);
    this.print(JSON.stringify(schema, undefined, 2));
    return EXIT.done;
  }
}
