import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Config } from '@oclif/core/config';
import { vi } from 'vitest';
import { execute } from '#commands/support/main.ts';
import type { Tree } from '#rehearsal/tree.ts';

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const root = resolve(import.meta.dirname, '../..');

/** Runs a command line in this process, from the sources, and gives what it printed. */
export async function runCommand(argv: readonly string[]): Promise<Ran> {
  const config = await loadCommands();
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  try {
    const exit = await execute(argv, config);
    return { exit, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** The same, with the events that it told one a line. */
export async function runEvents(argv: readonly string[]): Promise<Ran & { readonly events: readonly Tree[] }> {
  const ran = await runCommand([...argv, '-o', 'ndjson']);
  const lines = ran.stdout.trim().split('\n');
  return { ...ran, events: lines.map((line) => JSON.parse(line)) };
}

export async function commandIds(): Promise<readonly string[]> {
  return (await loadCommands()).commandIDs;
}

/** The command lines of all examples, without the program's name. */
export async function commandExamples(): Promise<readonly string[]> {
  const { commands } = await loadCommands();
  return commands.flatMap(({ examples = [] }) =>
    examples.map((example) => (typeof example === 'string' ? example : example.command).replace('<%= config.bin %> ', '')),
  );
}

let loaded: Promise<Config> | undefined;

/** Commands as vitest loads them, so that test and command share their modules; oclif itself would import its own copies. */
function loadCommands(): Promise<Config> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Config> {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const commands = { strategy: 'pattern', target: './src/commands', globPatterns: ['**/*.ts', '!support/**'] };
  const config = await Config.load({ root, pjson: { ...manifest, oclif: { ...manifest.oclif, commands } }, ignoreManifest: true });
  for (const command of config.commands) {
    command.load = async () => {
      const module = await import(join(root, 'src/commands', `${command.id.replaceAll(':', '/')}.ts`));
      return Object.assign(module.default, { id: command.id });
    };
  }
  return config;
}
