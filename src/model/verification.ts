import type { Exit } from './errors.ts';
import type { Status } from './event.ts';
import type { Outcome } from './verdict.ts';

/** What `verify -o json` prints, and what every other form of it is drawn from. */
export interface Verification {
  readonly observed_at: string;
  readonly phases: readonly VerifiedPhase[];
  /** What was shown once and does not hold any more. */
  readonly regressions: readonly Finding[];
  readonly exit: Exit;
}

export interface VerifiedPhase {
  readonly number: number;
  readonly name: string;
  readonly objectives: readonly VerifiedObjective[];
}

export interface VerifiedObjective {
  readonly id: string;
  readonly name: string;
  /** As just seen; what could not be told leaves it as the file says. */
  readonly status: Status;
  /** Why it was skipped. */
  readonly reason?: string;
  readonly checks: readonly VerifiedCheck[];
}

export interface VerifiedCheck {
  readonly id: string;
  readonly title: string;
  /** `stale`: a probe that was not run now, and whose evidence is too old or of another desired state. */
  readonly state: Outcome['state'] | 'stale';
  readonly saw: string;
  /** Absent when met; outermost first. */
  readonly cause?: readonly string[];
  readonly remedy?: string;
  /** True: not looked at, because a check before it is not met. */
  readonly deferred?: true;
}

export interface Finding {
  readonly phase: number;
  readonly objective: string;
  readonly check: string;
  readonly title: string;
  readonly saw: string;
  readonly cause: readonly string[];
  readonly remedy: string;
  /** When it was last shown to hold. */
  readonly held_at?: string;
}
