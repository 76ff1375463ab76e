import type { Change } from './change.ts';
import type { Exit } from './errors.ts';
import type { PlannedChange } from './plan.ts';
import type { Outcome } from './verdict.ts';

/** Statuses of phases, objectives and deliverables, as `status` shows and goals.json holds them. */
export type Status = 'pending' | 'in_progress' | 'waiting' | 'completed' | 'failed' | 'blocked' | 'skipped' | 'regressed';

/** Counted as satisfied. */
export interface SkippedDeliverable {
  readonly title: string;
  readonly reason: string;
}

export type RunState = 'completed' | 'failed' | 'waiting' | 'refused' | 'unknown' | 'interrupted';

/** What happened, in order. `seq` starts at 1 and has no gaps. The journal is the first listener, every output another. */
export type Event = { readonly time: string; readonly run: string; readonly seq: number } & Happening;

/** Who made a run, and from where; what could not be found out is absent. */
export interface Actor {
  /** As the API server knows them, else as the kubeconfig calls them. */
  readonly user?: string;
  /** "Ada Lovelace <ada@example.org>": whoever commits. */
  readonly git?: string;
  readonly host: string;
  /** Of that machine. */
  readonly account: string;
}

/** That a run takes its phase back, and what may be lost by that. */
export interface TakingBack {
  readonly losing: readonly string[];
}

export type Happening =
  | {
      readonly type: 'run.started';
      readonly goals: string;
      /** Digest of the declared part of the goals, without progress. */
      readonly declared: string;
      readonly from: number;
      readonly to: number;
      readonly resumes?: string;
      /** It takes its phase back. */
      readonly back?: TakingBack;
      /** Digest of the saved plan that it carries out. */
      readonly plan?: string;
      readonly cluster: string;
      /** Absent in journals of earlier releases. */
      readonly by?: Actor;
      /** True against the embedded cluster: nothing real was touched. */
      readonly rehearsal: boolean;
    }
  | {
      readonly type: 'preflight.finished';
      readonly asked: number;
      readonly denied: readonly string[];
      /** Missing, too, but only looking for causes needs them. */
      readonly unexplained?: readonly string[];
    }
  | { readonly type: 'phase.started'; readonly phase: number; readonly name: string }
  | ({
      readonly type: 'check.judged';
      readonly phase: number;
      /** Absent for a precondition. */
      readonly objective?: string;
      readonly check: string;
      readonly title: string;
      readonly state: Outcome['state'];
      readonly summary: string;
    } & {
      readonly cause?: readonly string[];
      readonly remedy?: string;
      /** Nobody waits for it any longer: this is the last word, with all causes that could be found. */
      readonly final?: true;
      /** How long after the objective's last commit it became met, in milliseconds; absent without a commit before. */
      readonly after_commit_ms?: number;
    })
  | {
      /** The journal's intent: written and flushed before the change is performed. */
      readonly type: 'change.planned';
      readonly phase: number;
      readonly objective: string;
      readonly change: string;
      readonly do: Change['do'];
      readonly target: string;
    }
  | {
      readonly type: 'change.applied';
      readonly phase: number;
      readonly objective: string;
      readonly change: string;
      readonly result: string;
    }
  | {
      readonly type: 'change.skipped';
      readonly phase: number;
      readonly objective: string;
      readonly change: string;
      readonly reason: string;
      /** Of a dry run: what would be done. */
      readonly would?: PlannedChange;
    }
  | {
      readonly type: 'change.failed';
      readonly phase: number;
      readonly objective: string;
      readonly change: string;
      readonly cause: readonly string[];
      readonly remedy: string;
    }
  | {
      readonly type: 'gate.waiting';
      readonly phase: number;
      readonly objective: string;
      readonly gate: string;
      readonly kind: 'approval' | 'soak' | 'merge';
      readonly what: string;
      readonly since?: string;
      readonly until?: string;
      /** What would make a soak begin anew. */
      readonly breaks?: string;
      readonly remedy: string;
    }
  | {
      readonly type: 'objective.finished';
      readonly phase: number;
      readonly objective: string;
      readonly name: string;
      readonly state: Status;
      readonly reason?: string;
      /** Of its deliverables those that do not apply here; absent when all do. */
      readonly skipped?: readonly SkippedDeliverable[];
    }
  | { readonly type: 'phase.finished'; readonly phase: number; readonly name: string; readonly state: Status }
  | { readonly type: 'lock.lost'; readonly why: string }
  | {
      readonly type: 'run.finished';
      readonly state: RunState;
      readonly exit: Exit;
      readonly phases: readonly { readonly phase: number; readonly state: Status }[];
      /** For a person: why it ended like this and what to do. */
      readonly summary: string;
      readonly remedy?: string;
    };

export type EventType = Happening['type'];
export type Listener = (event: Event) => void;
