import type { World } from '#rehearsal/world.ts';
import type { Report } from './mirror.ts';

interface Rhythm {
  /** Milliseconds after which it looks again although nothing changed. */
  readonly every: number;
  /** Called with what did not work: the next look sees what is then. */
  readonly report: Report;
  readonly signal: AbortSignal;
}

/**
 * Looks at the world after every change and every so often, one look at a time, until the signal aborts.
 * @returns how to have it look at once
 */
export function keepDoing(what: string, look: () => unknown, { store }: World, { every, report, signal }: Rhythm): () => void {
  let due = false;
  let looking = false;

  async function run(): Promise<void> {
    looking = true;
    while (due && !signal.aborted) {
      due = false;
      try {
        await look();
      } catch (error) {
        if (!signal.aborted) report(what, error);
      }
    }
    looking = false;
  }

  function wake(): void {
    due = true;
    if (!looking) void run();
  }

  const unsubscribe = store.subscribe(wake);
  const ticks = setInterval(wake, every);
  signal.addEventListener('abort', () => {
    unsubscribe();
    clearInterval(ticks);
  });
  wake();
  return wake;
}
