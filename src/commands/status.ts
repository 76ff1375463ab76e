import * as Flags from '@oclif/core/flags';
import { EXIT, type Exit } from '#model/errors.ts';
import { statusMarkdown } from '#ui/markdown.ts';
import { statusTables } from '#ui/tables.ts';
import { BaseCommand, outputFlag } from './support/base-command.ts';
import { reportObserved, reportOffline } from './support/report.ts';
import { exitOfStatus } from './support/report-exit.ts';
import { exitCodeFlag } from './support/report-flags.ts';

export default class Status extends BaseCommand {
  static override description =
    'Shows how far the rollout is: phases, objectives, triggers, metrics, and what it waits for since when.\n' +
    'Looks at the cluster and writes nothing; with --offline it shows what the goals file claims.';
  static override examples = [
    '<%= config.bin %> status --offline',
    '<%= config.bin %> status --context homelab',
    '<%= config.bin %> status --offline -o markdown',
  ];
  static override flags = {
    offline: Flags.boolean({ default: false, description: "show the file's claims only; look at nothing" }),
    output: outputFlag(['table', 'json', 'markdown']),
    'exit-code': exitCodeFlag,
  };

  async run(): Promise<Exit> {
    const { flags } = await this.parse(Status);
    const report = await (flags.offline ? reportOffline(flags) : reportObserved(flags));
    if (flags.output === 'json') this.print(JSON.stringify(report, undefined, 2));
    else if (flags.output === 'markdown') this.print(statusMarkdown(report));
    else this.print(statusTables(report, this.colours(flags)).trimEnd());
    return flags['exit-code'] ? exitOfStatus(report) : EXIT.done;
  }
}
