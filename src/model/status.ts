import type { Status } from './event.ts';
import type { Outcome } from './verdict.ts';

/** What `status -o json` prints (a contract of the command line), and what every other form of it is drawn from. */
export interface StatusReport {
  readonly initiative: {
    readonly name: string;
    readonly status: Status;
    readonly rollout: string;
    readonly progress: Progress;
  };
  readonly phases: readonly PhaseStatus[];
  readonly triggers: readonly TriggerStatus[];
  readonly metrics: readonly MetricStatus[];
  readonly last_run?: LastRun;
  /** Absent: nobody holds the Lease, or nobody looked. */
  readonly holder?: Holder;
  /** True: claims of the file only, nothing was looked at. */
  readonly offline: boolean;
  readonly observed_at: string;
  readonly warnings: readonly string[];
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** 0 to 100, rounded down: 100 only when everything is done. */
  readonly percent: number;
}

export interface PhaseStatus {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly status: Status;
  readonly progress: Progress;
  readonly objectives: readonly ObjectiveStatus[];
}

export interface ObjectiveStatus {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  /** `claimed`: the file says so, nothing has shown it. */
  readonly basis: 'evidence' | 'claimed';
  readonly stale?: true;
  readonly deliverables: readonly DeliverableStatus[];
  readonly waiting_for?: WaitingFor;
  /** Why it was skipped. */
  readonly reason?: string;
}

export interface DeliverableStatus {
  readonly title: string;
  readonly status: Status;
  /** Why it was skipped. */
  readonly reason?: string;
}

export interface WaitingFor {
  /** Id of the gate, where it is one. */
  readonly gate?: string;
  readonly what: string;
  readonly since?: string;
  /** The earliest moment at which it can be over. */
  readonly until?: string;
  /** What would make a soak begin anew. */
  readonly breaks?: string;
  readonly remedy?: string;
}

export interface TriggerStatus {
  readonly id: string;
  readonly description: string;
  readonly state: Outcome['state'];
  readonly observed: string;
  readonly threshold: string;
}

export interface MetricStatus {
  readonly id: string;
  readonly target: string;
  readonly current: string | null;
  readonly state: Outcome['state'];
  readonly measured_at: string | null;
  readonly method: string;
  /** How many of what it comes from. */
  readonly sample: string | null;
  /** Over which time. */
  readonly interval: string | null;
  /** Why it is unknown. */
  readonly reason?: string;
}

export interface LastRun {
  readonly id: string;
  readonly state: string;
  readonly started_at: string;
  readonly finished_at?: string;
  readonly summary?: string;
}

/** Who holds the Lease, as it says itself. */
export interface Holder {
  /** "host/boot-id/pid/start-time" */
  readonly identity: string;
  readonly run?: string;
  readonly phase?: string;
  readonly since?: string;
  readonly renewed?: string;
  /** `gone`: a process of this machine that has ended; `expired`: not renewed for too long. Both are taken over by the next run. */
  readonly state: 'alive' | 'expired' | 'gone';
}
