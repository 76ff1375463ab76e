import { parseSpan } from '../tree.ts';
import type { ServiceResponse, World } from '../world.ts';
import { json, text } from './answers.ts';
import { type LogQuery, matches, parseQuery, passes, QueryError } from './logql.ts';
import { cacheServers } from './loki-caches.ts';
import { type Entry, type Labels, nameStream, nanoseconds, type RunningLoki, type Stream } from './loki-state.ts';

export type Answering = (query: URLSearchParams, loki: RunningLoki, world: World) => ServiceResponse;

interface Found {
  readonly entry: Entry;
  /** Of the stream, with the metadata mixed in. */
  readonly labels: Labels;
}

const CONTENT_TYPE = 'application/json; charset=UTF-8';

/** Log queries alone: a metric query is refused. */
export const queryRange: Answering = refusing((query, loki, world) => {
  const limit = Number(query.get('limit') ?? 100);
  const most = loki.configuration.limits_config.max_entries_limit_per_query;
  if (limit > most) throw new QueryError(`max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${most})`);
  if (cacheServers(world, loki).some(({ servers }) => servers > 0)) countCached(loki, query);
  const forward = query.get('direction') === 'forward';
  const found = search(loki, parseQuery(query.get('query') ?? ''), rangeStart(query, loki, world))
    .sort((a, b) => (a.entry.at < b.entry.at === forward ? -1 : 1))
    .slice(0, limit);
  const streams = new Map<string, { stream: Labels; values: [string, string][] }>();
  for (const { entry, labels } of found) {
    const stream = streams.get(nameStream(labels)) ?? { stream: labels, values: [] };
    streams.set(nameStream(labels), stream);
    stream.values.push([String(entry.at), entry.line]);
  }
  return success('streams', [...streams.values()]);
});

/** Grafana's way to see whether a datasource answers, and how many lines of a time there are; nobody asks for another instant query. */
export const queryInstant: Answering = refusing((query, loki, world) => {
  const asked = query.get('query') ?? '';
  const [, counted, range, offset = '0s'] = /^sum\(count_over_time\((.+?) ?\[(\w+)\](?: offset (\w+))?\)\)$/.exec(asked) ?? [];
  if (counted === undefined && asked !== 'vector(1)+vector(1)')
    return text(400, 'log queries are not supported as an instant query type, please change your query to a range query type');
  const at = world.now().getTime();
  const end = at - (parseSpan(offset) ?? 0);
  const found = counted === undefined ? [] : search(loki, parseQuery(counted), nanoseconds(end - (parseSpan(range) ?? 0)));
  const value = counted === undefined ? 2 : found.filter(({ entry }) => entry.at <= nanoseconds(end)).length;
  return success('vector', value === 0 ? [] : [{ metric: {}, value: [at / 1000, String(value)] }]);
});

export const series: Answering = refusing((query, loki, world) => {
  const found = selectStreams(query.get('match[]'), query, loki, world);
  return json({ status: 'success', data: found.map(({ labels }) => labels) }, 200, CONTENT_TYPE);
});

/** The values of a label among the streams that a query selects; without any, not even an empty list. */
export function labelValues(label: string): Answering {
  return refusing((query, loki, world) => {
    const values = new Set(selectStreams(query.get('query'), query, loki, world).flatMap(({ labels }) => labels[label] ?? []));
    return json({ status: 'success', ...(values.size > 0 && { data: [...values].sort() }) }, 200, CONTENT_TYPE);
  });
}

/** Those with lines in the range of the query. */
function selectStreams(selector: string | null, query: URLSearchParams, loki: RunningLoki, world: World): readonly Stream[] {
  const parsed = parseQuery(selector ?? '');
  const start = rangeStart(query, loki, world);
  return [...loki.streams.values()].filter(
    ({ labels, entries }) => parsed.selector.every((matcher) => matches(matcher, labels)) && entries.some(({ at }) => at >= start),
  );
}

export function search(loki: RunningLoki, { selector, stages }: LogQuery, start: bigint): Found[] {
  const found: Found[] = [];
  for (const stream of loki.streams.values()) {
    if (!selector.every((matcher) => matches(matcher, stream.labels))) continue;
    for (const entry of stream.entries) {
      if (entry.at < start) continue;
      const labels = { ...stream.labels, ...entry.metadata };
      if (stages.every((stage) => passes(stage, entry.line, labels))) found.push({ entry, labels });
    }
  }
  return found;
}

/** Queries end now and begin `since`, an hour ago unless told otherwise, and never before what Loki lets be asked for. */
function rangeStart(query: URLSearchParams, { configuration }: RunningLoki, world: World): bigint {
  const lookback = parseSpan(configuration.limits_config.max_query_lookback) ?? Number.POSITIVE_INFINITY;
  return nanoseconds(world.now().getTime() - Math.min(parseSpan(query.get('since')) ?? 3_600_000, lookback));
}

/** A query that was asked before is in the cache, if there is one. */
function countCached({ counted }: RunningLoki, query: URLSearchParams): void {
  const key = String(query);
  counted.fetched += 1;
  if (counted.cached.has(key)) counted.hits += 1;
  counted.cached.add(key);
}

function success(resultType: string, result: readonly unknown[]): ServiceResponse {
  const stats = { summary: { totalEntriesReturned: result.length } };
  return json({ status: 'success', data: { resultType, result, stats } }, 200, CONTENT_TYPE);
}

function refusing(answer: Answering): Answering {
  return (query, loki, world) => {
    if (loki.configuration.common.replication_factor > 2) return text(500, 'too many unhealthy instances in the ring');
    try {
      return answer(query, loki, world);
    } catch (error) {
      if (error instanceof QueryError) return text(400, error.message);
      throw error;
    }
  };
}
