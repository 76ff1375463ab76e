import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { Exit } from '#model/errors.ts';
import { wantsColour } from './terminal.ts';

/** What every command shares: the global flags, and results to stdout while diagnostics go to stderr. */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    goals: Flags.string({
      description: 'the goals file (default: ANTON_LOGGING_GOALS, else goals/goals.json found upward from here)',
      helpGroup: 'GLOBAL',
      helpValue: 'FILE',
    }),
    kubeconfig: Flags.string({
      description: 'the kubeconfig file (default: KUBECONFIG, else ~/.kube/config)',
      helpGroup: 'GLOBAL',
      helpValue: 'FILE',
    }),
    context: Flags.string({ description: 'the kubeconfig context (default: its current one)', helpGroup: 'GLOBAL', helpValue: 'NAME' }),
    'no-color': Flags.boolean({ default: false, description: 'print without colours (as NO_COLOR does)', helpGroup: 'GLOBAL' }),
    verbose: Flags.boolean({
      default: false,
      description: 'print more: planned changes, and why pending checks are not met yet',
      helpGroup: 'GLOBAL',
    }),
  };

  abstract override run(): Promise<Exit>;

  /** A result: to stdout, with a newline. */
  protected print(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** Progress, warnings and the like: to stderr, with a newline. */
  protected tell(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** Whether results may carry colours. */
  protected colours(flags: { readonly 'no-color': boolean }): boolean {
    return wantsColour(process.stdout, flags['no-color'], process.env);
  }

  /** oclif would set the exit code here; the launcher does, in one place. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}

/** `-o`: how results are printed; the first form is the default. */
export function outputFlag<const Form extends string>(forms: readonly [Form, ...Form[]]) {
  return Flags.option({
    char: 'o',
    options: forms,
    default: forms[0],
    description: 'how to print it',
    helpValue: forms.join('|'),
  } as const)();
}
