import type { EventObject } from './objects.ts';

/** The newest event about an object; with reasons only one of those. */
export function newestOf(
  events: readonly EventObject[],
  kind: string,
  name: string,
  ...reasons: readonly string[]
): EventObject | undefined {
  const about = events.filter(
    ({ involvedObject: of, reason }) => of.kind === kind && of.name === name && (reasons.length === 0 || reasons.includes(reason)),
  );
  return about.toSorted((a, b) => timeOf(b) - timeOf(a))[0];
}

/** Milliseconds; NaN when it has no time. */
export function timeOf({ lastTimestamp, eventTime, metadata }: EventObject): number {
  return Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '');
}
