import type { Step } from './change.ts';
import type { Check, Validation } from './check.ts';
import type { Environment } from './environment.ts';

export interface Phase {
  readonly number: number;
  readonly name: string;
  for(environment: Environment): PhaseBody;
}

export interface PhaseBody {
  readonly preconditions: readonly Check[];
  readonly objectives: readonly Objective[];
}

export interface Objective {
  /** "2.1" */
  readonly id: string;
  readonly name: string;
  /** Why it does not apply here: counted as satisfied, shown as skipped. */
  readonly skipped?: string;
  readonly steps?: readonly Step[];
  readonly rollback?: Rollback;
  readonly deliverables: readonly Deliverable[];
}

/** What taking an objective's commits back means. */
export interface Rollback {
  /** What is lost with it, by name: it has to be allowed by that name. */
  readonly loses?: readonly string[];
  /** What has to hold, or there is no way back. */
  readonly needs?: readonly Check[];
  /** What shows that it is done, besides that what was committed is gone. */
  readonly proves?: readonly Check[];
}

export interface Deliverable {
  readonly title: string;
  /** Other wordings met in real goals files. */
  readonly aliases?: readonly string[];
  readonly skipped?: string;
  readonly validations: readonly Validation[];
}

export function definePhase(number: number, name: string, body: Phase['for']): Phase {
  return { number, name, for: body };
}

/** Getters stay getters: steps render manifests, which whoever only looks at names and checks does not need. */
export function objective(id: string, name: string, rest: Omit<Objective, 'id' | 'name'>): Objective {
  return Object.defineProperties({ id, name } as Objective, Object.getOwnPropertyDescriptors(rest));
}
