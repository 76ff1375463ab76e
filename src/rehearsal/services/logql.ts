import { createScanner, type Scanner } from '../scanner.ts';

export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** `|= "x"` and its like, or `| level="error"`, which filters by labels and structured metadata. */
export type Stage = { readonly line: string; readonly value: string } | Matcher;

export interface LogQuery {
  readonly selector: readonly Matcher[];
  readonly stages: readonly Stage[];
}

/** An error that Loki answers with status 400 and this text. */
export class QueryError extends Error {}

const EMPTY_SELECTOR =
  'queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will';

/**
 * A selector with line and label filters.
 * @throws QueryError for a selector that takes everything, and for whatever else a query may hold
 */
export function parseQuery(query: string): LogQuery {
  const scanner = createScanner(query);
  const selector: Matcher[] = [];
  const stages: Stage[] = [];
  const opened = scanner.take(/\{/);
  for (let matcher = readMatcher(scanner); matcher !== undefined; matcher = readMatcher(scanner)) {
    selector.push(matcher);
    scanner.take(/,/);
  }
  const closed = opened && scanner.take(/\}/);
  for (let stage = readStage(scanner); stage !== undefined; stage = readStage(scanner)) stages.push(stage);
  if (!closed || !scanner.done()) throw new QueryError(`parse error at line 1, col ${scanner.position() + 1}: syntax error`);
  if (!selector.some((matcher) => !matches(matcher, {}))) throw new QueryError(`parse error : ${EMPTY_SELECTOR}`);
  return { selector, stages };
}

export function matches({ label, operator, value }: Matcher, labels: Readonly<Record<string, string>>): boolean {
  const given = labels[label] ?? '';
  const same = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(given) : given === value;
  return same === operator.startsWith('=');
}

export function passes(stage: Stage, line: string, labels: Readonly<Record<string, string>>): boolean {
  if ('label' in stage) return matches(stage, labels);
  const { line: operator, value } = stage;
  return (operator.endsWith('~') ? new RegExp(value).test(line) : line.includes(value)) === operator.startsWith('|');
}

function readStage(scanner: Scanner): Stage | undefined {
  const line = scanner.take(/\|=|\|~|!=|!~/)?.[0];
  if (line !== undefined) return { line, value: readString(scanner) };
  return scanner.take(/\|/) && readMatcher(scanner);
}

function readMatcher(scanner: Scanner): Matcher | undefined {
  const [, label, operator] = scanner.take(/([a-zA-Z_]\w*)\s*(=~|!~|!=|=)/) ?? [];
  return label === undefined || operator === undefined ? undefined : { label, operator, value: readString(scanner) };
}

function readString(scanner: Scanner): string {
  const [, quoted, raw] = scanner.take(/"((?:\\.|[^"\\])*)"|`([^`]*)`/) ?? [];
  return raw ?? quoted?.replaceAll(/\\(.)/g, '$1') ?? '';
}
