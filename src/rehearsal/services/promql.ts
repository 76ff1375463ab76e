import { createScanner } from '../scanner.ts';
import { parseSpan } from '../tree.ts';
import { type Course, samplesBetween, valueAt } from './history.ts';
import { type Matcher, matches } from './logql.ts';

export interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** An expression that this Prometheus does not answer. */
export class BadData extends Error {}

/**
 * A selector, a function over a range of one, the sum over it, and the quotient of two of these.
 * @param now milliseconds
 * @throws BadData
 */
export function evaluate(expression: string, courses: Iterable<Course>, now: number): Result[] {
  const all = [...courses];
  const scanner = createScanner(expression);
  const result = quotient();
  return scanner.done() ? result : fail();

  function fail(): never {
    const unexpected = scanner.done() ? 'end of input inside braces' : 'character';
    throw new BadData(`invalid parameter "query": 1:${scanner.position() + 1}: parse error: unexpected ${unexpected}`);
  }

  function need(pattern: RegExp): RegExpExecArray {
    return scanner.take(pattern) ?? fail();
  }

  function quotient(): Result[] {
    const left = sum();
    if (!scanner.take(/\//)) return left;
    const [divisor] = sum();
    return divisor === undefined ? [] : left.map(({ metric, value }) => ({ metric, value: value / divisor.value }));
  }

  function sum(): Result[] {
    if (!scanner.take(/sum\s*\(/)) return term();
    const values = term().map(({ value }) => value);
    need(/\)/);
    return values.length === 0 ? [] : [{ metric: {}, value: sumOf(values) }];
  }

  function term(): Result[] {
    const over = scanner.take(/(increase|(?:count|min|max|avg)_over_time)\s*\(/)?.[1];
    const found = selector();
    if (over === undefined)
      return found.map((course) => ({ metric: course.labels, value: valueAt(course, now) })).filter(({ value }) => !Number.isNaN(value));
    const range = parseSpan(need(/\[(\w+)\]/)[1]) ?? fail();
    need(/\)/);
    return found.flatMap((course) => {
      const { __name__: _, ...metric } = course.labels;
      const value = overTime(over, course, now - range, now);
      return value === undefined ? [] : [{ metric, value }];
    });
  }

  function selector(): Course[] {
    const name = need(/[a-zA-Z_][\w:]*/)[0];
    const matchers: Matcher[] = [{ label: '__name__', operator: '=', value: name }];
    if (scanner.take(/\{/)) {
      while (!scanner.take(/\}/)) {
        const [, label = '', operator = '', value = ''] = need(/([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"([^"]*)"\s*,?/);
        matchers.push({ label, operator, value });
      }
    }
    return all.filter(({ labels }) => matchers.every((matcher) => matches(matcher, labels)));
  }
}

function overTime(over: string, course: Course, from: number, to: number): number | undefined {
  const values = samplesBetween(course, from, to);
  if (values.length === 0) return undefined;
  if (over === 'count_over_time') return values.length;
  if (over === 'min_over_time') return values.reduce((least, value) => Math.min(least, value));
  if (over === 'max_over_time') return values.reduce((most, value) => Math.max(most, value));
  if (over === 'avg_over_time') return sumOf(values) / values.length;
  // A value below the one before it: the counter began anew.
  const grown = values.slice(1).map((value, index) => (value < (values[index] as number) ? value : value - (values[index] as number)));
  return values.length === 1 ? undefined : sumOf(grown);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
