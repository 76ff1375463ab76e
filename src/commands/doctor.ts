import * as Flags from '@oclif/core/flags';
import type { Exit } from '#model/errors.ts';
import { BaseCommand, outputFlag } from './support/base-command.ts';
import { openOwnGoals } from './support/open-goals.ts';
import { repairFlag } from './support/run-flags.ts';

export default class Doctor extends BaseCommand {
  static override description =
    'With --role: prints the least-privilege RBAC of the rest of the rollout, as YAML for kubectl (or a List, with -o json).\n' +
    'It needs no cluster. Of phases that are done only what looking at them needs is in it: go on with run --from.';
  static override examples = [
    '<%= config.bin %> doctor --role | kubectl apply -f -',
    '<%= config.bin %> doctor --role --subject Group:platform > role.yaml',
  ];
  static override flags = {
    output: outputFlag(['table', 'json']),
    role: Flags.boolean({ required: true, description: 'print roles and bindings' }),
    subject: Flags.string({
      description:
        "whom to bind the roles to: User:NAME, Group:NAME or ServiceAccount:NAMESPACE/NAME (default: anton-logging in Flux's namespace)",
      helpValue: 'KIND:NAME',
    }),
    repair: repairFlag,
  };

  async run(): Promise<Exit> {
    const { flags } = await this.parse(Doctor);
    const goals = await openOwnGoals(flags);
    const { printRole } = await import('./support/print-role.ts');
    return printRole(goals, flags);
  }
}
