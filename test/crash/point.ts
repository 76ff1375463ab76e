/** When within one append to the journal the process dies: the record absent, cut off, written, synced where records of its kind are. */
export const MOMENTS = ['before', 'torn', 'unsynced', 'after'] as const;
export type Moment = (typeof MOMENTS)[number];

/** One death in one rollout. */
export interface Point {
  /** The append to the journal, counted from 1. */
  readonly append: number;
  readonly moment: Moment;
  /** The last phase of this rollout. */
  readonly to: number;
}

/** Each so manieth rollout is a whole one. */
const WHOLE_EVERY = 10;
/** By so many appends a run may differ from another: how often a check that waits is reported depends on timing. */
const SPREAD = 12;

/**
 * Every append of a run once, the moments taking turns. Most rollouts end soon after the death, with the phase: once everything
 * is there as if nothing had happened, the next phase begins as it always does. Every tenth goes on to the last.
 * @param phases the phase that each append belongs to, as the journal of an undisturbed run says; undefined outside phases
 */
export function everyPoint(phases: readonly (number | undefined)[], last: number): readonly Point[] {
  return phases.map((_, index) => ({
    append: index + 1,
    moment: MOMENTS[index % MOMENTS.length] as Moment,
    to: index % WHOLE_EVERY === 0 ? last : (phases[index + SPREAD] ?? last),
  }));
}

export function describePoint({ append, moment }: Point): string {
  return `--point ${append} --moment ${moment}`;
}
