import * as Flags from '@oclif/core/flags';
import type { Exit } from '#model/errors.ts';
import { BaseCommand, outputFlag } from './support/base-command.ts';
import { openOwnGoals } from './support/open-goals.ts';

export default class Doctor extends BaseCommand {
  static override description =
    'Looks at what the rollout builds on: tools, goals, cluster, repository, what is installed, and the permissions of all that is left.\n' +
    'Tells of each finding what to do about it. Writes nothing. Exits 5 when something is not met, 7 when something could not be told.\n' +
    'With --role: prints the least-privilege RBAC of what is left, as YAML for kubectl (or a List, with -o json), and needs no cluster.\n' +
    'Of phases that are done only what looking at them needs is in it: go on with run --from, for a run from the start asks for all.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor -o json',
    '<%= config.bin %> doctor --role | kubectl apply -f -',
    '<%= config.bin %> doctor --role --subject Group:platform > role.yaml',
  ];
  static override flags = {
    output: outputFlag(['table', 'json']),
    role: Flags.boolean({ default: false, description: 'print roles and bindings' }),
    subject: Flags.string({
      description:
        "whom to bind the roles to: User:NAME, Group:NAME or ServiceAccount:NAMESPACE/NAME (default: anton-logging in Flux's namespace)",
      helpValue: 'KIND:NAME',
      dependsOn: ['role'],
    }),
    repair: Flags.boolean({ default: false, description: 'with the permissions that --repair of a run needs' }),
  };

  async run(): Promise<Exit> {
    const { flags } = await this.parse(Doctor);
    if (flags.role) {
      const { printRole } = await import('./support/print-role.ts');
      return printRole(await openOwnGoals(flags), flags);
    }
    const { examine } = await import('./support/examine.ts');
    const { examinationText } = await import('#ui/examination.ts');
    const examination = await examine(flags, this.config.pjson.engines?.node ?? '*');
    if (flags.output === 'json') this.print(JSON.stringify(examination, undefined, 2));
    else this.print(examinationText(examination, this.colours(flags)));
    return examination.exit;
  }
}
