import type { Change } from './change.ts';

/** What a judge can say. "Unknown" is missing on purpose: a judge only runs when everything could be read. */
export type Verdict = Met | NotMet;

export interface Met {
  readonly state: 'met';
  /** What was observed, in words: "3 of 3 nodes Ready". */
  readonly saw: string;
}

/** `pending` may still come by itself; `failed` cannot without somebody acting, so waiting stops at once. */
export interface NotMet {
  readonly state: 'pending' | 'failed';
  readonly saw: string;
  /** Outermost first: what is wrong, why, why that. */
  readonly cause: readonly string[];
  /** What a person should do, with names that can be pasted. */
  readonly remedy: string;
  /** The changes that would mend it, in this order: done only when the user allows it. */
  readonly repair?: readonly Change[];
}

/** The engine's word for a check whose reads were forbidden, timed out or unreadable. Unknown is never met. */
export interface Unknown {
  readonly state: 'unknown';
  /** Looking again won't help until somebody acts: forbidden, not logged in. */
  readonly permanent: boolean;
  readonly saw: string;
  readonly cause: readonly string[];
  readonly remedy: string;
}

export type Outcome = Verdict | Unknown;

export function met(saw: string): Met {
  return { state: 'met', saw };
}

export function pending(saw: string, cause: readonly string[], remedy: string): NotMet {
  return { state: 'pending', saw, cause: cause.filter(isSaid), remedy };
}

export function failed(saw: string, cause: readonly string[], remedy: string, repair?: readonly Change[]): NotMet {
  return { state: 'failed', saw, cause: cause.filter(isSaid), remedy, ...(repair === undefined ? {} : { repair }) };
}

/** Messages of objects are often empty. */
function isSaid(line: string): boolean {
  return line.trim() !== '';
}
