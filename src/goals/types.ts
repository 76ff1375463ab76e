import type { Validation } from '#model/check.ts';
import type { Status } from '#model/event.ts';
import type { Objective, PhaseBody } from '#model/phase.ts';
import type { Attestation } from '#model/ports.ts';
import type { WaitingFor } from '#model/status.ts';
import type { Verdict } from '#model/verdict.ts';

/** A goals file, understood: spellings normalised, everything else left in the file. */
export interface Goals {
  readonly file: string;
  /** "logging", or another rollout's name: that one loads and shows, but does not run. */
  readonly rollout: string;
  readonly initiative: { readonly name: string; readonly status: Status };
  readonly phases: readonly GoalPhase[];
  readonly triggers: readonly GoalTrigger[];
  readonly metrics: readonly GoalMetric[];
  /** As written; `resolveEnvironment` gives every value its default. */
  readonly environment: Readonly<Record<string, unknown>>;
  /** Free text of the declared part: what it says may contradict the environment. */
  readonly statements: readonly Statement[];
  /** SHA-256 of the declared part: everything but statuses, dates, current_state and evidence. */
  readonly digest: string;
  /** The file, as written. */
  readonly value: Readonly<Record<string, unknown>>;
  /** What was understood although it is not today's form. */
  readonly warnings: readonly Warning[];
}

export interface Warning {
  /** JSON pointer: "/phases/1/status". */
  readonly pointer: string;
  /** 1-based line in the file. */
  readonly line: number;
  readonly message: string;
}

export interface Statement {
  /** JSON pointer. */
  readonly pointer: string;
  /** 1-based line in the file. */
  readonly line: number;
  readonly text: string;
}

export interface GoalPhase {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly status: Status;
  readonly objectives: readonly GoalObjective[];
  /** Records of objectives that the catalogue has and the file lacks, by objective id. */
  readonly added: Readonly<Record<string, ObjectiveRecord>>;
}

export interface GoalObjective {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  readonly deliverables: readonly string[];
  /** Why a skipped one was skipped. */
  readonly skipReason?: string;
  readonly evidence?: Evidence;
}

/** The one object that we write into an objective. */
export interface Evidence {
  /** ISO 8601 */
  readonly at: string;
  readonly run: string;
  readonly checks: Readonly<Record<string, CheckEvidence>>;
  readonly approvals: Readonly<Record<string, Attestation>>;
  readonly waiting_for?: WaitingFor & { /** Later phases may run meanwhile. */ readonly non_blocking?: true };
  /** Digest of the objective's desired state when it was shown; another one means that it has to be planned again. */
  readonly desired: string;
  /** When that digest became another one: what was shown before of all that builds on it has to be shown again. */
  readonly changed_at?: string;
}

export interface CheckEvidence {
  readonly state: Verdict['state'] | 'unknown';
  readonly saw: string;
  readonly at: string;
}

export interface ObjectiveRecord {
  readonly status: Status;
  readonly evidence?: Evidence;
}

export interface GoalTrigger {
  /** Slug of the description: "airflow-log-pvc-exceeds-80gi-usage". */
  readonly id: string;
  readonly description: string;
  /** A person's word in the file's current_state, if the file has one for this trigger. */
  readonly claimed?: boolean | string;
  /** Who attested it, when and in which words: "Ada on 2026-11-21: we search by hand". */
  readonly attested?: string;
}

export interface GoalMetric {
  /** "functional.log_coverage" */
  readonly id: string;
  readonly target: string;
  /** JSON pointer of the target. */
  readonly pointer: string;
}

/** What a run writes back. */
export interface ProgressUpdate {
  readonly initiative?: Status;
  readonly phases?: readonly { readonly phase: number; readonly status: Status; readonly at: string }[];
  readonly objectives?: readonly {
    readonly phase: number;
    readonly objective: string;
    readonly status: Status;
    readonly at: string;
    readonly evidence?: Evidence;
  }[];
  /** Into trigger_conditions.current_state.observed, by trigger id. */
  readonly triggers?: Readonly<Record<string, TriggerRecord>>;
}

export interface TriggerRecord {
  readonly state: Verdict['state'] | 'unknown';
  readonly observed: string;
  readonly at: string;
  /** Who attested it; absent: a run saw it. */
  readonly by?: string;
}

/** A phase of the catalogue beside what the file says of it. */
export interface MatchedPhase {
  readonly number: number;
  readonly name: string;
  /** "phase-2": the file's id, or the catalogue's where the file lacks the phase. */
  readonly id: string;
  /** The file's claim. */
  readonly status: Status;
  readonly body: PhaseBody;
  /** The catalogue's in its order, then those that only the file has. */
  readonly objectives: readonly MatchedObjective[];
}

export interface MatchedObjective {
  readonly id: string;
  readonly name: string;
  readonly inFile: boolean;
  /** The file's claim. */
  readonly status: Status;
  readonly evidence?: Evidence;
  /** Why it does not apply, by the catalogue or by the file (`skip_reason`). */
  readonly skipped?: string;
  /** Absent for an objective that only the file has. */
  readonly definition?: Objective;
  readonly deliverables: readonly MatchedDeliverable[];
}

export interface MatchedDeliverable {
  /** In the file's wording where the file has it. */
  readonly title: string;
  readonly inFile: boolean;
  /** The catalogue doesn't know it: closed by approval only. */
  readonly unknown: boolean;
  readonly skipped?: string;
  readonly validations: readonly Validation[];
}
