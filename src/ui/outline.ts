import { isGate, type Validation } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import type { Phase } from '#model/phase.ts';

/** What a run will go through, known before it starts. */
export interface PhaseOutline {
  readonly number: number;
  readonly name: string;
  readonly objectives: readonly ObjectiveOutline[];
}

export interface ObjectiveOutline {
  readonly id: string;
  readonly name: string;
  readonly validations: readonly { readonly id: string; readonly title: string }[];
}

export function outlinePhases(phases: readonly Phase[], environment: Environment): readonly PhaseOutline[] {
  return phases.map((phase) => ({
    number: phase.number,
    name: phase.name,
    objectives: phase.for(environment).objectives.map(({ id, name, deliverables }) => ({
      id,
      name,
      validations: deliverables.flatMap(({ validations }) => validations).map(outlineValidation),
    })),
  }));
}

function outlineValidation(validation: Validation): ObjectiveOutline['validations'][number] {
  if (!isGate(validation)) return { id: validation.id, title: validation.title };
  return { id: validation.id, title: validation.gate === 'approval' ? `Approved: ${validation.of}` : validation.title };
}
