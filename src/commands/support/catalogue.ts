import { UserError } from '#model/errors.ts';
import type { Phase } from '#model/phase.ts';
import phases from '#phases/index.ts';

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
