import type { FaultResult } from './faults.ts';
import type { MutationResult } from './mutations.ts';
import { EXPLANATIONS } from './survivors.ts';
import type { TamperingResult } from './tampering.ts';
import type { ExamPlan } from './task.ts';

export interface ExamResults {
  readonly plan: ExamPlan;
  readonly faults: readonly FaultResult[];
  readonly mutations: readonly MutationResult[];
  readonly tamperings: readonly TamperingResult[];
}

/** Why a mutation may survive; undefined: nobody has looked at it. */
export function explanationOf({ what }: MutationResult): string | undefined {
  return EXPLANATIONS.find((each) => each.what.test(what))?.why;
}

/** docs/coverage.md: what no check notices, and why. */
export function describeCoverage(_: ExamResults): string {
  return '';
}
