import parse from 'parse-duration';
import type { Duration } from '#model/check.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** A stated period: "30d", "168h", "30-day minimum retention", "keep for 4 weeks". Undefined when there is none, or less than a second. */
export function readPeriod(text: string): Duration | undefined {
  // A unit without its hyphen, and only the first number with one: "P95 of 30 days" is 30 days.
  const found = /(\d+(?:\.\d+)?)[\s-]*(years?|y|months?|weeks?|w|days?|d|hours?|h|minutes?|min|m|seconds?|sec|s)(?![a-z])/gi;
  const [first, ...rest] = [...text.matchAll(found)];
  if (first === undefined) return undefined;
  // "1h30m": what follows at once belongs to it.
  let [end, whole] = [first.index + first[0].length, `${first[1]}${first[2]}`];
  for (const part of rest) {
    if (text.slice(end, part.index).trim() !== '') break;
    [end, whole] = [part.index + part[0].length, `${whole}${part[1]}${part[2]}`];
  }
  return toDuration(parse(whole) ?? 0);
}

/** In the largest unit that divides it. */
export function toDuration(milliseconds: number): Duration | undefined {
  const seconds = Math.round(milliseconds / 1_000) * 1_000;
  const [unit, size] = UNITS.find(([, length]) => seconds % length === 0) ?? UNITS[3];
  return seconds < 1_000 || !Number.isSafeInteger(seconds) ? undefined : `${seconds / size}${unit}`;
}
