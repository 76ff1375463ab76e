import type { Status } from '#model/event.ts';
import { type Path, withoutMark } from './document.ts';
import { setValue, sourceAt } from './edit.ts';
import { findTriggers } from './triggers.ts';
import type { ProgressUpdate } from './types.ts';
import { DATE_KEYS, numberPhases, readObjectiveId, readStatus } from './words.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Writes progress into a goals file that loads: statuses, dates, evidence, the triggers' `observed`, metadata.last_updated, and nothing
 * else. Order, formatting and unknown fields stay, a status only changes when it means something else ("active" stays for in_progress),
 * dates keep the file's key and form. Twice the same update gives the same text. What has no place in the file (a phase that it
 * lacks, an initiative that it lacks) is left out.
 */
export function recordProgress(text: string, update: ProgressUpdate): string {
  const mark = text.length - withoutMark(text).length;
  const recorder = new Recorder(text.slice(mark));
  return text.slice(0, mark) + recorder.record(update);
}

class Recorder {
  readonly #before: string;
  #text: string;
  #parsed: { readonly text: string; readonly value: Json } = { text: '', value: {} };

  constructor(text: string) {
    this.#before = text;
    this.#text = text;
  }

  record(update: ProgressUpdate): string {
    if (update.initiative !== undefined && this.#value().initiative !== undefined) this.#setStatus(['initiative'], update.initiative);
    const objectives = lastOfEach(update.objectives ?? [], ({ phase, objective }) => `${phase} ${objective}`);
    for (const objective of objectives) this.#recordObjective(objective);
    for (const { phase, status, at } of lastOfEach(update.phases ?? [], (entry) => entry.phase)) {
      const path = this.#phasePath(phase);
      if (path !== undefined) this.#setState(path, status, at, true);
    }
    const state = findTriggers(this.#value())?.statePath;
    for (const [id, observed] of Object.entries(update.triggers ?? {})) {
      if (state !== undefined) this.#set([...state, 'observed', id], observed);
    }
    this.#touch(update);
    return this.#text;
  }

  #recordObjective({ phase, objective, status, at, evidence }: NonNullable<ProgressUpdate['objectives']>[number]): void {
    const phasePath = this.#phasePath(phase);
    if (phasePath === undefined) return;
    const path = this.#objectivePath(phasePath, objective);
    if (path === undefined) {
      this.#set([...phasePath, 'evidence', objective, 'status'], status);
      if (evidence !== undefined) this.#set([...phasePath, 'evidence', objective, 'evidence'], evidence);
      return;
    }
    const before = this.#at(path);
    this.#setState(path, status, at, false);
    if (evidence !== undefined) this.#set([...path, 'evidence'], evidence);
    // Tells a run's own skipping, which the next run decides anew, from a person's, which it respects.
    else if (status === 'skipped' && readStatus(String(before.status)) !== 'skipped' && before.evidence === undefined) {
      this.#set([...path, 'evidence'], { at, run: '', checks: {}, approvals: {}, desired: '' });
    }
  }

  /** @param starts whether the day it began is written too: phases have it, objectives don't */
  #setState(path: Path, status: Status, at: string, starts: boolean): void {
    const wasCompleted = readStatus(String(this.#at(path).status)) === 'completed';
    this.#setStatus(path, status);
    if (starts && status === 'in_progress') this.#setDate(path, 'started', at, false);
    if (status === 'completed') this.#setDate(path, 'completed', at, !wasCompleted);
  }

  #setStatus(path: Path, status: Status): void {
    const word = this.#at(path).status;
    if (typeof word === 'string' && readStatus(word) === status) return;
    this.#set([...path, 'status'], status, 'name');
  }

  #setDate(path: Path, which: keyof typeof DATE_KEYS, at: string, overwrite: boolean): void {
    const holder = this.#at(path);
    const keys: readonly string[] = DATE_KEYS[which];
    const own = keys.find((key) => key in holder);
    if (own !== undefined && !overwrite) return;
    const key = own ?? keys.find((candidate) => this.#before.includes(`"${candidate}"`)) ?? (keys[0] as string);
    this.#set([...path, key], inFormOf(holder[key], at), 'started_date' in holder && which === 'completed' ? 'started_date' : 'status');
  }

  #touch(update: ProgressUpdate): void {
    const metadata = this.#value().metadata as Json | undefined;
    const moments = [...(update.phases ?? []), ...(update.objectives ?? []), ...Object.values(update.triggers ?? {})].map(({ at }) => at);
    const latest = moments.toSorted().at(-1);
    if (this.#text === this.#before || latest === undefined || metadata?.last_updated === undefined) return;
    this.#set(['metadata', 'last_updated'], inFormOf(metadata.last_updated, latest));
  }

  #phasePath(number: number): Path | undefined {
    const ids = (this.#value().phases as readonly Json[]).map(({ id }) => id as string | number);
    const index = numberPhases(ids).indexOf(number);
    return index === -1 ? undefined : ['phases', index];
  }

  #objectivePath(phasePath: Path, id: string): Path | undefined {
    const objectives = (this.#at(phasePath).objectives ?? []) as readonly Json[];
    const index = objectives.findIndex((objective, place) =>
      typeof objective.id === 'string'
        ? objective.id === id
        : readObjectiveId(sourceAt(this.#text, [...phasePath, 'objectives', place, 'id'])) === id,
    );
    return index === -1 ? undefined : [...phasePath, 'objectives', index];
  }

  #set(path: Path, value: unknown, after?: string): void {
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

/** Of two entries about the same thing the later counts. */
function lastOfEach<T>(entries: readonly T[], about: (entry: T) => unknown): readonly T[] {
  return [...new Map(entries.map((entry) => [about(entry), entry])).values()];
}

/** A day, unless the file writes whole moments there. */
function inFormOf(existing: unknown, at: string): string {
  return typeof existing === 'string' && existing.includes('T') ? at : at.slice(0, 10);
}
