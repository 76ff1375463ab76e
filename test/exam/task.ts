import type { FaultResult } from './faults.ts';
import type { Tampering } from './front.ts';
import type { Chosen, Mutation, MutationResult } from './mutations.ts';
import type { TamperingResult } from './tampering.ts';

/** What one process of the exam does at a time: it has a completed rollout of its own, and breaks one thing in a copy of it. */
export type Task =
  | { readonly of: 'plan' }
  | { readonly of: 'fault'; readonly name: string }
  | { readonly of: 'mutation'; readonly mutation: Mutation }
  | { readonly of: 'tampering'; readonly target: string; readonly how: Tampering };

/** What can be broken besides the listed faults. */
export interface ExamPlan extends Chosen {
  readonly targets: readonly string[];
}

export type Answer =
  | { readonly of: 'plan'; readonly plan: ExamPlan }
  | { readonly of: 'fault'; readonly result: FaultResult }
  | { readonly of: 'mutation'; readonly result: MutationResult }
  | { readonly of: 'tampering'; readonly result: TamperingResult }
  /** The embedded cluster itself could not play it. */
  | { readonly of: 'crash'; readonly why: string };
