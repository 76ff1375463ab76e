import type { Change } from './change.ts';
import type { Exit } from './errors.ts';
import type { RunState, SkippedDeliverable, Status } from './event.ts';
import type { Outcome } from './verdict.ts';

/** What a run would do, as `plan -o json` prints it and `plan --out` saves it. No value that looks like a credential is in it. */
export interface Plan {
  readonly version: 1;
  /** ISO 8601 */
  readonly made: string;
  readonly from: number;
  readonly to: number;
  readonly basis: Basis;
  readonly state: RunState;
  readonly exit: Exit;
  readonly summary: string;
  readonly remedy?: string;
  /** Whether nothing would be changed, and nothing is in the way. */
  readonly nothing_to_do: boolean;
  readonly permissions: readonly string[];
  readonly denied: readonly string[];
  readonly phases: readonly PlannedPhase[];
}

/** What a plan was made of: it holds as long as this has not moved. */
export interface Basis {
  /** What the goals declare, by JSON pointer. */
  readonly goals: Declared;
  readonly cluster: ClusterIdentity;
  readonly repository: RepositoryState;
}

/** Compared by digest and shown to people: a credential shows as `***`. */
export type Declared = Readonly<Record<string, { readonly shown: string; readonly digest: string }>>;

export interface ClusterIdentity {
  readonly server: string;
  /** Of namespace kube-system, which lives as long as the cluster; empty: it may not be read. */
  readonly uid: string;
}

export interface RepositoryState {
  /** "origin (https://…)" */
  readonly remote: string;
  readonly branch: string;
  readonly tip: string;
}

export interface PlannedPhase {
  readonly phase: number;
  readonly name: string;
  readonly state: Status;
  readonly preconditions: readonly PlannedCheck[];
  readonly objectives: readonly PlannedObjective[];
}

export interface PlannedCheck {
  readonly check: string;
  readonly title: string;
  readonly state: Outcome['state'];
  readonly summary: string;
  readonly cause?: readonly string[];
  readonly remedy?: string;
}

export interface PlannedObjective {
  readonly objective: string;
  readonly name: string;
  readonly state: Status;
  /** Why it is skipped, or can't be planned before what comes earlier is done. */
  readonly reason?: string;
  /** Of its deliverables those that do not apply here. */
  readonly skipped: readonly SkippedDeliverable[];
  /** Whether some of its changes follow from what is there when its turn comes. */
  readonly derives: boolean;
  readonly changes: readonly PlannedChange[];
  readonly waits: readonly { readonly check: string; readonly title: string }[];
  readonly probes: readonly { readonly probe: string; readonly title: string; readonly writes: readonly string[] }[];
  readonly gates: readonly {
    readonly gate: string;
    readonly kind: 'approval' | 'soak' | 'merge';
    readonly what: string;
    readonly for?: string;
  }[];
}

export interface PlannedChange {
  readonly do: Change['do'];
  /** "commit 4 files: deploy Loki" */
  readonly target: string;
  readonly diff: string;
  readonly parts: readonly PlannedPart[];
}

/** A file, a value in a file or an object that a change is to bring about. */
export interface PlannedPart {
  readonly name: string;
  /** Of what it is to become. */
  readonly digest: string;
  /** Of what that does to the live object. */
  readonly effect?: string;
}

/** A commit that came to the branch after a plan was made. */
export interface BranchCommit {
  readonly hash: string;
  readonly author: string;
  readonly subject: string;
  /** What it changed, from the top of the repository; of a merge nothing. */
  readonly files: readonly string[];
  /** Digest of the saved plan that it carries out. */
  readonly plan?: string;
}
