import { EXIT, type Exit } from '#model/errors.ts';
import { phaseText } from '#ui/phase.ts';
import { BaseCommand } from '../support/base-command.ts';
import { findPhase } from '../support/catalogue.ts';
import { openOwnGoals } from '../support/open-goals.ts';
import { phaseArgument } from '../support/phase-argument.ts';

export default class PhaseShow extends BaseCommand {
  static override description = 'Shows what a phase does and what it has to prove, for the environment of the goals.';
  static override examples = ['<%= config.bin %> phase show 2'];
  static override args = { phase: phaseArgument };

  async run(): Promise<Exit> {
    const { args, flags } = await this.parse(PhaseShow);
    const phase = findPhase(args.phase);
    const { environment } = await openOwnGoals(flags);
    this.print(phaseText(phase, phase.for(environment), this.colours(flags)));
    return EXIT.done;
  }
}
