import { createHash } from 'node:crypto';
import { DATE_KEYS } from './words.ts';

type Json = Readonly<Record<string, unknown>>;

const PROGRESS = new Set<string>(['status', 'evidence', ...DATE_KEYS.started, ...DATE_KEYS.completed]);
const STATE = new Set(['current_state']);

/** SHA-256 of the declared part: what `recordProgress` may write is left out, so that progress does not change it. */
export function digestGoals(value: Json): string {
  return createHash('sha256')
    .update(canonical(declaredPart(value)))
    .digest('hex');
}

/** The goals without their progress: statuses, dates, evidence, current_state, metadata.last_updated. */
export function declaredPart(value: Json): Json {
  const top = mapped(without(value, STATE), ['trigger_conditions', 'triggers'], (triggers) => without(triggers, STATE));
  const initiative = (inner: Json) =>
    mapped(without(inner, new Set(['status', ...STATE])), ['trigger_conditions', 'triggers'], (triggers) => without(triggers, STATE));
  const metadata = (inner: Json) => without(inner, new Set(['last_updated']));
  const objective = (inner: Json) => without(inner, PROGRESS);
  const phase = (inner: Json) => mapped(without(inner, PROGRESS), ['objectives'], objective);
  return mapped(mapped(mapped(top, ['initiative'], initiative), ['metadata'], metadata), ['phases'], phase);
}

function without(object: Json, keys: ReadonlySet<string>): Json {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.has(key)));
}

/** Applies a function to the objects under these keys, or to the objects in lists under them; other values stay. */
function mapped(object: Json, keys: readonly string[], change: (inner: Json) => Json): Json {
  const apply = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? change(value as Json) : value;
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      key,
      keys.includes(key) ? (Array.isArray(value) ? value.map(apply) : apply(value)) : value,
    ]),
  );
}

/** Key order and spacing don't count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
