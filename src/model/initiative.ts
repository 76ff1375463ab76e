import type { Check } from './check.ts';
import type { Permission } from './kubernetes.ts';
import type { Reads, Seen } from './read.ts';

/** A condition that starts the initiative when any one of them is met. They never stop a rollout that has begun. */
export interface Trigger {
  /** Which wordings of goals files mean this trigger. */
  readonly matches: RegExp;
  /** In words: "more than 80Gi used". */
  readonly threshold: string;
  /** Absent: no machine can see it, a person's word decides. */
  readonly check?: Check;
  /** Why nothing of the kind can be seen here. */
  readonly skipped?: string;
}

/** A success metric. Metrics report, they gate nothing. */
export interface Metric {
  /** As in goals.json: "functional.log_coverage". */
  readonly id: string;
  /** How it is measured. */
  readonly method: string;
  /** Absent: no machine can measure it here, and `method` says what a person has to. */
  readonly measurement?: Measurement;
  /** Why there is nothing to measure here. */
  readonly skipped?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: see Check
export interface Measurement<R extends Reads = any> {
  readonly reads: R;
  /** See Check. */
  next?(seen: Seen<R>): Reads;
  /** See Check. */
  readonly nextPermissions?: readonly Permission[];
  /** Pure and total, like a judge. @param now after the reads were made */
  measure(seen: Seen<R>, now: Date): Measured;
}

/** A number in words with how many samples over which time it comes from, or why these say nothing: the engine calls that unknown. */
export type Measured =
  | { readonly value: string; readonly reached: boolean; readonly sample: string; readonly interval: string }
  | { readonly untold: string; readonly sample?: string; readonly interval?: string };

export function measurement<R extends Reads>(definition: Measurement<R>): Measurement<R> {
  return definition;
}
