import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core/config';
import type { PJSON } from '@oclif/core/interfaces';
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';
import { EXIT } from '#model/errors.ts';
import { explainError } from './explain-error.ts';
import { interruptBy, interruptSignal } from './interrupt.ts';

interface Launch {
  /** The folder with package.json and dist/. */
  readonly root: URL;
  /** The content of package.json. */
  readonly manifest: PJSON;
  /** Aborts on the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Runs one command line to its end and returns the exit code. Prints errors itself; never throws. */
export async function main(argv: readonly string[], { root, manifest, signal }: Launch): Promise<number> {
  interruptBy(signal);
  return execute(argv, { root: fileURLToPath(root), pjson: manifest });
}

export async function execute(argv: readonly string[], load: Config | { root: string; pjson: PJSON }): Promise<number> {
  settings.enableAutoTranspile = false;
  try {
    const exit = await run([...argv], load);
    return typeof exit === 'number' ? exit : EXIT.done;
  } catch (error) {
    const { text, exit } = explainError(error, interruptSignal().aborted, await listCommands(error, load));
    if (text !== '') process.stderr.write(`${text}\n`);
    return exit;
  }
}

/** What could have been meant: asked for only where oclif did not understand the command line. */
async function listCommands(error: unknown, load: Parameters<typeof execute>[1]): Promise<readonly string[]> {
  if (!(error instanceof Error) || !('oclif' in error)) return [];
  const { commandIDs } = await Config.load(load);
  return commandIDs.map((id) => id.replaceAll(':', ' '));
}
