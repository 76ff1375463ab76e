import { parseSpan } from '../tree.ts';
import { type Course, samplesBetween, valueAt } from './history.ts';
import { type Matcher, matches } from './logql.ts';

export interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** An expression that this Prometheus does not answer. */
export class BadData extends Error {}

const RANGE = /^(increase|rate|count_over_time|min_over_time|max_over_time|avg_over_time|sum_over_time)\s*\(/;
const AGGREGATION = /^(sum|count|max|min|avg)\s*\(/;

/**
 * A selector, a function over a range of one, an aggregation without `by` around it, and the quotient of two of these.
 * @param now milliseconds
 * @throws BadData
 */
export function evaluate(expression: string, courses: Iterable<Course>, now: number): Result[] {
  const all = [...courses];
  let rest = expression.trim();

  function take(pattern: RegExp): RegExpExecArray | null {
    const found = pattern.exec(rest);
    if (found !== null) rest = rest.slice(found[0].length).trimStart();
    return found;
  }

  function fail(): never {
    throw new BadData(
      `invalid parameter "query": 1:${expression.length - rest.length + 1}: parse error: unexpected ${rest === '' ? 'end of input' : JSON.stringify(rest)}`,
    );
  }

  function need(pattern: RegExp): RegExpExecArray {
    return take(pattern) ?? fail();
  }

  function quotient(): Result[] {
    const left = term();
    if (!take(/^\//)) return left;
    const right = term();
    return left.flatMap(({ metric, value }) => {
      const divisor = right.find((other) => labelsKey(other.metric) === labelsKey(metric));
      return divisor === undefined ? [] : [{ metric: unnamed(metric), value: value / divisor.value }];
    });
  }

  function term(): Result[] {
    if (take(/^\(/)) {
      const inner = quotient();
      need(/^\)/);
      return inner;
    }
    const aggregation = take(AGGREGATION)?.[1];
    if (aggregation !== undefined) {
      const values = quotient().map(({ value }) => value);
      need(/^\)/);
      return values.length === 0 ? [] : [{ metric: {}, value: aggregate(aggregation, values) }];
    }
    const over = take(RANGE)?.[1];
    const found = selector();
    if (over === undefined)
      return found.map((course) => ({ metric: course.labels, value: valueAt(course, now) })).filter(({ value }) => !Number.isNaN(value));
    const range = parseSpan(need(/^\[(\w+)\]/)[1]) ?? fail();
    need(/^\)/);
    return found.flatMap((course) => {
      const value = overTime(over, course, now - range, now);
      return value === undefined ? [] : [{ metric: unnamed(course.labels), value }];
    });
  }

  function selector(): Course[] {
    const name = need(/^[a-zA-Z_][\w:]*/)[0];
    const matchers: Matcher[] = [{ label: '__name__', operator: '=', value: name }];
    if (take(/^\{/)) {
      while (!take(/^\}/)) {
        const [, label = '', operator, value = ''] = need(/^([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"([^"]*)"\s*,?/);
        matchers.push({ label, operator: operator as Matcher['operator'], value: value.replaceAll('\\\\', '\\') });
      }
    }
    return all.filter(({ labels }) => matchers.every((matcher) => matches(matcher, labels)));
  }

  const result = quotient();
  return rest === '' ? result : fail();
}

function overTime(over: string, course: Course, from: number, to: number): number | undefined {
  const samples = samplesBetween(course, from, to);
  const values = samples.map(({ value }) => value);
  if (values.length === 0) return undefined;
  if (over === 'increase' || over === 'rate') {
    const span = ((samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0)) / 1000;
    if (span === 0) return undefined;
    // A value below the one before it: the counter began anew.
    const grown = values.reduce(
      (sum, value, index) =>
        sum + (index === 0 ? 0 : value < (values[index - 1] as number) ? value : value - (values[index - 1] as number)),
      0,
    );
    return over === 'rate' ? grown / span : grown;
  }
  return aggregate(over.replace('_over_time', ''), values);
}

function aggregate(how: string, values: readonly number[]): number {
  if (how === 'count') return values.length;
  if (how === 'max' || how === 'min')
    return values.reduce((best, value) => (how === 'max' ? Math.max(best, value) : Math.min(best, value)));
  const sum = values.reduce((total, value) => total + value, 0);
  return how === 'sum' ? sum : sum / values.length;
}

function unnamed({ __name__: _, ...labels }: Result['metric']): Result['metric'] {
  return labels;
}

function labelsKey(metric: Result['metric']): string {
  return JSON.stringify(Object.entries(unnamed(metric)).sort());
}
