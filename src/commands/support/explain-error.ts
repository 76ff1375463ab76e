import { EXIT, Unobserved, UserError } from '#model/errors.ts';

interface Explanation {
  /** What to print; empty when nothing is left to say. */
  readonly text: string;
  readonly exit: number;
}

/** What to tell the user about an error: a message and a remedy where they can act, the stack where it is our bug. */
export function explainError(error: unknown, interrupted: boolean): Explanation {
  if (error instanceof UserError) return { text: withRemedy(error.message, error.remedy), exit: error.exit };
  if (interrupted) return { text: withRemedy('Interrupted.', 'anton-logging resume continues where it stopped'), exit: EXIT.interrupted };
  if (error instanceof Unobserved) {
    return { text: withRemedy(error.message, 'check that the API server is reachable: kubectl version'), exit: EXIT.unknown };
  }
  const usage = usageError(error);
  if (usage !== undefined) return usage;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    text: `${stack}\n\nThis is a bug in anton-logging. Please report it with the lines above, the command line and what you expected.`,
    exit: EXIT.bug,
  };
}

/** "Error: what is wrong" and "To fix it: what to do". */
function withRemedy(message: string, remedy: string): string {
  return `Error: ${message}\nTo fix it: ${remedy}`;
}

/** Errors of oclif's parser: they carry their exit code, and one that only ends the command (after help) has nothing to say. */
function usageError(error: unknown): Explanation | undefined {
  if (!(error instanceof Error) || !('oclif' in error)) return undefined;
  if ('code' in error && error.code === 'EEXIT') return { text: '', exit: (error.oclif as { exit: number }).exit };
  const message = error.message
    .replace(/\nSee more help with --help\.?$/, '')
    .replace(/^command (.*) not found$/, (_, id: string) => `there is no command "${id.replaceAll(':', ' ')}"`);
  const remedy = 'parse' in error ? 'the same command with --help shows what it takes' : 'anton-logging --help lists the commands';
  return { text: withRemedy(message, remedy), exit: EXIT.usage };
}
