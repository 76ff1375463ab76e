import type { RootCommand } from '@bomb.sh/tab';
import type { Config } from '@oclif/core/config';
import { FAULTS } from '#rehearsal/faults/index.ts';
import { lastPhase } from './catalogue.ts';

type Values = () => readonly (readonly [value: string, description: string])[];

/** Tells the library about every command, its flags and, where they can be listed, the values of flags and arguments. */
export function describeCommands({ commands, topics }: Pick<Config, 'commands' | 'topics'>, completions: RootCommand): void {
  for (const { id, description = '', flags, args, hidden } of commands) {
    if (hidden === true) continue;
    const command = completions.command(id.replaceAll(':', ' '), firstLine(description));
    for (const { name, description: what = '', type, char, ...flag } of Object.values(flags)) {
      if (type === 'boolean') {
        command.option(name, firstLine(what), char ?? '');
        continue;
      }
      const listed = 'options' in flag ? flag.options : undefined;
      command.option(name, firstLine(what), offer(listed === undefined ? VALUES[name] : () => describe(listed)), char);
    }
    for (const { name, options } of Object.values(args)) {
      command.argument(name, offer(options === undefined ? VALUES[name] : () => describe(options)));
    }
  }
  for (const { name, description = '' } of topics) {
    // By itself a topic does nothing; without it the library would not find what follows.
    if (commands.some(({ id }) => id.startsWith(`${name}:`))) completions.command(name, firstLine(description));
  }
}

const PHASES: Values = () => Array.from({ length: lastPhase() + 1 }, (_, number) => [String(number), `phase ${number}`]);
/** By the name of a flag or an argument. */
const VALUES: Readonly<Record<string, Values>> = {
  phase: PHASES,
  from: PHASES,
  to: PHASES,
  fault: () => FAULTS.map(({ name, description }) => [name, description]),
};

function describe(options: readonly string[]): ReturnType<Values> {
  return options.map((option) => [option, '']);
}

function offer(values: Values = () => []): (complete: (value: string, description: string) => void) => void {
  return (complete) => {
    for (const [value, description] of values()) complete(value, firstLine(description));
  };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
