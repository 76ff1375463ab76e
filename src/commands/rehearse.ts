import { join } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { findGoalsFile, openGoalsFile } from '#adapters/files.ts';
import { EXIT, type Exit } from '#model/errors.ts';
import { painter } from '#ui/text.ts';
import { BaseCommand } from './support/base-command.ts';
import { findPhase, lastPhase } from './support/catalogue.ts';
import { locateGoals, understandOwn } from './support/open-goals.ts';
import { lookFlags, repairFlag, runOutputFlag } from './support/run-flags.ts';

export default class Rehearse extends BaseCommand {
  static override description =
    'Runs the whole rollout on an embedded cluster, on a copy of the goals: nothing real is touched.\n' +
    'Approvals are given by the rehearsal, and waiting times pass on its own clock.';
  static override examples = [
    '<%= config.bin %> rehearse',
    '<%= config.bin %> rehearse --goals goals/goals.json -o ndjson',
    '<%= config.bin %> rehearse --fault oom-loop',
    '<%= config.bin %> rehearse --serve --to 1',
  ];
  static override flags = {
    ...lookFlags,
    output: runOutputFlag,
    repair: repairFlag,
    fault: Flags.string({ multiple: true, default: [], description: 'bring in a fault when a phase begins', helpValue: 'NAME[@PHASE]' }),
    faults: Flags.boolean({ default: false, description: 'list the faults there are' }),
    to: Flags.string({ description: 'the last phase to run (default: the last there is; with --serve none)', helpValue: 'N' }),
    serve: Flags.boolean({ default: false, description: 'keep the cluster up, for other commands to be tried on it' }),
  };

  async run(): Promise<Exit> {
    const { flags } = await this.parse(Rehearse);
    const { readFault } = await import('./support/faults.ts');
    if (flags.faults) return this.#listFaults(this.colours(flags));
    const faults = flags.fault.map(readFault);
    const fallback = flags.serve ? undefined : lastPhase();
    const to = flags.to === undefined ? fallback : findPhase(flags.to).number;
    const file = openGoalsFile(this.#chooseGoals(flags.goals));
    await understandOwn(file);
    const { runRehearsal } = await import('./support/run-rehearsal.ts');
    return runRehearsal({ goals: await file.read(), faults, to, serve: flags.serve }, flags);
  }

  /** Without goals of the user's own, those that come with the program. */
  #chooseGoals(named: string | undefined): string {
    const own = named ?? process.env.ANTON_LOGGING_GOALS ?? findGoalsFile(process.cwd());
    return own === undefined ? join(this.config.root, 'goals', 'goals.json') : locateGoals(own);
  }

  async #listFaults(colours: boolean): Promise<Exit> {
    const { FAULTS } = await import('#rehearsal/faults/index.ts');
    const paint = painter(colours);
    for (const { name, phase, description, check, heals, remedy, settings = {} } of FAULTS) {
      const needs = Object.entries(settings).map(
        ([path, value]) => `\n  with environment.${path}: ${JSON.stringify(value)} in the copy of the goals`,
      );
      const found = heals ? 'found by no check: what cannot be seen is waited for' : `found by: ${check}`;
      const lifted = heals ? `\n  passes: ${remedy}` : `\n  lifted by deleting ConfigMap rehearsal/fault-${name}: ${remedy}`;
      this.print(`${paint.bold(name)} (phase ${phase}): ${description}\n  ${found}${needs.join('')}${lifted}`);
    }
    return EXIT.done;
  }
}
