import { parseSpan } from '../tree.ts';

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** `|= "x"` and its like. */
export interface LineFilter {
  readonly line: string;
  readonly value: string;
}

/** A stage of a log query; `| level="error"` filters by labels and structured metadata. */
export type Stage = LineFilter | { readonly filter: Matcher };

export interface LogQuery {
  readonly selector: readonly Matcher[];
  readonly stages: readonly Stage[];
}

export interface MetricQuery extends LogQuery {
  readonly function: 'count_over_time' | 'rate' | 'bytes_over_time' | 'bytes_rate';
  /** Milliseconds. */
  readonly range: number;
  readonly aggregation?: 'sum' | 'count' | 'max' | 'min' | 'avg';
  readonly by?: readonly string[];
}

/** An error that Loki answers with status 400 and this text. */
export class QueryError extends Error {}

const EMPTY_SELECTOR =
  'queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will';

export function isMetricQuery(query: LogQuery): query is MetricQuery {
  return 'function' in query;
}

/**
 * Selectors, line and label filters, and counting over a range with an optional aggregation around it.
 * @throws QueryError with Loki's words; a query beyond these is refused as a syntax error
 */
export function parseQuery(query: string): LogQuery | MetricQuery {
  const parser = createParser(query);
  const parsed = parser.peek('{') ? parseLogQuery(parser) : parseMetric(parser);
  if (!parser.done()) parser.fail();
  return parsed;
}

export function matches(matcher: Matcher, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[matcher.label] ?? '';
  if (matcher.operator === '=') return value === matcher.value;
  if (matcher.operator === '!=') return value !== matcher.value;
  return wholly(matcher.value).test(value) === (matcher.operator === '=~');
}

export function keepsLine({ line: operator, value }: LineFilter, line: string): boolean {
  return (operator.endsWith('~') ? toRegExp(value).test(line) : line.includes(value)) === operator.startsWith('|');
}

/** Go's regular expression, in JavaScript's words. */
export function toRegExp(pattern: string): RegExp {
  const flags = pattern.startsWith('(?i)') ? 'i' : '';
  return new RegExp(pattern.replace(/^\(\?i\)/, '').replaceAll('(?P<', '(?<'), flags);
}

function wholly(pattern: string): RegExp {
  const inner = toRegExp(pattern);
  return new RegExp(`^(?:${inner.source})$`, `s${inner.flags}`);
}

function parseMetric(parser: Parser): MetricQuery {
  const aggregation = parser.take(/^(sum|count|max|min|avg)\b/)?.[1] as MetricQuery['aggregation'];
  if (aggregation === undefined) return parseRange(parser);
  const before = parseBy(parser);
  parser.need('(');
  const inner = parseRange(parser);
  parser.need(')');
  return { ...inner, aggregation, by: before ?? parseBy(parser) ?? [] };
}

function parseBy(parser: Parser): string[] | undefined {
  return parser
    .take(/^by\s*\(([^)]*)\)/)?.[1]
    ?.split(',')
    .map((label) => label.trim());
}

function parseRange(parser: Parser): MetricQuery {
  const name = parser.take(/^(count_over_time|rate|bytes_over_time|bytes_rate)\s*\(/)?.[1];
  if (name === undefined) return parser.fail();
  const query = parseLogQuery(parser);
  const span = parser.take(/^\[([^\]]*)\]/)?.[1];
  const range = parseSpan(span);
  if (range === undefined) return parser.fail();
  // Filters may also stand after the range.
  const stages = [...query.stages, ...parseStages(parser)];
  parser.need(')');
  return { ...query, stages, function: name as MetricQuery['function'], range };
}

function parseLogQuery(parser: Parser): LogQuery {
  parser.need('{');
  const selector: Matcher[] = [];
  while (!parser.peek('}')) {
    selector.push(parseMatcher(parser));
    if (!parser.peek('}') && !parser.take(/^,/)) parser.fail('expecting } or ,');
  }
  parser.need('}');
  const narrows = ({ operator, value }: Matcher) =>
    (operator === '=' && value !== '') || (operator === '!=' && value === '') || (operator === '=~' && !wholly(value).test(''));
  if (!selector.some(narrows)) throw new QueryError(`parse error : ${EMPTY_SELECTOR}`);
  return { selector, stages: parseStages(parser) };
}

function parseStages(parser: Parser): Stage[] {
  const stages: Stage[] = [];
  for (;;) {
    const line = parser.take(/^(\|=|\|~|!=|!~)/)?.[1];
    if (line !== undefined) stages.push({ line, value: parser.string() });
    else if (parser.take(/^\|/)) stages.push({ filter: parseMatcher(parser) });
    else return stages;
  }
}

function parseMatcher(parser: Parser): Matcher {
  const [, label, operator] = parser.take(/^([a-zA-Z_]\w*)\s*(=~|!~|!=|=)/) ?? parser.fail();
  return { label: label as string, operator: operator as Matcher['operator'], value: parser.string() };
}

type Parser = ReturnType<typeof createParser>;

function createParser(query: string) {
  let at = 0;
  const skip = () => {
    at += /^\s*/.exec(query.slice(at))?.[0].length ?? 0;
  };
  const parser = {
    peek(token: string): boolean {
      skip();
      return query.startsWith(token, at);
    },
    take(pattern: RegExp): RegExpExecArray | null {
      skip();
      const found = pattern.exec(query.slice(at));
      at += found?.[0].length ?? 0;
      return found;
    },
    need(token: string): void {
      if (!parser.peek(token)) parser.fail(`expecting ${token}`);
      at += token.length;
    },
    string(): string {
      const [quoted] = parser.take(/^("(\\.|[^"\\])*"|`[^`]*`)/) ?? parser.fail('expecting STRING');
      return quoted.startsWith('`') ? quoted.slice(1, -1) : JSON.parse(quoted.replaceAll(/\\([^"\\/bfnrtu])/g, '\\\\$1'));
    },
    done(): boolean {
      skip();
      return at === query.length;
    },
    fail(expecting?: string): never {
      skip();
      const found = at === query.length ? '$end' : (/^(\w+|.)/.exec(query.slice(at))?.[0] ?? '');
      if (query.trim() === '') throw new QueryError('parse error : syntax error: unexpected $end');
      const position = `line 1, col ${at + 1}`;
      const name = found === '$end' ? found : /^[a-z]/i.test(found) ? 'IDENTIFIER' : found;
      throw new QueryError(
        `parse error at ${position}: syntax error: unexpected ${name}${expecting === undefined ? '' : `, ${expecting}`}`,
      );
    },
  };
  return parser;
}
