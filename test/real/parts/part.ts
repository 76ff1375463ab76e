import type { PartName } from '../cluster.ts';
import type { Keys } from './keys.ts';
import { type Daemon, startDaemon, waitUntilReady } from './process.ts';

/** A part that is up. */
export interface Running {
  readonly daemon: Daemon;
  /** From its start until it was ready. */
  readonly milliseconds: number;
}

export interface Readiness {
  ready(): Promise<boolean>;
  readonly seconds: number;
}

/** What every part is started with. */
export interface Surroundings {
  readonly directory: string;
  readonly keys: Keys;
  /** Starts the part's binary and waits until it is ready. */
  start(part: PartName, args: readonly string[], readiness: Readiness, env?: Readonly<Record<string, string>>): Promise<Running>;
}

export function createSurroundings(directory: string, keys: Keys, fileOf: (part: PartName) => string): Surroundings {
  return {
    directory,
    keys,
    async start(part, args, { ready, seconds }, env = {}) {
      const daemon = await startDaemon(directory, { name: part, file: fileOf(part), args, env });
      return { daemon, milliseconds: await waitUntilReady(daemon, seconds, ready) };
    },
  };
}
