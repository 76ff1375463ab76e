import type { Environment } from '#model/environment.ts';
import type { Actor, Event, Happening, TakingBack } from '#model/event.ts';
import type { Metric, Trigger } from '#model/initiative.ts';
import type { Phase } from '#model/phase.ts';
import type { AccessReviewer, Approvals, Clock, GoalsFile, Journal, Lock, Observer, Performer } from '#model/ports.ts';

/** Everything a run needs, wired by a command. */
export interface RunContext {
  readonly phases: readonly Phase[];
  readonly triggers: readonly Trigger[];
  readonly metrics: readonly Metric[];
  readonly environment: Environment;
  readonly goalsFile: GoalsFile;
  /** "homelab (https://…)": for messages and events. */
  readonly cluster: string;
  readonly rehearsal: boolean;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly performer: Performer;
  readonly lock: Lock;
  readonly access: AccessReviewer;
  readonly approvals: Approvals;
  readonly journal: Journal;
  /** For the journal; absent when none is kept. */
  readonly by?: Actor;
  /** Called for every event after the journal has it. */
  readonly listeners: readonly ((event: Event) => void)[];
  /** Aborts on the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Throws when the saved plan that is to be run does not hold any more. Asked for once more when no other run can write. */
  readonly confirmPlan?: () => Promise<void>;
}

export interface RunRequest {
  readonly run: string;
  readonly from: number;
  readonly to: number;
  readonly dryRun: boolean;
  readonly overwrite: boolean;
  /** Whether to do what a failed check offers to mend. */
  readonly repair: boolean;
  /** Milliseconds that one objective may take to become met after its changes. */
  readonly timeout: number;
  /** The unfinished run that this one continues. */
  readonly resumes?: string;
  /** Digest of the saved plan that this run carries out. */
  readonly plan?: string;
  /** The phases take back what they once did; what may be lost by that. */
  readonly back?: TakingBack;
  /** False for `phase validate`: judge, change nothing. */
  readonly apply: boolean;
}

export type Emit = (happening: Happening) => void;
