import { loadGoals } from '#goals/load.ts';
import type { Goals } from '#goals/types.ts';
import type { Step } from '#model/change.ts';
import type { Check, Validation } from '#model/check.ts';
import { definePhase, type Objective, objective, type Phase } from '#model/phase.ts';
import { checkFact, commit, put } from './facts.ts';
import { World } from './support.ts';

/** An objective with one deliverable. */
export function aim(id: string, validations: readonly Validation[], steps: readonly Step[] = []): Objective {
  return objective(id, `Objective ${id}`, { steps, deliverables: [{ title: `Deliverable ${id}`, validations }] });
}

export function phaseOf(number: number, objectives: readonly Objective[], preconditions: readonly Check[] = []): Phase {
  return definePhase(number, `Phase ${number}`, () => ({ preconditions, objectives }));
}

/** Of one objective each, that make facts one, two and three. */
export const THREE_PHASES: readonly Phase[] = ['one', 'two', 'three'].map((fact, index) =>
  phaseOf(index + 1, [aim(`${index + 1}.1`, [checkFact(fact)], [commit({ [`${fact}.yaml`]: fact }), put(fact)])]),
);

/** A goals file with these phases, nothing done. `claimed`: ids of objectives that it says are completed. */
export function goalsFor(phases: readonly Phase[], claimed: readonly string[] = []): string {
  const file = {
    rollout: 'logging',
    initiative: { name: 'Lab', status: 'pending' },
    phases: phases.map((phase) => ({
      id: `phase-${phase.number}`,
      name: phase.name,
      status: 'pending',
      objectives: phase.for({} as never).objectives.map(({ id, name, deliverables }) => ({
        id,
        name,
        status: claimed.includes(id) ? 'completed' : 'pending',
        deliverables: deliverables.map(({ title }) => title),
      })),
    })),
  };
  return JSON.stringify(file, undefined, 2);
}

export function worldFor(phases: readonly Phase[], claimed: readonly string[] = []): World {
  const world = new World();
  world.goals = goalsFor(phases, claimed);
  return world;
}

export function goalsOf(world: World): Goals {
  return loadGoals(world.goals, 'goals.json');
}

/** What the goals file says of an objective now. */
export function recordOf(world: World, id: string): Goals['phases'][number]['objectives'][number] {
  const found = goalsOf(world)
    .phases.flatMap(({ objectives }) => objectives)
    .find((each) => each.id === id);
  if (found === undefined) throw new Error(`the goals file has no objective ${id}`);
  return found;
}
