import { wasOnceShown } from '#engine/evidence.ts';
import type { MatchedPhase } from '#goals/types.ts';
import { EXIT, UserError } from '#model/errors.ts';
import type { TakingBack } from '#model/event.ts';
import { findLosses } from '#phases/undone.ts';
import { matchedPhases } from './needs.ts';
import type { OwnGoals } from './open-goals.ts';

/**
 * @param losing what the user allows to be lost, by name
 * @throws UserError (exit 5) when a later phase builds on it, or more would be lost
 */
export function planRollback(goals: OwnGoals, number: number, losing: readonly string[]): TakingBack {
  const phases = matchedPhases(goals);
  const later = phases.filter((phase) => phase.number > number && hasBegun(phase)).at(-1);
  if (later !== undefined) {
    throw new UserError(
      `phase ${later.number} (${later.name}) builds on phase ${number}`,
      `roll it back first: anton-logging phase rollback ${later.number}`,
      EXIT.notReady,
    );
  }
  const losses = findLosses(phases.find((phase) => phase.number === number)?.body.objectives ?? []);
  const unknown = losing.filter((name) => !losses.includes(name));
  if (unknown.length > 0) {
    throw new UserError(
      `rolling back phase ${number} would not lose ${unknown.join(', ')}`,
      losses.length === 0 ? 'leave --lose out: nothing is lost' : `what would be lost: ${losses.join(', ')}`,
    );
  }
  const missing = losses.filter((name) => !losing.includes(name));
  if (missing.length > 0) {
    throw new UserError(
      `rolling back phase ${number} would lose ${missing.join(', ')}, with all logs in it`,
      `keep what you need of it; then say so by name: anton-logging phase rollback ${number}${[...losing, ...missing].map((name) => ` --lose "${name}"`).join('')}`,
      EXIT.notReady,
    );
  }
  return { losing };
}

/** Whatever was done or begun, also where the file only claims it. */
function hasBegun({ objectives }: MatchedPhase): boolean {
  return objectives.some(
    (objective) => objective.skipped === undefined && (wasOnceShown(objective) || !['pending', 'skipped'].includes(objective.status)),
  );
}
