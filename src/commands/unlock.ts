import * as Flags from '@oclif/core/flags';
import { EXIT, type Exit } from '#model/errors.ts';
import { oneLine, shortTime } from '#ui/text.ts';
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
    const { kubernetes } = await wireLooking(flags, environment);
    const { namespace } = environment.gitops;
    const holder = await readHolder(kubernetes, namespace);
    if (holder === undefined) {
      this.print('Nobody holds the Lease.');
      return EXIT.done;
    }
    const { identity, run, phase, since, renewed } = holder;
    this.print(`Held by ${oneLine(identity)}`);
    if (run !== undefined) this.print(`  run:     ${oneLine(run)}${phase === undefined ? '' : `, phase ${oneLine(phase)}`}`);
    if (since !== undefined) this.print(`  since:   ${shortTime(since)}`);
    if (renewed !== undefined) this.print(`  renewed: ${shortTime(renewed)}`);
    if (!flags.force) return EXIT.done;
    const { confirm } = await import('./support/confirm.ts');
    await confirm({ kubernetes, what: 'take the Lease away from that run' }, flags.yes, interruptSignal());
    await dismissHolder(kubernetes, namespace);
    this.print('The Lease is free.');
    return EXIT.done;
  }
}
