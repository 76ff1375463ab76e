import type { MatchedObjective } from '#goals/types.ts';
import type { Approval, Validation } from '#model/check.ts';

/** What decides an objective, each once. Deliverables that only the file knows have nothing that could judge them: a person has to. */
export function distinctValidations(objective: MatchedObjective): readonly Validation[] {
  const validations = objective.deliverables.flatMap((deliverable) =>
    deliverable.skipped !== undefined ? [] : deliverable.unknown ? [approvalOf(deliverable.title)] : deliverable.validations,
  );
  return [...new Map(validations.map((validation) => [validation.id, validation])).values()];
}

function approvalOf(title: string): Approval {
  return { gate: 'approval', id: `approval.${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`, of: title };
}
