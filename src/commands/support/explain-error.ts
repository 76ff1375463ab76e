import { stripVTControlCharacters } from 'node:util';
import { EXIT, Unobserved, Unreadable, UserError } from '#model/errors.ts';
import { redact } from '#model/redact.ts';
import { suggest } from './suggest.ts';

interface Explanation {
  /** What to print; empty when nothing is left to say. */
  readonly text: string;
  readonly exit: number;
}

/**
 * What to tell the user about an error: a message and a remedy where they can act, the stack where it is our bug.
 * @param commands what could have been meant: "phase run"
 */
export function explainError(error: unknown, interrupted: boolean, commands: readonly string[] = []): Explanation {
  const { text, exit } = explain(error, interrupted, commands);
  return { text: withoutControls(text), exit };
}

function explain(error: unknown, interrupted: boolean, commands: readonly string[]): Explanation {
  if (error instanceof UserError) return { text: withRemedy(error.message, error.remedy), exit: error.exit };
  if (interrupted) return { text: withRemedy('Interrupted.', 'anton-logging resume continues where it stopped'), exit: EXIT.interrupted };
  if (error instanceof Unobserved) return { text: withRemedy(error.message, `${error.remedy}, then run this again`), exit: EXIT.unknown };
  if (error instanceof Unreadable) {
    const remedy = 'see what changes the answers of this API server on their way: kubectl get --raw /version shows them';
    return { text: withRemedy(error.message, remedy), exit: EXIT.unknown };
  }
  const usage = usageError(error, commands);
  if (usage !== undefined) return usage;
  return {
    text: `${stackOf(error)}\n\nThis is a bug in anton-logging. Please report it with the lines above, the command line and what you expected.`,
    exit: EXIT.bug,
  };
}

/** The message may quote what the program was working with; where it happened says no secret, and must stay readable. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return redact(String(error));
  const { message, stack = message } = error;
  return stack.replace(message, () => redact(message));
}

/** What a cluster, a file or git said may stand in it, and must not reach the terminal as a command. Lines stay lines. */
function withoutControls(text: string): string {
  return stripVTControlCharacters(text).replace(/[^\P{Cc}\n\t]+/gu, ' ');
}

/** "Error: what is wrong" and "To fix it: what to do". */
function withRemedy(message: string, remedy: string): string {
  return `Error: ${message}\nTo fix it: ${remedy}`;
}

/** Errors of oclif's parser: they carry their exit code, and one that only ends the command (after help) has nothing to say. */
function usageError(error: unknown, commands: readonly string[]): Explanation | undefined {
  if (!(error instanceof Error) || !('oclif' in error)) return undefined;
  if ('code' in error && error.code === 'EEXIT') return { text: '', exit: (error.oclif as { exit: number }).exit };
  const unknown = /^command (.*) not found$/.exec(error.message)?.[1]?.replaceAll(':', ' ');
  if (unknown !== undefined) {
    const meant = suggestCommand(unknown, commands);
    const remedy = meant === undefined ? 'anton-logging --help lists the commands' : `did you mean: anton-logging ${meant}`;
    return { text: withRemedy(`there is no command "${unknown}"`, remedy), exit: EXIT.usage };
  }
  const message = error.message.replace(/\nSee more help with --help\.?$/, '');
  const meant = 'parse' in error ? suggestFlag(error as unknown as FlagsError) : undefined;
  const remedy = 'the same command with --help shows what it takes';
  return { text: withRemedy(message, meant === undefined ? remedy : `did you mean ${meant}? ${remedy}`), exit: EXIT.usage };
}

/** What oclif's errors about flags carry. */
interface FlagsError {
  readonly flags?: readonly string[];
  readonly parse: { readonly input?: { readonly flags?: object } };
}

/** What follows the command is passed on: "phase rnu 2" is meant to be "phase run 2". */
function suggestCommand(typed: string, commands: readonly string[]): string | undefined {
  const words = typed.split(' ');
  for (let length = words.length; length > 0; length -= 1) {
    const candidates = commands.filter((command) => command.split(' ').length === length);
    const meant = suggest(words.slice(0, length).join(' '), candidates);
    if (meant !== undefined) return [meant, ...words.slice(length)].join(' ');
  }
  return undefined;
}

function suggestFlag({ flags = [], parse }: FlagsError): string | undefined {
  const known = Object.keys(parse.input?.flags ?? {}).map((name) => `--${name}`);
  return flags.flatMap((flag) => suggest(flag, known) ?? []).join(', ') || undefined;
}
