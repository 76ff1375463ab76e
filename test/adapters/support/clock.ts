import { sleep } from '#adapters/clock.ts';
import type { Clock } from '#model/ports.ts';

export interface ManualClock extends Clock {
  /** Moves time forward and ends every sleep that is over by then. */
  advance(milliseconds: number): Promise<void>;
}

/** A clock that stands still until told. */
export function manualClock(start = '2026-11-22T12:00:00.000Z'): ManualClock {
  let now = Date.parse(start);
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    now: () => new Date(now),
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const sleeper = { until: now + milliseconds, wake: resolve };
        sleepers.add(sleeper);
        signal.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          resolve();
        });
      }),
    async advance(milliseconds) {
      now += milliseconds;
      for (const sleeper of [...sleepers].filter(({ until }) => until <= now)) {
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Changes of one burst are gathered for so long: the only sleep that may end by itself; milliseconds. */
const BURST = 10;

/** Real time for somebody who never polls: who sleeps is woken by a watch or never. */
export function unpolledClock(): Clock {
  return {
    now: () => new Date(),
    sleep: (milliseconds, signal) => sleep(milliseconds <= BURST ? milliseconds : Number.POSITIVE_INFINITY, signal),
  };
}
