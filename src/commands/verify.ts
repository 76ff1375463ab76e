import * as Flags from '@oclif/core/flags';
import type { Exit } from '#model/errors.ts';
import { BaseCommand, outputFlag } from './support/base-command.ts';
import { openOwnGoals } from './support/open-goals.ts';
import { readTimeout } from './support/run-flags.ts';

export default class Verify extends BaseCommand {
  static override description =
    'Judges again what should always hold: what was shown once and does not hold any more is a regression (exit 6).\n' +
    'So is what was changed in Git or in the cluster beside it: told with who changed it and when.\n' +
    'Writes nothing, unless --record is given (into the goals file) or --probe (lines and objects that are taken away again).\n' +
    'What is red of an objective that nobody has finished is no regression: exit 5, or 1 where a run failed there.';
  static override examples = [
    '<%= config.bin %> verify',
    '<%= config.bin %> verify --probe --record',
    '<%= config.bin %> verify -o junit > verify.xml',
  ];
  static override flags = {
    output: outputFlag(['table', 'json', 'junit']),
    probe: Flags.boolean({ default: false, description: 'run the probes afresh: they write for a moment, under the Lease' }),
    record: Flags.boolean({ default: false, description: 'write what was seen of finished objectives into the goals file' }),
    timeout: Flags.string({
      default: '2m',
      description: 'how long what held before may be pending, and a probe may take, until it counts as regressed',
      helpValue: '2m',
    }),
  };

  async run(): Promise<Exit> {
    const { flags } = await this.parse(Verify);
    const request = { probe: flags.probe, record: flags.record, timeout: readTimeout(flags.timeout) };
    const goals = await openOwnGoals(flags);
    const { verifyGoals } = await import('./support/verify-goals.ts');
    return verifyGoals(goals, request, { ...flags, colours: this.colours(flags) });
  }
}
