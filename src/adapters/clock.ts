import type { Clock } from '#model/ports.ts';

/** Real time. */
export function systemClock(): Clock {
  return { now: () => new Date(), sleep };
}

/** Resolves after so many milliseconds of real time or when the signal aborts, whichever comes first; never rejects. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    // Longer ones would end at once.
    const timer = setTimeout(finish, Math.min(milliseconds, 2 ** 31 - 1));
    signal.addEventListener('abort', finish, { once: true });
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    }
  });
}
