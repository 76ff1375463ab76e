import type { MatchedPhase } from '#goals/types.ts';
import type { Check } from '#model/check.ts';
import type { Metric, Trigger } from '#model/initiative.ts';
import type { Permission } from '#model/kubernetes.ts';
import { permissionsToFindDrift } from './drift.ts';
import { wasShown } from './evidence.ts';
import { isDeclaredAnew } from './freshness.ts';
import { diagnosisPermissionsOf, distinct, permissionsOf, permissionsToLook } from './permissions.ts';

/** What needs which permissions, in words: "phase 2 (Loki Deployment)". */
export interface Need {
  /** "phase-2" */
  readonly id: string;
  readonly of: string;
  readonly permissions: readonly Permission[];
}

interface Rollout {
  readonly phases: readonly MatchedPhase[];
  readonly triggers: readonly Trigger[];
  readonly metrics: readonly Metric[];
  /** What is looked at beside the phases. */
  readonly others: readonly Check[];
  /** What taking the Lease needs. */
  readonly lock: readonly Permission[];
}

/**
 * What the rest of the rollout asks of the API server: everything of the phases that are left, and of all phases what looking at them
 * takes, for status, verify and the like judge those that are done, too.
 * @param repair whether what failed checks offer to mend is to be done, too
 */
export function findNeeds({ phases, triggers, metrics, others, lock }: Rollout, repair: boolean): readonly Need[] {
  const left = phases.filter((phase) => !isDone(phase));
  const looks = [
    ...phases.flatMap(({ body }) => [...permissionsOf(body, false), ...diagnosisPermissionsOf(body), ...permissionsToFindDrift(body)]),
    ...triggers.flatMap(({ check }) => (check === undefined ? [] : permissionsToLook(check))),
    ...metrics.flatMap(({ measurement }) => (measurement === undefined ? [] : permissionsToLook(measurement))),
    ...others.flatMap(permissionsToLook),
  ];
  return [
    ...left.map(({ number, name, body }) => ({
      id: `phase-${number}`,
      of: `phase ${number} (${name})`,
      permissions: permissionsOf(body, true, repair),
    })),
    { id: 'looks', of: 'doctor, status, metrics, verify and the search for causes', permissions: distinct(looks) },
    // Who writes nothing takes no Lease.
    { id: 'lease', of: 'the Lease', permissions: left.length === 0 ? [] : lock },
  ].filter(({ permissions }) => permissions.length > 0);
}

/** Shown, and the goals want nothing else since: an upgrade has to be written again. */
function isDone({ objectives }: MatchedPhase): boolean {
  return objectives.every((objective) => objective.skipped !== undefined || (wasShown(objective) && !isDeclaredAnew(objective)));
}
