import { parseSpan } from '../tree.ts';
import type { ServiceResponse, World } from '../world.ts';
import { json, text } from './answers.ts';
import { isMetricQuery, keepsLine, type LogQuery, type MetricQuery, matches, parseQuery, QueryError, type Stage } from './logql.ts';
import { type Entry, type Labels, nameStream, type RunningLoki, type Stream } from './loki-state.ts';

type Answering = (query: URLSearchParams, loki: RunningLoki, world: World) => ServiceResponse;

interface Found {
  readonly entry: Entry;
  /** Of the stream, with the metadata mixed in. */
  readonly labels: Labels;
}

interface Sum {
  readonly metric: Labels;
  readonly value: number;
}

const HOUR = 3_600_000_000_000n;

export const queryRange: Answering = refusing((query, loki, world) => {
  const began = performance.now();
  const [start, end] = rangeOf(query, world, HOUR);
  const parsed = parseQuery(query.get('query') ?? '');
  const limit = Number(query.get('limit') ?? 100);
  const { max_query_length, max_entries_limit_per_query } = loki.configuration.limits_config;
  if (limit > max_entries_limit_per_query) {
    throw new QueryError(
      `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${max_entries_limit_per_query})`,
    );
  }
  if (end <= start) throw new QueryError('end timestamp must not be before or equal to start time');
  if (end - start > BigInt(parseSpan(max_query_length) ?? 0) * 1_000_000n) {
    const hours = Number(end - start) / 3.6e12;
    throw new QueryError(
      `the query time range exceeds the limit (query length: ${Math.floor(hours)}h${Math.floor((hours % 1) * 60)}m0s, limit: 30d1h)`,
    );
  }
  if (loki.configuration.common.replication_factor > 2) return text(500, 'too many unhealthy instances in the ring');
  if (isMetricQuery(parsed)) return success('matrix', matrix(loki, parsed, start, end, stepOf(query, start, end)), began, 0);
  const forward = query.get('direction')?.toLowerCase() === 'forward';
  const found = search(loki, parsed, start, end)
    .sort((a, b) => (a.entry.at < b.entry.at === forward ? -1 : 1))
    .slice(0, limit);
  const streams = new Map<string, { stream: Labels; values: [string, string][] }>();
  for (const { entry, labels } of found) {
    const stream = streams.get(nameStream(labels)) ?? { stream: labels, values: [] };
    streams.set(nameStream(labels), stream);
    stream.values.push([String(entry.at), entry.line]);
  }
  return success('streams', [...streams.values()], began, found.length);
});

export const queryInstant: Answering = refusing((query, loki, world) => {
  const began = performance.now();
  const expression = query.get('query') ?? '';
  const at = query.get('time') === null ? nowOf(world) : timeOf(query, 'time', 0n);
  const seconds = Number(at / 1_000_000n) / 1000;
  // Grafana's way to see whether a datasource answers.
  if (/^vector\(1\)\s*\+\s*vector\(1\)$/.test(expression)) return success('vector', [{ metric: {}, value: [seconds, '2'] }], began, 0);
  const parsed = parseQuery(expression);
  if (!isMetricQuery(parsed))
    throw new QueryError('log queries are not supported as an instant query type, please change your query to a range query type');
  return success(
    'vector',
    measure(loki, parsed, at).map(({ metric, value }) => ({ metric, value: [seconds, String(value)] })),
    began,
    0,
  );
});

export const series: Answering = refusing((query, loki, world) => {
  const [start, end] = rangeOf(query, world, HOUR);
  const selectors = query.getAll('match[]').map((selector) => parseQuery(selector).selector);
  const wanted = ({ labels }: Stream) =>
    selectors.length === 0 || selectors.some((matchers) => matchers.every((matcher) => matches(matcher, labels)));
  const found = streamsBetween(loki, start, end).filter(wanted);
  return json({ status: 'success', data: found.map(({ labels }) => labels) }, 200, 'application/json; charset=UTF-8');
});

export const labelNames: Answering = refusing((query, loki, world) => {
  const [start, end] = rangeOf(query, world, 6n * HOUR);
  return values(streamsBetween(loki, start, end).flatMap(({ labels }) => Object.keys(labels)));
});

export function labelValues(label: string): Answering {
  return refusing((query, loki, world) => {
    const [start, end] = rangeOf(query, world, 6n * HOUR);
    return values(streamsBetween(loki, start, end).flatMap(({ labels }) => labels[label] ?? []));
  });
}

/** The value of a metric query at one time, a sum for each group of labels. */
export function measure(loki: RunningLoki, query: MetricQuery, at: bigint): Sum[] {
  const found = search(loki, query, at - BigInt(query.range) * 1_000_000n + 1n, at + 1n);
  const groups = new Map<string, { metric: Labels; members: Map<string, number> }>();
  for (const { entry, labels } of found) {
    const metric =
      query.by === undefined
        ? labels
        : Object.fromEntries(query.by.filter((label) => labels[label] !== undefined).map((label) => [label, labels[label] as string]));
    const group = groups.get(nameStream(metric)) ?? { metric, members: new Map() };
    groups.set(nameStream(metric), group);
    const amount = query.function.startsWith('bytes') ? Buffer.byteLength(entry.line) : 1;
    group.members.set(nameStream(labels), (group.members.get(nameStream(labels)) ?? 0) + amount);
  }
  const scale = query.function.endsWith('rate') ? query.range / 1000 : 1;
  return [...groups.values()].map(({ metric, members }) => ({
    metric,
    value: aggregate(
      query.aggregation ?? 'sum',
      [...members.values()].map((value) => value / scale),
    ),
  }));
}

function aggregate(how: NonNullable<MetricQuery['aggregation']>, numbers: readonly number[]): number {
  const sum = numbers.reduce((total, number) => total + number, 0);
  return { sum, count: numbers.length, max: Math.max(...numbers), min: Math.min(...numbers), avg: sum / numbers.length }[how];
}

function matrix(loki: RunningLoki, query: MetricQuery, start: bigint, end: bigint, step: bigint): unknown[] {
  const series = new Map<string, { metric: Labels; values: [number, string][] }>();
  for (let at = start - (start % step); at <= end; at += step) {
    for (const { metric, value } of measure(loki, query, at)) {
      const one = series.get(nameStream(metric)) ?? { metric, values: [] };
      series.set(nameStream(metric), one);
      one.values.push([Number(at / 1_000_000n) / 1000, String(value)]);
    }
  }
  return [...series.values()];
}

function search(loki: RunningLoki, { selector, stages }: LogQuery, start: bigint, end: bigint): Found[] {
  const found: Found[] = [];
  for (const stream of loki.streams.values()) {
    if (!selector.every((matcher) => matches(matcher, stream.labels))) continue;
    for (const entry of stream.entries) {
      if (entry.at < start || entry.at >= end) continue;
      const labels = { ...stream.labels, ...entry.metadata };
      if (stages.every((stage) => passes(stage, entry.line, labels))) found.push({ entry, labels });
    }
  }
  return found;
}

function passes(stage: Stage, line: string, labels: Labels): boolean {
  return 'filter' in stage ? matches(stage.filter, labels) : keepsLine(stage, line);
}

function streamsBetween(loki: RunningLoki, start: bigint, end: bigint): Stream[] {
  return [...loki.streams.values()].filter(({ entries }) => entries.some(({ at }) => at >= start && at <= end));
}

function rangeOf(query: URLSearchParams, world: World, length: bigint): [bigint, bigint] {
  const end = query.get('end') === null ? nowOf(world) : timeOf(query, 'end', 0n);
  const since = parseSpan(query.get('since'));
  return [timeOf(query, 'start', end - (since === undefined ? length : BigInt(since) * 1_000_000n)), end];
}

/** Nanoseconds, seconds with or without a fraction, or RFC 3339. */
function timeOf(query: URLSearchParams, name: string, otherwise: bigint): bigint {
  const given = query.get(name);
  if (given === null) return otherwise;
  if (/^\d{11,}$/.test(given)) return BigInt(given);
  if (/^\d+(\.\d+)?$/.test(given)) return BigInt(Math.round(Number(given) * 1000)) * 1_000_000n;
  if (Number.isNaN(Date.parse(given)))
    throw new QueryError(`could not parse '${name}' parameter: strconv.ParseInt: parsing ${JSON.stringify(given)}: invalid syntax`);
  return BigInt(Date.parse(given)) * 1_000_000n;
}

function stepOf(query: URLSearchParams, start: bigint, end: bigint): bigint {
  const given = query.get('step');
  const milliseconds =
    given === null ? Math.max(1000, Math.floor(Number((end - start) / 1_000_000n) / 250)) : (parseSpan(given) ?? Number(given) * 1000);
  return BigInt(Math.round(milliseconds)) * 1_000_000n;
}

function nowOf(world: World): bigint {
  return BigInt(world.now().getTime()) * 1_000_000n;
}

function values(found: readonly string[]): ServiceResponse {
  const data = [...new Set(found)].sort();
  // Nothing found: the key is absent, not empty.
  return json({ status: 'success', ...(data.length > 0 ? { data } : {}) }, 200, 'application/json; charset=UTF-8');
}

function success(resultType: string, result: readonly unknown[], began: number, entries: number): ServiceResponse {
  const execTime = (performance.now() - began) / 1000;
  const summary = {
    bytesProcessedPerSecond: 0,
    linesProcessedPerSecond: 0,
    totalBytesProcessed: 0,
    totalLinesProcessed: entries,
    execTime,
    queueTime: 0,
    subqueries: 0,
    totalEntriesReturned: entries,
    splits: 1,
    shards: 1,
    totalPostFilterLines: entries,
    totalStructuredMetadataBytesProcessed: 0,
  };
  return json({ status: 'success', data: { resultType, result, stats: { summary } } }, 200, 'application/json; charset=UTF-8');
}

function refusing(answer: Answering): Answering {
  return (query, loki, world) => {
    try {
      return answer(query, loki, world);
    } catch (error) {
      if (error instanceof QueryError) return text(400, error.message);
      throw error;
    }
  };
}
