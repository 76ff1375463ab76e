import type { Change } from './change.ts';
import type { Event } from './event.ts';
import type { Permission, Scope } from './kubernetes.ts';
import type { Answer, Request } from './read.ts';

/** What the engine needs from outside. Adapters implement these; nothing else has effects. */

/** Now is real time, plus the rehearsal's offset where there is one. */
export interface Clock {
  now(): Date;
  /** Resolves after so many milliseconds or when the signal aborts, whichever comes first; never rejects. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** A rehearsal's clock only: moves time forward. */
  advanceTo?(time: Date): Promise<void>;
}

export interface Observer {
  /**
   * The answer to a request; "not there" is an answer.
   * @throws Unobserved when there was none
   */
  read(request: Request, signal: AbortSignal): Promise<Answer>;
  /** Calls `onChange` whenever an object in the scope changed, until the signal aborts. Failing watches are restarted; they never throw. */
  watch(scope: Scope, onChange: () => void, signal: AbortSignal): void;
}

export interface Performer {
  /** What performing would do now, as text; undefined: nothing, the world is already like that. Writes nothing. */
  preview(change: Change, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Performs the change. Doing it twice is safe. Returns what was done, in words.
   * @throws UserError when it was refused, for a reason the user can act on
   */
  perform(change: Change, by: Author, signal: AbortSignal): Promise<string>;
  /**
   * What somebody else has to do before a change that was performed counts; undefined: nothing, or it was not performed.
   * @throws UserError when it can't be told
   */
  awaits?(change: Change, signal: AbortSignal): Promise<Merge | undefined>;
}

/** A merge that is not done. */
export interface Merge {
  /** "branch anton-logging/… waits to be merged into main" */
  readonly what: string;
  readonly remedy: string;
}

/** Whose doing it is: goes into commit trailers and the reconcile token. */
export interface Author {
  readonly run: string;
  /** Digest of the journal's last record. */
  readonly journal: string;
  /** Digest of the saved plan that the run carries out. */
  readonly plan?: string;
}

export interface Lock {
  /**
   * Takes the Lease and keeps renewing it.
   * @throws UserError (exit 4) when somebody else holds it
   */
  acquire(run: string, onLost: (why: string) => void, signal: AbortSignal): Promise<HeldLock>;
}
export interface HeldLock {
  /** Whether a write may begin now: false once the Lease may have expired. */
  valid(): boolean;
  /** At once, after the rehearsal's clock moved. */
  renew(): Promise<void>;
  /** The phase that is run, for others to see. */
  describe(phase: number): void;
  release(): Promise<void>;
}

export interface AccessReviewer {
  /** Those of the permissions that the API server says we don't have. */
  denied(permissions: readonly Permission[], signal: AbortSignal): Promise<readonly Permission[]>;
}

/** Appends durably: when it returns, the record survives a SIGKILL, and unless it is a verdict a power failure, too. */
export interface Journal {
  append(event: Event): void;
  /** Digest of the last record, chained over all before it. */
  readonly head: string;
}

export interface Attestation {
  readonly by: string;
  readonly note: string;
  /** ISO 8601. */
  readonly at: string;
}
/** Approvals that stand outside the goals file: a rehearsal gives them itself. */
export interface Approvals {
  find(objective: string, of: string): Promise<Attestation | undefined>;
}

/** The goals file on disk. */
export interface GoalsFile {
  readonly path: string;
  /** @throws UserError when it is missing, unreadable, no file or larger than 5 MiB */
  read(): Promise<string>;
  /**
   * Re-reads, patches and replaces the file atomically under a short lock; an unchanged text is not written.
   * @throws UserError when it can't be written; whatever `patch` throws, with the file untouched
   */
  update(patch: (text: string) => string): Promise<void>;
}
