import type { Path } from './document.ts';
import type { GoalTrigger } from './types.ts';
import { slugOf } from './words.ts';

type Json = Readonly<Record<string, unknown>>;

/** Where a file keeps its trigger conditions and what is known of them. */
export interface TriggerPlace {
  readonly conditions: readonly unknown[];
  readonly path: Path;
  /** Where current_state is, or goes. */
  readonly statePath: Path;
  readonly state: Json;
}

/** Today's place first: initiative.trigger_conditions.conditions. A bare list has its current_state beside it. */
export function findTriggers(value: Json): TriggerPlace | undefined {
  for (const parent of [['initiative'], []] as const) {
    for (const key of ['trigger_conditions', 'triggers']) {
      const holder = parent.length === 0 ? value : (value.initiative as Json | undefined);
      const found = holder?.[key];
      if (found === undefined) continue;
      if (Array.isArray(found)) return place(found, [...parent, key], [...parent, 'current_state'], holder?.current_state);
      const { conditions, current_state: state } = found as Json;
      return place((conditions ?? []) as unknown[], [...parent, key, 'conditions'], [...parent, key, 'current_state'], state);
    }
  }
  return undefined;
}

function place(conditions: readonly unknown[], path: Path, statePath: Path, state: unknown): TriggerPlace {
  return { conditions, path, statePath, state: (state ?? {}) as Json };
}

/** The triggers with the words that a person left in current_state, matched by what they have in common: "ceph_s3_ready". */
export function readTriggers(value: Json): readonly GoalTrigger[] {
  const found = findTriggers(value);
  if (found === undefined) return [];
  // Ids become names in the file, and these would make it unloadable.
  const seen = new Set(['constructor', 'prototype']);
  const triggers = found.conditions.map((condition) => {
    const object: Json = typeof condition === 'string' ? { description: condition } : (condition as Json);
    const description = String(object.description ?? object.condition ?? object.name ?? object.id ?? 'unnamed');
    const id = distinct(slugOf(String(object.id ?? description)), seen);
    return { id, description, word: object.met };
  });
  const words = matchWords(
    triggers.map(({ description }) => description),
    found.state,
  );
  return triggers.map(({ id, description, word }, index) => {
    const claimed = word ?? found.state[id] ?? words[index];
    const attested = attestedIn(found.state, id);
    return {
      id,
      description,
      ...(['boolean', 'string'].includes(typeof claimed) ? { claimed: claimed as boolean | string } : {}),
      ...(attested === undefined ? {} : { attested }),
    };
  });
}

/** What a person attested, and not what a run saw. */
function attestedIn(state: Json, id: string): string | undefined {
  const { by, observed } = ((state.observed as Json | undefined)?.[id] ?? {}) as Json;
  return typeof by === 'string' && typeof observed === 'string' ? observed : undefined;
}

function distinct(id: string, seen: Set<string>): string {
  let candidate = id;
  for (let number = 2; seen.has(candidate); number++) candidate = `${id}-${number}`;
  seen.add(candidate);
  return candidate;
}

/** A word that few triggers have in common tells more: "rwx" decides, "required" does not. */
function matchWords(descriptions: readonly string[], state: Json): readonly unknown[] {
  const tokens = descriptions.map(tokensOf);
  const weight = (token: string) => 1 / tokens.filter((own) => own.has(token)).length ** 2;
  const best = descriptions.map((): { score: number; word: unknown } => ({ score: 0, word: undefined }));
  for (const [key, word] of Object.entries(state)) {
    const scores = tokens.map((own) => [...tokensOf(key)].filter((token) => own.has(token)).reduce((sum, token) => sum + weight(token), 0));
    const top = Math.max(0, ...scores);
    const winner = best[scores.indexOf(top)];
    if (winner !== undefined && top > winner.score && key !== 'observed') Object.assign(winner, { score: top, word });
  }
  return best.map(({ word }) => word);
}

function tokensOf(text: string): ReadonlySet<string> {
  return new Set(
    slugOf(text)
      .split('-')
      .filter((token) => token.length > 1)
      .map((token) => token.replace(/(?<=...)(s|d)$/, '')),
  );
}
