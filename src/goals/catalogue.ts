import type { Environment } from '#model/environment.ts';
import type { SkippedDeliverable } from '#model/event.ts';
import type { Deliverable, Objective, Phase, PhaseBody } from '#model/phase.ts';
import type { GoalObjective, GoalPhase, Goals, MatchedDeliverable, MatchedObjective, MatchedPhase } from './types.ts';
import { normaliseTitle } from './words.ts';

/** A phase that the program has. */
export interface CataloguePhase {
  readonly number: number;
  readonly name: string;
  readonly body: PhaseBody;
}

const NOTHING: PhaseBody = { preconditions: [], objectives: [] };

/**
 * The program's phases beside the file's, by number; their objectives by id; deliverables by title and aliases, whatever was appended
 * to them. The program's come first and in its order, what only the file has comes after. Goals of another rollout match nothing.
 */
export function matchPhases(catalogue: readonly CataloguePhase[], goals: Goals): readonly MatchedPhase[] {
  const known = goals.rollout === 'logging' ? catalogue : [];
  const matched = known.map((phase) =>
    matchPhase(
      phase,
      goals.phases.find(({ number }) => number === phase.number),
    ),
  );
  const others = goals.phases.filter(({ number }) => !known.some((phase) => phase.number === number));
  const unknown = others.map((phase) => matchPhase({ number: phase.number, name: phase.name, body: NOTHING }, phase));
  return [...matched, ...unknown].toSorted((a, b) => a.number - b.number);
}

/** The same with the program's phases as they are for an environment. */
export function matchPhasesFor(phases: readonly Phase[], environment: Environment, goals: Goals): readonly MatchedPhase[] {
  const catalogue = phases.map((phase) => ({ number: phase.number, name: phase.name, body: phase.for(environment) }));
  return matchPhases(catalogue, goals);
}

/** What of an objective does not apply here, and why. */
export function skippedDeliverables({ deliverables }: Pick<MatchedObjective, 'deliverables'>): readonly SkippedDeliverable[] {
  return deliverables.flatMap(({ title, skipped: reason }) => (reason === undefined ? [] : [{ title, reason }]));
}

function matchPhase({ number, name, body }: CataloguePhase, phase: GoalPhase | undefined): MatchedPhase {
  const known = body.objectives.map((objective) =>
    matchObjective(
      objective,
      phase?.objectives.find(({ id }) => id === objective.id),
      phase,
    ),
  );
  const others = (phase?.objectives ?? []).filter(({ id }) => !body.objectives.some((objective) => objective.id === id));
  return {
    number,
    name: phase?.name ?? name,
    id: phase?.id ?? `phase-${number}`,
    status: phase?.status ?? 'pending',
    body,
    objectives: [...known, ...others.map(takeFromFile)],
  };
}

function matchObjective(definition: Objective, own: GoalObjective | undefined, phase: GoalPhase | undefined): MatchedObjective {
  const record = own ?? phase?.added[definition.id];
  const skipped = definition.skipped ?? reasonOf(own);
  return {
    id: definition.id,
    name: own?.name ?? definition.name,
    inFile: own !== undefined,
    status: record?.status ?? 'pending',
    definition,
    deliverables: matchDeliverables(definition.deliverables, own?.deliverables ?? []),
    ...(record?.evidence === undefined ? {} : { evidence: record.evidence }),
    ...(skipped === undefined ? {} : { skipped }),
  };
}

function takeFromFile(own: GoalObjective): MatchedObjective {
  const skipped = reasonOf(own);
  return {
    id: own.id,
    name: own.name,
    inFile: true,
    status: own.status,
    deliverables: matchDeliverables([], own.deliverables),
    ...(own.evidence === undefined ? {} : { evidence: own.evidence }),
    ...(skipped === undefined ? {} : { skipped }),
  };
}

function matchDeliverables(known: readonly Deliverable[], titles: readonly string[]): readonly MatchedDeliverable[] {
  const names = known.map(({ title, aliases = [] }) => new Set([title, ...aliases].map(normaliseTitle)));
  const owners = titles.map((title) => names.findIndex((own) => own.has(normaliseTitle(title))));
  const matched = known.map(({ title, skipped, validations }, index) => {
    const own = titles[owners.indexOf(index)];
    const base = { title: own ?? title, inFile: own !== undefined, unknown: false, validations };
    return skipped === undefined ? base : { ...base, skipped };
  });
  const unknown = titles.filter((_, index) => owners[index] === -1);
  return [...matched, ...unknown.map((title) => ({ title, inFile: true, unknown: true, validations: [] }))];
}

/** A person's skipping counts; one that a run recorded (it left evidence) is decided by the environment again. */
function reasonOf(own: GoalObjective | undefined): string | undefined {
  if (own?.status !== 'skipped') return undefined;
  return own.skipReason ?? (own.evidence === undefined ? 'the goals file skips it' : undefined);
}
