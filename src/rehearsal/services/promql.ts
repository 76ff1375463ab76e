import { createScanner } from '../scanner.ts';
import { parseSpan } from '../tree.ts';
import { type Course, SCRAPE_INTERVAL, samplesBetween, valueAt } from './history.ts';
import { type Matcher, matches } from './logql.ts';

export interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** An expression that this Prometheus does not answer. */
export class BadData extends Error {}

/** What an expression gives at a time in milliseconds. */
type Expression = (at: number) => Result[];

/**
 * A selector (now, or an offset ago) or its timestamps, a function over a range of these, the sum or an extreme over it, and the
 * quotient of two of these.
 * @param now milliseconds
 * @throws BadData
 */
export function evaluate(expression: string, courses: Iterable<Course>, now: number): Result[] {
  const all = [...courses];
  const scanner = createScanner(expression);
  const result = quotient();
  return scanner.done() ? result(now) : fail();

  function fail(): never {
    const unexpected = scanner.done() ? 'end of input inside braces' : 'character';
    throw new BadData(`invalid parameter "query": 1:${scanner.position() + 1}: parse error: unexpected ${unexpected}`);
  }

  function need(pattern: RegExp): RegExpExecArray {
    return scanner.take(pattern) ?? fail();
  }

  function quotient(): Expression {
    const left = aggregate();
    if (!scanner.take(/\//)) return left;
    const right = aggregate();
    return (at) => {
      const [divisor] = right(at);
      return divisor === undefined ? [] : left(at).map(({ metric, value }) => ({ metric, value: value / divisor.value }));
    };
  }

  function aggregate(): Expression {
    const how = scanner.take(/(sum|min|max)\s*\(/)?.[1];
    if (how === undefined) return term();
    const inner = term();
    need(/\)/);
    return (at) => {
      const value = combine(
        `${how}_over_time`,
        inner(at).map((each) => each.value),
      );
      return value === undefined ? [] : [{ metric: {}, value }];
    };
  }

  function term(): Expression {
    const over = scanner.take(/(increase|(?:count|sum|min|max|avg)_over_time)\s*\(/)?.[1];
    if (over === undefined) return instant();
    if (/^\s*timestamp\s*\(/.test(expression.slice(scanner.position()))) return overSteps(over, instant());
    const found = selector();
    const range = parseSpan(need(/\[(\w+)\]/)[1]) ?? fail();
    need(/\)/);
    return (at) => found.flatMap((course) => overSeries(over, course.labels, samplesBetween(course, at - range, at)));
  }

  /** Over the steps of a subquery, which are whole ones since 1970. */
  function overSteps(over: string, inner: Expression): Expression {
    const [, from, by] = need(/\[(\w+):(\w+)\]/);
    const [range, step] = [parseSpan(from) ?? fail(), parseSpan(by) ?? fail()];
    need(/\)/);
    return (at) => {
      const first = Math.floor((at - range) / step + 1) * step;
      const steps = Array.from({ length: Math.floor((at - first) / step) + 1 }, (_, index) => inner(first + index * step));
      const series = Map.groupBy(steps.flat(), ({ metric }) => JSON.stringify(metric));
      return [...series.values()].flatMap((each) =>
        overSeries(
          over,
          each[0]?.metric ?? {},
          each.map(({ value }) => value),
        ),
      );
    };
  }

  function instant(): Expression {
    const isTime = scanner.take(/timestamp\s*\(/) !== undefined;
    const found = selector();
    if (isTime) need(/\)/);
    const ago = parseSpan(scanner.take(/offset\s+(\w+)/)?.[1]) ?? 0;
    return (time) => {
      const at = time - ago;
      const there = found.filter((course) => !Number.isNaN(valueAt(course, at)));
      if (!isTime) return there.map((course) => ({ metric: course.labels, value: valueAt(course, at) }));
      return there.map(({ labels: { __name__: _, ...metric }, points }) => {
        const first = points[0]?.at ?? at;
        return { metric, value: (first + Math.floor((at - first) / SCRAPE_INTERVAL) * SCRAPE_INTERVAL) / 1000 };
      });
    };
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

/** A function over one series' samples: the result has no name any more. */
function overSeries(over: string, { __name__: _, ...metric }: Readonly<Record<string, string>>, values: readonly number[]): Result[] {
  const value = combine(over, values);
  return value === undefined ? [] : [{ metric, value }];
}

function combine(over: string, values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  if (over === 'count_over_time') return values.length;
  if (over === 'sum_over_time') return sumOf(values);
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
