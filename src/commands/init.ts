import { relative } from 'node:path';
import { EXIT, type Exit } from '#model/errors.ts';
import { BaseCommand, outputFlag } from './support/base-command.ts';

export default class Init extends BaseCommand {
  static override description =
    'Looks at the cluster and at the Git checkout, and writes goals that fit them: goals/goals.json, or what --goals names.\n' +
    'Says of each setting whether it was found or guessed, and where it came from; what is not there is skipped later.\n' +
    'Writes into the checkout only, commits nothing, and never replaces a goals file.';
  static override examples = ['<%= config.bin %> init', '<%= config.bin %> init --context homelab --goals logging/goals.json'];
  static override flags = { output: outputFlag(['table', 'json']) };

  async run(): Promise<Exit> {
    const { flags } = await this.parse(Init);
    const [{ initGoals }, { draftText }] = await Promise.all([import('./support/init-goals.ts'), import('#ui/draft.ts')]);
    const { file, findings } = await initGoals(flags);
    if (flags.output === 'json') this.print(JSON.stringify({ file, settings: findings }, undefined, 2));
    else this.print(draftText(relative(process.cwd(), file), findings, this.colours(flags)));
    return EXIT.done;
  }
}
