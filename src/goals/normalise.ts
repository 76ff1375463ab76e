import { basename } from 'node:path';
import { UserError } from '#model/errors.ts';
import type { Status } from '#model/event.ts';
import { digestGoals } from './digest.ts';
import { type Document, lineOf, type Path, placeOf, pointerOf, sourceOf } from './document.ts';
import { initiativeStatusOf } from './progress.ts';
import { inferRollout } from './rollout.ts';
import { collectStatements } from './statements.ts';
import { findTriggers, readTriggers } from './triggers.ts';
import type { Evidence, GoalMetric, GoalObjective, GoalPhase, Goals, ObjectiveRecord, Warning } from './types.ts';
import { DATE_KEYS, numberPhases, readObjectiveId, readPhaseNumber, readStatus } from './words.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Spellings become today's, each with a warning; what is not understood stays in the file.
 * @throws UserError (exit 2) for two phases or two objectives with the same id
 */
export function normaliseGoals(document: Document): Goals {
  return new Normaliser(document).normalise();
}

class Normaliser {
  readonly #document: Document;
  readonly #value: Json;
  readonly #warnings: Warning[] = [];

  constructor(document: Document) {
    this.#document = document;
    this.#value = document.value as Json;
  }

  normalise(): Goals {
    const phases = this.#phases();
    const initiative = this.#initiative(phases);
    this.#checkTriggers();
    const written = this.#value.rollout;
    const rollout = inferRollout(written as string | undefined, initiative.name, phases);
    if (written === undefined) this.#warn(['rollout'], `no "rollout": taken for "${rollout}" by its names`);
    return {
      file: this.#document.file,
      rollout,
      initiative,
      phases,
      triggers: readTriggers(this.#value),
      metrics: readMetrics(this.#value),
      environment: (this.#value.environment ?? {}) as Json,
      statements: collectStatements(this.#document),
      digest: digestGoals(this.#value),
      value: this.#value,
      warnings: this.#warnings.toSorted((a, b) => a.line - b.line),
    };
  }

  #initiative(phases: readonly GoalPhase[]): Goals['initiative'] {
    const initiative = (this.#value.initiative ?? {}) as Json;
    const derived = initiativeStatusOf(phases.map(({ status }) => status));
    const name = initiative.name ?? this.#nameElsewhere();
    if (this.#value.initiative === undefined) this.#warn([], `no "initiative": called "${name}", status derived from the phases`);
    else if (initiative.name === undefined) this.#warn(['initiative'], `no name: called "${name}"`);
    return { name: String(name), status: initiative.status === undefined ? derived : this.#status(initiative, ['initiative']) };
  }

  #nameElsewhere(): string {
    const metadata = (this.#value.metadata ?? {}) as Json;
    const candidates = [metadata.name, metadata.title, this.#value.name, this.#value.title];
    const found = candidates.find((name) => typeof name === 'string' && name.trim() !== '');
    return (found as string | undefined) ?? basename(this.#document.file).replace(/\.[^.]*$/, '');
  }

  #phases(): readonly GoalPhase[] {
    const phases = this.#value.phases as readonly Json[];
    const numbers = numberPhases(phases.map(({ id }) => id as string | number));
    this.#refuseTwins(phases.map((_phase, index) => ({ id: `phase-${numbers[index]}`, path: ['phases', index, 'id'] })));
    const twins = phases.flatMap((phase, index) =>
      ((phase.objectives ?? []) as Json[]).map((_, inner) => {
        const path = ['phases', index, 'objectives', inner, 'id'];
        return { id: this.#objectiveId(path), path };
      }),
    );
    this.#refuseTwins(twins);
    return phases.map((phase, index) => this.#phase(phase, numbers[index] as number, ['phases', index]));
  }

  #phase(phase: Json, number: number, path: Path): GoalPhase {
    const id = `phase-${number}`;
    if (phase.id !== id) {
      const how = readPhaseNumber(phase.id as string | number) === undefined ? 'its place in the list counts' : 'today it is written so';
      this.#warn([...path, 'id'], `taken for "${id}": ${how}`);
    }
    const objectives = (phase.objectives ?? []) as readonly Json[];
    if (phase.objectives === undefined) this.#warn(path, 'no "objectives": the phase has none');
    const status = this.#status(phase, path);
    this.#checkDates(phase, path);
    const own = objectives.map((objective, index) => this.#objective(objective, [...path, 'objectives', index]));
    return { id, number, name: String(phase.name), status, objectives: own, added: this.#added(phase, path) };
  }

  #objective(objective: Json, path: Path): GoalObjective {
    const id = this.#objectiveId([...path, 'id']);
    if (objective.id !== id) this.#warn([...path, 'id'], `taken for the text "${id}"`);
    const status = this.#status(objective, path);
    this.#checkDates(objective, path);
    const deliverables = ((objective.deliverables ?? []) as readonly unknown[]).map((deliverable, index) =>
      this.#deliverable(deliverable, [...path, 'deliverables', index]),
    );
    const { evidence, skip_reason: skipReason } = objective;
    return {
      id,
      name: String(objective.name),
      status,
      deliverables,
      ...(typeof skipReason === 'string' ? { skipReason } : {}),
      ...(evidence === undefined ? {} : { evidence: evidence as Evidence }),
    };
  }

  #objectiveId(path: Path): string {
    return readObjectiveId(sourceOf(this.#document, path));
  }

  #deliverable(deliverable: unknown, path: Path): string {
    if (typeof deliverable === 'string') return deliverable;
    const { title, name, description } = deliverable as Json;
    const found = title ?? name ?? description;
    if (found === undefined) this.#warn(path, 'a deliverable without a title');
    return String(found ?? 'unnamed');
  }

  #added(phase: Json, path: Path): Readonly<Record<string, ObjectiveRecord>> {
    const records = Object.entries((phase.evidence ?? {}) as Readonly<Record<string, Json>>);
    return Object.fromEntries(
      records.map(([id, record]) => {
        const status = this.#status(record, [...path, 'evidence', id]);
        return [id, record.evidence === undefined ? { status } : { status, evidence: record.evidence as Evidence }];
      }),
    );
  }

  #status(holder: Json, path: Path): Status {
    const word = holder.status as string | undefined;
    if (word === undefined) {
      this.#warn(path, 'no "status": taken for "pending"');
      return 'pending';
    }
    const status = readStatus(word);
    if (status === undefined) this.#warn([...path, 'status'], `"${word}" is no status that is known: taken for "pending"`);
    else if (status !== word) this.#warn([...path, 'status'], `"${word}" is taken for "${status}"`);
    return status ?? 'pending';
  }

  #checkDates(holder: Json, path: Path): void {
    for (const [today, ...others] of Object.values(DATE_KEYS)) {
      const other = others.find((key) => key in holder);
      if (other !== undefined && !(today in holder)) this.#warn([...path, other], `is called "${today}" today`);
    }
  }

  #checkTriggers(): void {
    const found = findTriggers(this.#value);
    if (found === undefined) return;
    const pointer = pointerOf(found.path);
    if (pointer !== '/initiative/trigger_conditions/conditions') {
      this.#warn(found.path, 'trigger conditions stand in /initiative/trigger_conditions/conditions today');
    }
  }

  #refuseTwins(entries: readonly { readonly id: string; readonly path: Path }[]): void {
    const seen = new Map<string, Path>();
    for (const { id, path } of entries) {
      const first = seen.get(id);
      if (first !== undefined) {
        const where = `${pointerOf(first)} (line ${lineOf(this.#document, first)})`;
        throw new UserError(
          `${placeOf(this.#document, path)}: ${pointerOf(path)} is "${id}", and so is ${where}`,
          'Give each phase and each objective an id of its own.',
        );
      }
      seen.set(id, path);
    }
  }

  #warn(path: Path, message: string): void {
    this.#warnings.push({ pointer: pointerOf(path), line: lineOf(this.#document, path), message });
  }
}

/** "functional.log_coverage" and its target; a target may also stand without a group, or in an object. */
function readMetrics(value: Json): readonly GoalMetric[] {
  const groups = Object.entries((value.success_metrics ?? {}) as Json);
  return groups.flatMap(([group, inner]) => {
    if (typeof inner === 'string') return [{ id: group, target: inner, pointer: pointerOf(['success_metrics', group]) }];
    return Object.entries(inner as Json).map(([name, target]) => {
      const isObject = typeof target === 'object' && target !== null;
      const path = ['success_metrics', group, name, ...(isObject ? ['target'] : [])];
      return { id: `${group}.${name}`, target: String(isObject ? ((target as Json).target ?? '') : target), pointer: pointerOf(path) };
    });
  });
}
