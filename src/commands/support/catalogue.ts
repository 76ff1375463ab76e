import type { Environment } from '#model/environment.ts';
import { UserError } from '#model/errors.ts';
import type { Phase } from '#model/phase.ts';
import phases from '#phases/index.ts';
import { metricsFor } from '#phases/metrics.ts';
import { triggersFor } from '#phases/triggers.ts';

/** Everything that code knows of the rollout in this environment; of a rollout that is not ours, nothing. */
export function catalogueFor(environment: Environment | undefined) {
  if (environment === undefined) return { phases, triggers: [], metrics: [] };
  return { phases, triggers: triggersFor(environment), metrics: metricsFor(environment) };
}

/**
 * The phase that `2` or `phase-2` names.
 * @throws UserError (exit 2) with the list of phases
 */
export function findPhase(name: string): Phase {
  const number = /^(?:phase-)?(\d+)$/.exec(name)?.[1];
  const phase = phases.find((each) => String(each.number) === number);
  if (phase !== undefined) return phase;
  throw new UserError(
    `there is no phase "${name}"`,
    `name one of these:\n${phases.map((each) => `  ${each.number}  ${each.name}`).join('\n')}`,
  );
}

export function lastPhase(): number {
  return Math.max(...phases.map(({ number }) => number));
}
