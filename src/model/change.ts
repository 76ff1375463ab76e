import type { Check, Gate, Probe } from './check.ts';
import type { Manifest, ObjectRef, Permission, ServiceRef } from './kubernetes.ts';
import type { BucketRef, Reads, Seen } from './read.ts';

/** One write, as data: dry run, diff, permissions and journal derive from it, and only the executor performs it. */
export type Change = Commit | Reconcile | Apply | Remove | PutObject | DeleteObject | PushLines;

/** One commit on the branch that Flux follows. */
export interface Commit {
  readonly do: 'commit';
  /** Path in the repository to whole content; null deletes the file. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly edits?: readonly Edit[];
  readonly why: string;
}
/** One value in a user's own YAML file, comments and order kept. */
export interface Edit {
  readonly file: string;
  readonly at: readonly (string | number)[];
  readonly set?: unknown;
  /** Puts it into a list unless it is there. */
  readonly add?: string;
  /** Takes it out of a list. */
  readonly remove?: string;
  /** Where this is the value still: what stood there before the first commit of this program that changed the file. */
  readonly restore?: unknown;
}
/** Ask Flux to look now (annotation reconcile.fluxcd.io/requestedAt). */
export interface Reconcile {
  readonly do: 'reconcile';
  readonly object: ObjectRef;
  /** Forget the failed attempts, too (annotation reconcile.fluxcd.io/resetAt): a HelmRelease that ran out of retries begins anew. */
  readonly reset?: true;
}
/** Server-side apply. For probes and the Airflow claim only; all else goes through Git. */
export interface Apply {
  readonly do: 'apply';
  readonly object: Manifest;
}
export interface Remove {
  readonly do: 'remove';
  readonly object: ObjectRef;
}
export interface PutObject {
  readonly do: 's3-put';
  readonly bucket: BucketRef;
  readonly key: string;
  readonly body: string;
  /** Upload in parts, as Loki's client does with large chunks. */
  readonly multipart?: boolean;
}
export interface DeleteObject {
  readonly do: 's3-delete';
  readonly bucket: BucketRef;
  readonly key: string;
}
/** Log lines pushed into Loki over HTTP, stamped with the time of the push. */
export interface PushLines {
  readonly do: 'push';
  readonly to: ServiceRef;
  readonly labels: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
  /** POST /flush to this service afterwards, so that the chunk reaches the object store now. */
  readonly flush?: ServiceRef;
}

export type Step = Change | Await | Derive;

/** Nothing later in the objective starts before: approval, soak, then removal. */
export interface Await {
  readonly do: 'await';
  readonly what: Check | Probe | Gate;
}
/** Changes that depend on what is observed: documents about this cluster. Pure: reads in, changes out. */
// biome-ignore lint/suspicious/noExplicitAny: lists of steps hold derivations from every type of read
export interface Derive<R extends Reads = any> {
  readonly do: 'derive';
  readonly title: string;
  readonly reads: R;
  /** Of the changes that may come out: they can't be derived before the reads are done. */
  readonly permissions: readonly Permission[];
  changes(seen: Seen<R>): readonly Change[];
}
