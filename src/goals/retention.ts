import type { Duration } from '#model/check.ts';
import { parseDuration } from '#model/duration.ts';
import { UserError } from '#model/errors.ts';
import { readPeriod } from './periods.ts';
import type { Goals } from './types.ts';

interface Stated {
  readonly pointer: string;
  readonly text: string;
  readonly period: Duration;
  /** "30-day minimum retention": more is no contradiction. */
  readonly atLeast: boolean;
}

const DEFAULT_RETENTION: Duration = '30d';
const SETTING = '/environment/loki/retention';
const VALUE = '/environment/loki/values/loki/limits_config/retention_period';

/**
 * How long Loki keeps lines, from wherever the goals state it: the success metric, environment.loki.retention, or the values merged last.
 * @throws UserError (exit 2) when two of them can't both be true, naming both
 */
export function resolveRetention(goals: Goals): Duration {
  const metrics = goals.metrics
    .filter(({ id, target }) => /retention/i.test(`${id} ${target}`))
    .map(({ pointer, target }) => state(pointer, target, /\b(min(imum)?|at least)\b|[≥>]/i.test(target)));
  const settings = [SETTING, VALUE].map((pointer) => {
    const text = textAt(goals.environment, pointer);
    return text === undefined ? undefined : (state(pointer, text, false) ?? unreadable(goals.file, pointer, text));
  });
  const stated = [...settings, ...metrics].filter((one) => one !== undefined);
  const first = stated[0];
  for (const other of stated.slice(1)) if (first !== undefined && contradicts(first, other)) throw contradiction(goals.file, first, other);
  return first?.period ?? DEFAULT_RETENTION;
}

function state(pointer: string, text: string, atLeast: boolean): Stated | undefined {
  const period = readPeriod(text);
  return period === undefined ? undefined : { pointer, text, period, atLeast };
}

function contradicts(first: Stated, other: Stated): boolean {
  const [mine, theirs] = [parseDuration(first.period), parseDuration(other.period)];
  return other.atLeast && !first.atLeast ? mine < theirs : mine !== theirs;
}

function contradiction(file: string, first: Stated, other: Stated): UserError {
  return new UserError(
    `${file}: ${first.pointer} is ${JSON.stringify(first.text)}, but ${other.pointer} says ${JSON.stringify(other.text)}`,
    `Make the two agree, or remove ${first.pointer}: then ${other.period} is taken from the other.`,
  );
}

function unreadable(file: string, pointer: string, text: string): never {
  throw new UserError(`${file}: ${pointer} is ${JSON.stringify(text)}`, 'Write a duration of a second or more: 30d, 720h.');
}

function textAt(environment: Goals['environment'], pointer: string): string | undefined {
  const steps = pointer.split('/').slice(2);
  const found = steps.reduce<unknown>((inner, step) => (inner as Record<string, unknown> | null | undefined)?.[step], environment);
  return found === undefined || found === null ? undefined : String(found);
}
