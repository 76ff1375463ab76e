import type { World } from '#rehearsal/world.ts';
import type { Report } from './mirror.ts';

/** The clock of a simulated process: it looks at the world so often although nothing changed; milliseconds. */
const TICK = 1_000;

/** Has a process look at the world after every change and every tick, one look at a time, until the signal aborts. */
export function keepDoing(what: string, look: (world: World) => unknown, world: World, report: Report, signal: AbortSignal): void {
  let due = false;
  let looking = false;

  async function wake(): Promise<void> {
    due = true;
    if (looking) return;
    looking = true;
    while (due && !signal.aborted) {
      due = false;
      try {
        await look(world);
      } catch (error) {
        if (!signal.aborted) report(what, error);
      }
    }
    looking = false;
  }

  const unsubscribe = world.store.subscribe(() => void wake());
  const ticks = setInterval(() => void wake(), TICK);
  signal.addEventListener('abort', () => {
    unsubscribe();
    clearInterval(ticks);
  });
  void wake();
}
