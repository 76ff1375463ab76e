import { EXIT, type Exit } from '#model/errors.ts';
import { metricMethods, metricTable } from '#ui/tables.ts';
import { BaseCommand, outputFlag } from './support/base-command.ts';
import { reportObserved } from './support/report.ts';
import { exitOfMetrics } from './support/report-exit.ts';
import { exitCodeFlag } from './support/report-flags.ts';

export default class Metrics extends BaseCommand {
  static override description =
    'Shows each success metric: its target, what was measured, how and when. Metrics report; they gate nothing.';
  static override examples = ['<%= config.bin %> metrics', '<%= config.bin %> metrics -o json'];
  static override flags = { output: outputFlag(['table', 'json']), 'exit-code': exitCodeFlag };

  async run(): Promise<Exit> {
    const { flags } = await this.parse(Metrics);
    const { metrics } = await reportObserved(flags);
    if (flags.output === 'json') this.print(JSON.stringify(metrics, undefined, 2));
    else this.print(`${metricTable(metrics, this.colours(flags))}\nHow they are measured\n${metricMethods(metrics)}`.trimEnd());
    return flags['exit-code'] ? exitOfMetrics(metrics.map(({ state }) => state)) : EXIT.done;
  }
}
