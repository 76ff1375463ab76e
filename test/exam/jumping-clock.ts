import { setImmediate } from 'node:timers/promises';
import type { Clock } from '#model/ports.ts';
import type { RunningWorld } from '#rehearsal/cluster.ts';
import { moveClock } from '../rehearsal/clock.ts';

/** Turns of the event loop without an open request: between two of one who asks one after the other there is none. */
const IDLE = 3;

/**
 * The world's own time. Whoever sleeps is not kept waiting: that time passes as soon as nobody waits for an answer, and the world does
 * what it does in it.
 */
export function jumpingClock({ world, settle }: Pick<RunningWorld, 'world' | 'settle'>, isBusy: () => boolean): Clock {
  return {
    now: () => world.now(),
    async sleep(milliseconds, signal) {
      for (let idle = 0; idle < IDLE && !signal.aborted; idle = isBusy() ? 0 : idle + 1) await setImmediate();
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
