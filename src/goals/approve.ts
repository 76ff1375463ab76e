import { UserError } from '#model/errors.ts';
import type { Attestation } from '#model/ports.ts';
import { withoutMark } from './document.ts';
import { setValue } from './edit.ts';
import { recordProgress } from './record.ts';
import { findTriggers } from './triggers.ts';
import type { Goals, MatchedObjective, MatchedPhase } from './types.ts';
import { normaliseTitle } from './words.ts';

/** Something that a person can attest: a deliverable or gate of an objective, or a trigger condition. */
export type Approvable =
  | { readonly of: 'objective'; readonly phase: number; readonly objective: MatchedObjective; readonly what: string }
  | { readonly of: 'trigger'; readonly id: string; readonly what: string };

/**
 * What is meant by an objective's or trigger's id and, where the objective has several approvals, the one's title.
 * @throws UserError with what can be approved there
 */
export function findApprovable(phases: readonly MatchedPhase[], goals: Goals, id: string, title: string | undefined): Approvable {
  const trigger = goals.triggers.find((each) => each.id === id);
  if (trigger !== undefined) return { of: 'trigger', id, what: trigger.description };
  for (const phase of phases) {
    const objective = phase.objectives.find((each) => each.id === id);
    if (objective !== undefined) return { of: 'objective', phase: phase.number, objective, what: chooseApproval(objective, title) };
  }
  const ids = [
    ...phases.flatMap(({ objectives }) => objectives.map((objective) => objective.id)),
    ...goals.triggers.map((each) => each.id),
  ];
  throw new UserError(`there is no objective or trigger condition "${id}"`, `name one of these: ${ids.join(', ')}`);
}

/** The goals file with the attestation in it; statuses stay as they are, the next run judges them. */
export function recordApproval(text: string, target: Approvable, by: Attestation): string {
  if (target.of === 'trigger') return recordTriggerWord(text, target.id, by);
  const { phase, objective, what } = target;
  const earlier = objective.evidence ?? { at: by.at, run: '', checks: {}, approvals: {}, desired: '' };
  const evidence = { ...earlier, approvals: { ...earlier.approvals, [what]: by } };
  return recordProgress(text, { objectives: [{ phase, objective: objective.id, status: objective.status, at: by.at, evidence }] });
}

/** Gates, and deliverables that the program does not know: those are closed by approval alone. */
function approvalsOf(objective: MatchedObjective): readonly string[] {
  return objective.deliverables.flatMap(({ title, unknown, validations }) =>
    unknown
      ? [title]
      : validations.flatMap((validation) => ('gate' in validation && validation.gate === 'approval' ? [validation.of] : [])),
  );
}

function chooseApproval(objective: MatchedObjective, title: string | undefined): string {
  const approvals = [...approvalsOf(objective), ...stepApprovals(objective)];
  const list = approvals.map((each) => `  ${JSON.stringify(each)}`).join('\n');
  if (approvals.length === 0)
    throw new UserError(`objective ${objective.id} has nothing to approve: checks decide it`, 'anton-logging status');
  const [only] = approvals;
  if (title === undefined && approvals.length === 1 && only !== undefined) return only;
  const found = approvals.find((each) => title !== undefined && normaliseTitle(each) === normaliseTitle(title));
  if (found !== undefined) return found;
  throw new UserError(
    title === undefined
      ? `objective ${objective.id} has several things to approve`
      : `objective ${objective.id} has nothing to approve called "${title}"`,
    `name one of these:\n${list}`,
  );
}

/** Approvals that stand between steps, before something that cannot be taken back. */
function stepApprovals({ definition }: MatchedObjective): readonly string[] {
  return (definition?.steps ?? []).flatMap((step) =>
    step.do === 'await' && 'gate' in step.what && step.what.gate === 'approval' ? [step.what.of] : [],
  );
}

function recordTriggerWord(text: string, id: string, { by, note, at }: Attestation): string {
  const plain = withoutMark(text);
  const mark = text.slice(0, text.length - plain.length);
  const state = findTriggers(JSON.parse(plain))?.statePath;
  if (state === undefined) throw new UserError(`the goals file has no trigger conditions to record "${id}" in`, 'write them into the file');
  const observed = { state: 'met' as const, observed: `${by} on ${at.slice(0, 10)}: ${note}`, at, by };
  return mark + recordProgress(setValue(plain, [...state, id], true), { triggers: { [id]: observed } });
}
