import { matchPhasesFor } from '#goals/catalogue.ts';
import type { Goals, MatchedPhase } from '#goals/types.ts';
import type { RunContext, RunRequest } from './context.ts';

/** The phases as the goals have them. Of a rollback only what the program itself has done: a person's work it can't take back. */
export function selectPhases(
  { phases, environment }: Pick<RunContext, 'phases' | 'environment'>,
  { back }: Pick<RunRequest, 'back'>,
  goals: Goals,
): readonly MatchedPhase[] {
  const matched = matchPhasesFor(phases, environment, goals);
  if (back === undefined) return matched;
  return matched.map((phase) => ({
    ...phase,
    objectives: phase.objectives
      .filter(({ definition }) => definition !== undefined)
      .map((each) => ({ ...each, deliverables: each.deliverables.filter(({ unknown }) => !unknown) })),
  }));
}
