import * as Flags from '@oclif/core/flags';
import { listRuns, readRun } from '#adapters/journal.ts';
import { EXIT, type Exit, UserError } from '#model/errors.ts';
import { ndjsonProgress } from '#ui/ndjson.ts';
import { plainProgress } from '#ui/plain.ts';
import { oneLine } from '#ui/text.ts';
import { argument } from '../support/argument.ts';
import { BaseCommand, outputFlag } from '../support/base-command.ts';
import { journalDirectory, summariseRun } from '../support/journals.ts';

export default class RunsShow extends BaseCommand {
  static override description = 'Shows what a past run did and saw, from its journal.';
  static override examples = [
    '<%= config.bin %> runs show',
    '<%= config.bin %> runs show -o ndjson > run.ndjson',
    '<%= config.bin %> runs show --verify',
  ];
  static override args = { run: argument({ description: 'the id of the run, as "runs list" shows it (default: the latest)' }) };
  static override flags = {
    output: outputFlag(['table', 'ndjson']),
    verify: Flags.boolean({
      default: false,
      description: 'instead: whether the journal was edited, by its chain of digests and by what the commits of the run say of it',
    }),
  };

  async run(): Promise<Exit> {
    const { args, flags } = await this.parse(RunsShow);
    const run = args.run ?? listRuns(journalDirectory())[0];
    if (run === undefined) throw new UserError(`there are no journals of runs in ${journalDirectory()}`, 'anton-logging run makes one');
    if (flags.verify) return this.#verify(run, flags);
    const events = readRun(journalDirectory(), run);
    const write = (text: string): void => void process.stdout.write(text);
    const { listener } =
      flags.output === 'ndjson' ? ndjsonProgress(write) : plainProgress(write, { colours: this.colours(flags), verbose: true });
    events.forEach(listener);
    if (flags.output === 'table') {
      const { state, summary } = summariseRun(run, events);
      this.print(summary === undefined ? `${state}: the journal has no end` : `${state}: ${oneLine(summary)}`);
    }
    return EXIT.done;
  }

  async #verify(run: string, flags: { readonly output: string; readonly goals: string | undefined }): Promise<Exit> {
    const [{ openOwnGoals }, { verificationText, verifyJournal }] = await Promise.all([
      import('../support/open-goals.ts'),
      import('../support/verify-journal.ts'),
    ]);
    const verification = await verifyJournal(run, await openOwnGoals(flags));
    this.print(flags.output === 'ndjson' ? JSON.stringify(verification) : verificationText(verification));
    return verification.misfits.length === 0 ? EXIT.done : EXIT.failed;
  }
}
