import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { systemClock } from '#adapters/clock.ts';
import { digestFile } from '#adapters/scratch.ts';
import { findApprovable, recordApproval } from '#goals/approve.ts';
import { matchPhasesFor } from '#goals/catalogue.ts';
import { EXIT, type Exit } from '#model/errors.ts';
import phases from '#phases/index.ts';
import { oneLine } from '#ui/text.ts';
import { argument } from './support/argument.ts';
import { BaseCommand } from './support/base-command.ts';
import { openOwnGoals } from './support/open-goals.ts';

export default class Approve extends BaseCommand {
  static override description =
    "Records a person's attestation for what no machine can observe: a review, a training, a removal, a trigger condition.";
  static override examples = [
    '<%= config.bin %> approve 6.2 --by "Ada Lovelace" --note "the team was trained on 21 November"',
    '<%= config.bin %> approve 6.1 "Documentation reviewed and approved" --by "Ada Lovelace" --note "read and followed" --evidence docs/logging/runbook.md',
  ];
  static override args = {
    objective: argument({ required: true, description: "the objective's id, or a trigger condition's" }),
    deliverable: argument({ description: 'what is approved, when the objective has more than one approval' }),
  };
  static override flags = {
    by: Flags.string({ required: true, description: 'who attests it', helpValue: 'NAME' }),
    note: Flags.string({ required: true, description: 'what was seen', helpValue: 'TEXT' }),
    evidence: Flags.string({ description: 'a file that shows it: its digest is recorded', helpValue: 'FILE' }),
  };

  async run(): Promise<Exit> {
    const { args, flags } = await this.parse(Approve);
    const { file, goals, environment } = await openOwnGoals(flags);
    const target = findApprovable(matchPhasesFor(phases, environment, goals), goals, args.objective, args.deliverable);
    const note =
      flags.evidence === undefined ? flags.note : `${flags.note} (${flags.evidence}, sha256 ${await digestFile(resolve(flags.evidence))})`;
    const at = systemClock().now().toISOString();
    await file.update((text) => recordApproval(text, target, { by: flags.by, note, at }));
    this.print(`${args.objective} ${oneLine(target.what)}: approved by ${oneLine(flags.by)}, recorded in ${file.path}`);
    return EXIT.done;
  }
}
