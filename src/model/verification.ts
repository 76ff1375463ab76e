import type { Exit } from './errors.ts';
import type { Status } from './event.ts';
import type { Outcome } from './verdict.ts';

/** What `verify -o json` prints, and what every other form of it is drawn from. */
export interface Verification {
  readonly observed_at: string;
  readonly phases: readonly VerifiedPhase[];
  /** What was shown once and does not hold any more. */
  readonly regressions: readonly Finding[];
  /** Where Git, the cluster and the goals are not the same any more. */
  readonly drift: readonly Drift[];
  /** What had to be looked at for that and could not be. */
  readonly unseen: readonly Unseen[];
  readonly exit: Exit;
}

export interface Drift {
  readonly phase: number;
  readonly objective: string;
  /** `file`: Git is not what the goals generate. `object`: the cluster is not what Git says. `release`: nor what Helm has rendered. */
  readonly kind: 'file' | 'object' | 'release';
  /** `outdated`: the goals want something else than was delivered: no regression, the next run changes it. */
  readonly state: 'missing' | 'changed' | 'outdated';
  /** A path in the repository, or "ConfigMap monitoring/loki-datasource". */
  readonly what: string;
  /** "spec.replicas": absent for the whole. */
  readonly field?: string;
  /** What may be a secret is `***`. */
  readonly wanted?: string;
  readonly found?: string;
  /** Who changed it last, and when, as far as Git or the API server know: an author with the commit, or a field manager. */
  readonly by?: string;
  readonly at?: string;
  readonly remedy: string;
}

export interface Unseen {
  readonly phase: number;
  readonly objective: string;
  readonly saw: string;
  readonly cause: readonly string[];
  readonly remedy: string;
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
