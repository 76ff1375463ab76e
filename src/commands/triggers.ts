import { EXIT, type Exit } from '#model/errors.ts';
import { triggerTable } from '#ui/tables.ts';
import { BaseCommand, outputFlag } from './support/base-command.ts';
import { reportObserved } from './support/report.ts';
import { exitOfTriggers } from './support/report-exit.ts';
import { exitCodeFlag } from './support/report-flags.ts';

export default class Triggers extends BaseCommand {
  static override description = 'Shows each trigger condition: whether it is met, what was observed, and its threshold.';
  static override examples = ['<%= config.bin %> triggers', '<%= config.bin %> triggers -o json --exit-code'];
  static override flags = { output: outputFlag(['table', 'json']), 'exit-code': exitCodeFlag };

  async run(): Promise<Exit> {
    const { flags } = await this.parse(Triggers);
    const { triggers } = await reportObserved(flags);
    if (flags.output === 'json') this.print(JSON.stringify(triggers, undefined, 2));
    else this.print(triggerTable(triggers, this.colours(flags)).trimEnd());
    return flags['exit-code'] ? exitOfTriggers(triggers.map(({ state }) => state)) : EXIT.done;
  }
}
