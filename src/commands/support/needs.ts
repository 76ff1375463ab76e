import { permissionsToHold } from '#adapters/kubernetes/holder.ts';
import { findNeeds, type Need } from '#engine/rollout-permissions.ts';
import { matchPhasesFor } from '#goals/catalogue.ts';
import type { MatchedPhase } from '#goals/types.ts';
import { installedFor } from '#phases/installed.ts';
import { catalogueFor } from './catalogue.ts';
import type { OwnGoals } from './open-goals.ts';

/** Everything that the rest of the rollout asks the API server for, the Lease included. Needs no cluster. */
export function needsOf(goals: OwnGoals, repair: boolean): readonly Need[] {
  const { environment } = goals;
  const { triggers, metrics } = catalogueFor(environment);
  const lock = permissionsToHold(environment.gitops.namespace);
  return findNeeds({ phases: matchedPhases(goals), triggers, metrics, others: installedFor(environment), lock }, repair);
}

export function matchedPhases({ goals, environment }: OwnGoals): readonly MatchedPhase[] {
  return matchPhasesFor(catalogueFor(environment).phases, environment, goals);
}
