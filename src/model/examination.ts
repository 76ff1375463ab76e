import type { Exit } from './errors.ts';
import type { SkippedDeliverable } from './event.ts';
import type { Outcome } from './verdict.ts';

/** What `doctor -o json` prints, and what every other form of it is drawn from. */
export interface Examination {
  readonly observed_at: string;
  readonly findings: readonly ExaminedThing[];
  /** What the goals say this cluster does not have: it is not looked at. */
  readonly skipped: readonly SkippedDeliverable[];
  readonly exit: Exit;
}

export interface ExaminedThing {
  readonly part: 'tools' | 'goals' | 'cluster' | 'repository' | 'installed' | 'permissions';
  readonly id: string;
  readonly title: string;
  readonly state: Outcome['state'];
  readonly saw: string;
  /** Absent when met; outermost first, or all that is denied. */
  readonly cause?: readonly string[];
  readonly remedy?: string;
}
