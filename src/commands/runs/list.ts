import { listRuns } from '#adapters/journal.ts';
import { EXIT, type Exit } from '#model/errors.ts';
import { drawTable } from '#ui/table.ts';
import { oneLine, painter, shortTime } from '#ui/text.ts';
import { BaseCommand, outputFlag } from '../support/base-command.ts';
import { journalDirectory, readOrSkip, startOf, summariseRun } from '../support/journals.ts';

export default class RunsList extends BaseCommand {
  static override description = 'Lists the runs that this machine has made, latest first.';
  static override examples = ['<%= config.bin %> runs list', '<%= config.bin %> runs list -o json'];
  static override flags = { output: outputFlag(['table', 'json']) };

  async run(): Promise<Exit> {
    const { flags } = await this.parse(RunsList);
    const runs = listRuns(journalDirectory()).map((run) => {
      const events = readOrSkip(run);
      return { ...summariseRun(run, events), goals: startOf(events)?.goals ?? '', cluster: startOf(events)?.cluster ?? '' };
    });
    if (flags.output === 'json') this.print(JSON.stringify(runs, undefined, 2));
    else if (runs.length === 0) this.print('There are no runs yet.');
    else {
      const rows = runs.map(({ id, state, started_at, cluster }) => [id, state, shortTime(started_at), oneLine(cluster)]);
      this.print(drawTable(['Run', 'State', 'Started', 'Cluster'], [22, 12, 21, 22], rows, painter(this.colours(flags)).dim).trimEnd());
    }
    return EXIT.done;
  }
}
