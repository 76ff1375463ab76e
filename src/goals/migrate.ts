import { type Path, withoutMark } from './document.ts';
import { moveProperty, renameProperty, setValue, sourceAt, wrapValue } from './edit.ts';
import { loadGoals } from './load.ts';
import { findTriggers } from './triggers.ts';
import type { Goals } from './types.ts';
import { DATE_KEYS, readObjectiveId, readStatus } from './words.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Rewrites a goals file in today's form: rollout and initiative are there, triggers stand under initiative.trigger_conditions, statuses,
 * ids and dates are spelled as today. What it doesn't know, order and formatting stay. Twice gives the same as once.
 * @throws UserError (exit 2) when the file can't be loaded
 */
export function migrateGoals(text: string, file: string): string {
  const goals = loadGoals(text, file);
  return new Migration(withoutMark(text), goals).migrate();
}

class Migration {
  readonly #goals: Goals;
  #text: string;
  #parsed: { readonly text: string; readonly value: Json } = { text: '', value: {} };

  constructor(text: string, goals: Goals) {
    this.#text = text;
    this.#goals = goals;
  }

  migrate(): string {
    this.#goals.phases.forEach((phase, index) => {
      const path = ['phases', index];
      this.#set([...path, 'id'], phase.id);
      this.#migrateProgress(path);
      if (this.#at(path).objectives === undefined) this.#set([...path, 'objectives'], []);
      for (const id of Object.keys(phase.added)) this.#migrateProgress([...path, 'evidence', id]);
      phase.objectives.forEach((_, inner) => {
        const objective = [...path, 'objectives', inner];
        this.#set([...objective, 'id'], readObjectiveId(sourceAt(this.#text, [...objective, 'id'])));
        this.#migrateProgress(objective);
      });
    });
    this.#migrateInitiative();
    this.#migrateTriggers();
    if (this.#value().rollout === undefined) this.#set(['rollout'], this.#goals.rollout, null);
    return this.#text;
  }

  #migrateInitiative(): void {
    const { name, status } = this.#goals.initiative;
    const initiative = this.#value().initiative as Json | undefined;
    if (initiative === undefined) this.#set(['initiative'], { name, status }, null);
    else if (initiative.name === undefined) this.#set(['initiative', 'name'], name, null);
    if (initiative?.status !== undefined) this.#migrateStatus(['initiative']);
  }

  #migrateTriggers(): void {
    const found = findTriggers(this.#value());
    if (found === undefined) return;
    const isList = found.path.at(-1) !== 'conditions';
    const from = isList ? found.path : found.path.slice(0, -1);
    if (isList) {
      this.#text = wrapValue(this.#text, from, 'conditions');
      this.#text = moveProperty(this.#text, found.statePath, [...from, 'current_state']);
    }
    const target: Path = ['initiative', 'trigger_conditions'];
    this.#text = from[0] === 'initiative' ? renameProperty(this.#text, from, 'trigger_conditions') : moveProperty(this.#text, from, target);
  }

  #migrateProgress(path: Path): void {
    this.#migrateStatus(path);
    for (const [today, ...others] of Object.values(DATE_KEYS)) {
      const other = others.find((key) => key in this.#at(path));
      if (other !== undefined) this.#text = renameProperty(this.#text, [...path, other], today);
    }
  }

  #migrateStatus(path: Path): void {
    this.#set([...path, 'status'], readStatus(String(this.#at(path).status)) ?? 'pending', 'name');
  }

  #set(path: Path, value: unknown, after?: string | null): void {
    this.#text = setValue(this.#text, path, value, after);
  }

  #at(path: Path): Json {
    return path.reduce<unknown>((inner, step) => (inner as Json)[step], this.#value()) as Json;
  }

  #value(): Json {
    if (this.#parsed.text !== this.#text) this.#parsed = { text: this.#text, value: JSON.parse(this.#text) as Json };
    return this.#parsed.value;
  }
}
