import type { Check } from './check.ts';

/** A condition that starts the initiative when any one of them is met. They never stop a rollout that has begun. */
export interface Trigger {
  /** Which wordings of goals files mean this trigger. */
  readonly matches: RegExp;
  /** In words: "more than 80Gi used". */
  readonly threshold: string;
  /** Absent: no machine can see it, a person's word decides. */
  readonly check?: Check;
}

/** A success metric. Metrics report, they gate nothing; the verdict's `saw` is the measured value. */
export interface Metric {
  /** As in goals.json: "functional.log_coverage". */
  readonly id: string;
  /** How it is measured, over how long. */
  readonly method: string;
  readonly check?: Check;
}
