import type { Clock } from '#model/ports.ts';
import type { RunningWorld } from '#rehearsal/cluster.ts';
import { moveClock } from '../rehearsal/clock.ts';

/** The world's own time. Whoever sleeps is not kept waiting: that time passes at once, and the world does what it does in it. */
export function jumpingClock({ world, settle }: Pick<RunningWorld, 'world' | 'settle'>): Clock {
  return {
    now: () => world.now(),
    async sleep(milliseconds, signal) {
      if (signal.aborted) return;
      moveClock(world, milliseconds);
      await settle();
    },
    async advanceTo(time) {
      moveClock(world, Math.max(0, time.getTime() - world.now().getTime()));
      await settle();
    },
  };
}
