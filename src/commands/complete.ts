import { RootCommand } from '@bomb.sh/tab';
import { EXIT, type Exit } from '#model/errors.ts';
import { argument } from './support/argument.ts';
import { BaseCommand } from './support/base-command.ts';
import { describeCommands } from './support/completions.ts';

export default class Complete extends BaseCommand {
  static override description =
    'Prints what makes a shell complete commands, flags and their values on TAB.\n' +
    'In bash: source <(anton-logging complete bash), also in ~/.bashrc. In zsh the same with zsh, after compinit, in ~/.zshrc. In fish:\n' +
    'anton-logging complete fish | source, in ~/.config/fish/config.fish.';
  static override examples = ['<%= config.bin %> complete bash', '<%= config.bin %> complete zsh', '<%= config.bin %> complete fish'];
  static override args = { shell: argument({ required: true, options: ['bash', 'zsh', 'fish'], description: 'bash, zsh or fish' }) };

  async run(): Promise<Exit> {
    const completions = new RootCommand();
    // Asked by what it printed: what has been typed so far follows.
    if (this.argv[0] === '--') {
      describeCommands(this.config, completions);
      completions.parse(this.argv.slice(1));
      return EXIT.done;
    }
    const { args } = await this.parse(Complete);
    completions.setup(this.config.bin, this.config.bin, args.shell);
    return EXIT.done;
  }
}
