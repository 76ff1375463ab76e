import type { Exit } from '#model/errors.ts';
import { argument } from './support/argument.ts';
import { BaseCommand } from './support/base-command.ts';
import { findPhase, lastPhase } from './support/catalogue.ts';
import { planRollout } from './support/plan-rollout.ts';
import { exitCodeFlag } from './support/report-flags.ts';
import { lookFlags, outFlag } from './support/run-flags.ts';

export default class Plan extends BaseCommand {
  static override description = 'Shows what a run would do and why, with diffs against the cluster and the repository. Writes nothing.';
  static override examples = ['<%= config.bin %> plan', '<%= config.bin %> plan 2', '<%= config.bin %> plan --out plan.json'];
  static override args = { phase: argument({ description: 'the phase: 2 or phase-2 (default: all)' }) };
  static override flags = { ...lookFlags, out: outFlag, 'exit-code': exitCodeFlag };

  async run(): Promise<Exit> {
    const { args, flags } = await this.parse(Plan);
    const only = args.phase === undefined ? undefined : findPhase(args.phase).number;
    return planRollout(only ?? 0, only ?? lastPhase(), flags);
  }
}
