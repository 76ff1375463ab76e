import type { Change } from './change.ts';
import type { Permission } from './kubernetes.ts';
import type { Read, Reads, Seen } from './read.ts';
import type { Verdict } from './verdict.ts';

/** `30d`, `12h`, `5m`, `10s`. */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`;

/** Named reads and a judge. The judge is pure and total: the same seen and now give the same verdict, never a throw. */
// biome-ignore lint/suspicious/noExplicitAny: lists of checks hold checks of every type of read
export interface Check<R extends Reads = any> {
  /** "loki.retention-runs": stable, it keys the evidence in the goals file. */
  readonly id: string;
  /** Reads as a sentence: "Loki deletes what is older than 30d". */
  readonly title: string;
  /** `on-entry` is judged before starting and not afterwards; `verify` judges only `always` again; `once` was shown for good. */
  readonly holds: 'on-entry' | 'always' | 'once';
  /** Ids of checks of the same objective that have to be met first; until then this one is pending, unread. */
  readonly after?: readonly string[];
  readonly reads: R;
  /**
   * Reads that depend on what was read before: asked for again with their values, until no name is new. The judge sees them all.
   * Bounded: whoever may need thousands chooses some and says so.
   */
  next?(seen: Seen<R>): Reads;
  /** Of the reads that `next` may ask for: they can't be derived before the first ones are made. */
  readonly nextPermissions?: readonly Permission[];
  /** Of the repairs that its verdicts may offer: asked for only when repairs are allowed. */
  readonly repairPermissions?: readonly Permission[];
  judge(seen: Seen<R>, now: Date): Verdict;
  /** Where to look for the cause when it ends red. It never changes the verdict's state. */
  readonly diagnosis?: Diagnosis;
}

/** A look for the cause of a red check: what to read, and what that says of it. Pure and total, as a judge is. */
// biome-ignore lint/suspicious/noExplicitAny: see Check
export interface Diagnosis<R extends Reads = any> {
  readonly reads: R;
  /** Of what the next look may read: it can't be derived before these reads are done. */
  readonly nextPermissions?: readonly Permission[];
  /** What could not be read is missing in `seen`; the engine tells of it. */
  explain(seen: Partial<Seen<R>>, now: Date): Explanation;
}

export interface Explanation {
  /** Outermost first. */
  readonly cause: readonly string[];
  /** What mends the innermost cause, with names that can be pasted. */
  readonly remedy?: string;
  /** A further look, where what was seen leads: once the pod is known, its log. */
  readonly next?: Diagnosis;
}

/** A check that has to write in order to see. Its writes are declared, temporary and undone even when it fails. */
export interface Probe {
  readonly id: string;
  readonly title: string;
  readonly holds: Check['holds'];
  /** Checks by id without which `verify` does not run it: what it would tell, they tell already. */
  readonly after?: readonly string[];
  /** How long read-only commands may rely on its evidence. */
  readonly validFor: Duration;
  /** Where to look for the cause when it ends red. */
  readonly diagnosis?: Diagnosis;
  /** What it writes and reads for one mark, a fresh one each time (else it finds yesterday's line). */
  with(mark: string): Probing;
}

/** Names of what is written are fixed and only contents carry the mark, so that a killed run's remains are overwritten by the next. */
// biome-ignore lint/suspicious/noExplicitAny: see Check
export interface Probing<R extends Reads = any> {
  readonly before: readonly Change[];
  readonly reads: R;
  /** As in a check. */
  next?(seen: Seen<R>): Reads;
  readonly nextPermissions?: readonly Permission[];
  judge(seen: Seen<R>, now: Date): Verdict;
  readonly after: readonly Change[];
}

export type Gate = Approval | Soak;

/** A named person's attestation of what no machine can observe. */
export interface Approval {
  readonly gate: 'approval';
  readonly id: string;
  readonly of: string;
}

/** Quiet for a period, judged from history and not by sleeping. */
export interface Soak {
  readonly gate: 'soak';
  readonly id: string;
  readonly title: string;
  readonly for: Duration;
  /** Since when the history that counts goes back; undefined: it has not begun. */
  readonly began: Read<Date | undefined>;
  /** Judged from the period's history: what is not met was disturbed within it, so that it begins anew. */
  readonly quiet: readonly Check[];
  /** Judged as things are now: while one of them is not met it does not end. */
  readonly atEnd?: readonly Check[];
  /** What must not be done before it is over; once that is met, there is nothing left to wait for. */
  readonly guards?: Check;
  /** Later phases may run while only this gate is open. */
  readonly nonBlocking?: boolean;
}

export type Validation = Check | Probe | Gate;

export function check<R extends Reads>(definition: Check<R>): Check<R> {
  return definition;
}

export function diagnosis<R extends Reads>(definition: Diagnosis<R>): Diagnosis<R> {
  return definition;
}

export function probing<R extends Reads>(definition: Probing<R>): Probing<R> {
  return definition;
}

export function isGate(validation: Validation): validation is Gate {
  return 'gate' in validation;
}

export function isProbe(validation: Validation): validation is Probe {
  return 'with' in validation;
}

export function isCheck(validation: Validation): validation is Check {
  return !isGate(validation) && !isProbe(validation);
}
