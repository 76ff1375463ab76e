import { EXIT, type Exit } from '#model/errors.ts';
import { drawTable } from '#ui/table.ts';
import { oneLine, painter, statusColour } from '#ui/text.ts';
import { BaseCommand, outputFlag } from '../support/base-command.ts';
import { reportOffline } from '../support/report.ts';

export default class PhaseList extends BaseCommand {
  static override description = 'Lists the phases with what the goals file claims of each.';
  static override examples = ['<%= config.bin %> phase list'];
  static override flags = { output: outputFlag(['table', 'json']) };

  async run(): Promise<Exit> {
    const { flags } = await this.parse(PhaseList);
    const { phases } = await reportOffline(flags);
    if (flags.output === 'json') {
      this.print(JSON.stringify(phases, undefined, 2));
      return EXIT.done;
    }
    const paint = painter(this.colours(flags));
    const rows = phases.map(({ number, name, status, progress }) => [
      String(number),
      oneLine(name),
      { text: status, paint: statusColour(paint, status) },
      `${progress.done} of ${progress.total}`,
    ]);
    this.print(drawTable(['', 'Phase', 'Claimed', 'Deliverables'], [3, 40, 13, 14], rows, paint.dim).trimEnd());
    return EXIT.done;
  }
}
