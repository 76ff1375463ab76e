import type { Duration } from './check.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds. The type admits nothing else than a number and one unit. */
export function parseDuration(duration: Duration): number {
  return Number(duration.slice(0, -1)) * (UNITS[duration.slice(-1)] as number);
}
