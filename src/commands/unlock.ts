import * as Flags from '@oclif/core/flags';
import { EXIT, type Exit } from '#model/errors.ts';
import { holderLines } from '#ui/holder.ts';
import { BaseCommand } from './support/base-command.ts';
import { interruptSignal } from './support/interrupt.ts';
import { openOwnGoals } from './support/open-goals.ts';

export default class Unlock extends BaseCommand {
  static override description =
    'Shows which run holds the Lease and, with --force, takes it away: that run then begins no write any more.\n' +
    'Seldom needed: a run that died is taken over when its Lease expires.';
  static override examples = ['<%= config.bin %> unlock', '<%= config.bin %> unlock --force --yes'];
  static override flags = {
    force: Flags.boolean({ default: false, description: 'take the Lease away' }),
    yes: Flags.boolean({ default: false, description: 'do not ask before taking it' }),
  };

  async run(): Promise<Exit> {
    const { flags } = await this.parse(Unlock);
    const { environment } = await openOwnGoals(flags);
    const { wireLooking } = await import('./support/wire.ts');
    const { dismissHolder, readHolder } = await import('#adapters/kubernetes/holder.ts');
    const { kubernetes, clock } = await wireLooking(flags, environment);
    const { namespace } = environment.gitops;
    const holder = await readHolder(kubernetes, namespace, clock.now());
    if (holder === undefined) {
      this.print('Nobody holds the Lease.');
      return EXIT.done;
    }
    this.print(['The Lease:', ...holderLines(holder).map((line) => `  ${line}`)].join('\n'));
    if (!flags.force) return EXIT.done;
    const { confirm } = await import('./support/confirm.ts');
    await confirm({ kubernetes, what: 'take the Lease away from that run' }, flags.yes, interruptSignal());
    await dismissHolder(kubernetes, namespace);
    this.print('The Lease is free.');
    return EXIT.done;
  }
}
