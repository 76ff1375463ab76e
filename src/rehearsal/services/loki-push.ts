import { parseSpan, type Tree } from '../tree.ts';
import type { ServiceRequest, ServiceResponse, World } from '../world.ts';
import { text } from './answers.ts';
import { type Entry, type Labels, nameStream, nanoseconds, type RunningLoki, type Stream } from './loki-state.ts';

/** The labels that Loki takes `service_name` from, in this order; those of its list that somebody here sends. */
const SERVICE_LABELS = ['app', 'name', 'container'];
/** How far ahead of the clock a line may be; milliseconds. */
const GRACE = 600_000;
const LEVELS: Readonly<Record<string, string>> = {
  warning: 'warn',
  err: 'error',
  ...Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error', 'critical', 'fatal'].map((level) => [level, level])),
};

/** Why a line, or all of a push, is refused: the answer's status, Loki's word for it, and its sentence. */
interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly text: string;
}

/** `POST /loki/api/v1/push` with JSON; good lines are kept even when others are refused. */
export function push(request: ServiceRequest, loki: RunningLoki, world: World): ServiceResponse {
  if (request.method !== 'POST') return { status: 405 };
  const unfit = unfitToStore(loki, world);
  if (unfit !== undefined) return text(500, unfit);
  const streams: Tree[] = JSON.parse(request.body.toString()).streams;
  if (streams.length === 0) return text(422, 'error at least one valid stream is required for ingestion\n');
  const lines: Tree[] = streams.flatMap(({ values }) => values);
  loki.counted.received += lines.length;
  const limited = refusePush(loki, lines);
  const refusals = limited === undefined ? streams.map(({ stream, values }) => pushStream(loki, world, stream, values)) : [limited];
  const refusal = refusals.find((each) => each !== undefined);
  return refusal === undefined ? { status: 204 } : text(refusal.status, `${refusal.text}\n`);
}

/** More at once than its limit allows. */
function refusePush(loki: RunningLoki, lines: readonly Tree[]): Refusal | undefined {
  const { ingestion_rate_mb: rate, ingestion_burst_size_mb: burst } = loki.configuration.limits_config;
  const bytes = lines.reduce((sum, [, line]) => sum + Buffer.byteLength(line), 0);
  if (bytes <= burst * 2 ** 20) return undefined;
  const limit = `(limit: ${rate * 2 ** 20} bytes/sec) while attempting to ingest '${lines.length}' lines totaling '${bytes}' bytes`;
  const told = 'reduce log volume or contact your Loki administrator to see if the limit can be increased';
  const refusal = { status: 429, reason: 'rate_limited', text: `ingestion rate limit exceeded for user fake ${limit}, ${told}` };
  return count(loki, refusal, lines.length);
}

function pushStream(loki: RunningLoki, world: World, given: Labels, values: readonly Tree[]): Refusal | undefined {
  const service = SERVICE_LABELS.find((label) => given[label] !== undefined);
  const labels = { service_name: service === undefined ? 'unknown_service' : (given[service] as string), ...given };
  const name = nameStream(labels);
  const known = loki.streams.get(name);
  const unwanted = refuseStream(loki, name, given, known === undefined);
  if (unwanted !== undefined) return count(loki, unwanted, values.length);
  const stream = known ?? { labels, entries: [], flushed: 0 };
  let refusal: Refusal | undefined;
  for (const [at, line, metadata = {}] of values) {
    const why = refuse(loki, world, stream, BigInt(at), metadata);
    refusal ??= why;
    if (why !== undefined) count(loki, why, 1);
    else insert(stream, { at: BigInt(at), line, metadata: { detected_level: detectLevel(line, { ...labels, ...metadata }), ...metadata } });
  }
  if (stream.entries.length > 0) loki.streams.set(name, stream);
  return refusal;
}

function count({ counted: { discarded } }: RunningLoki, refusal: Refusal, lines: number): Refusal {
  discarded.set(refusal.reason, (discarded.get(refusal.reason) ?? 0) + lines);
  return refusal;
}

function refuseStream({ configuration, streams }: RunningLoki, name: string, given: Labels, isNew: boolean): Refusal | undefined {
  const { max_label_names_per_series: most, max_global_streams_per_user: room } = configuration.limits_config;
  const names = Object.keys(given).length;
  if (names > most)
    return {
      status: 400,
      reason: 'max_label_names_per_series',
      text: `entry for stream '${name}' has ${names} label names; limit ${most}`,
    };
  if (!isNew || streams.size < room) return undefined;
  const told = 'reduce the number of active streams (reduce labels or reduce label values), or contact your Loki administrator';
  const what = `maximum active stream limit exceeded when trying to create stream ${name}`;
  return { status: 429, reason: 'stream_limit', text: `${what}, ${told} to see if the limit can be increased, user: 'fake'` };
}

function refuse({ configuration }: RunningLoki, world: World, stream: Stream, at: bigint, metadata: Labels): Refusal | undefined {
  const { reject_old_samples_max_age, allow_structured_metadata } = configuration.limits_config;
  const [now, name] = [world.now().getTime(), nameStream(stream.labels)];
  const oldest = nanoseconds(now - (parseSpan(reject_old_samples_max_age) ?? 0));
  const entry = `entry for stream '${name}' has timestamp`;
  if (at < oldest)
    return bad('greater_than_max_sample_age', `${entry} too old: ${seconds(at)}, oldest acceptable timestamp is: ${seconds(oldest)}`);
  if (at > nanoseconds(now + GRACE)) return bad('too_far_in_future', `${entry} too new: ${seconds(at)}`);
  if (allow_structured_metadata || Object.keys(metadata).length === 0) return undefined;
  const where = 'Please see `limits_config.allow_structured_metadata` or contact your Loki administrator to enable it';
  const text = `stream '${name}' includes structured metadata, but this feature is disallowed. ${where}`;
  return bad('disallowed_structured_metadata', text);
}

function bad(reason: string, text: string): Refusal {
  return { status: 400, reason, text };
}

/** What Loki takes the level of a line to be: from its metadata, a field of the line, a word in it, or `unknown`. */
function detectLevel(line: string, labels: Labels): string {
  const given = labels.level ?? labels.severity ?? /"?\b(?:level|severity|lvl)"?\s*[=:]\s*"?(\w+)/i.exec(line)?.[1];
  const word = given ?? /\b(trace|debug|info|warn|warning|error|err|critical|fatal)\b/i.exec(line)?.[1];
  return LEVELS[word?.toLowerCase() ?? ''] ?? 'unknown';
}

/** In the order of time; the same line at the same time counts once. */
function insert(stream: Stream, entry: Entry): void {
  let index = stream.entries.length;
  for (; index > 0 && (stream.entries[index - 1] as Entry).at > entry.at; index -= 1);
  for (let same = index - 1; same >= 0 && stream.entries[same]?.at === entry.at; same -= 1)
    if (stream.entries[same]?.line === entry.line) return;
  stream.entries.splice(index, 0, entry);
  stream.flushed = Math.min(stream.flushed, index);
}

/** What lets a Loki that calls itself ready refuse every line. */
function unfitToStore({ configuration }: RunningLoki, world: World): string | undefined {
  const needed = Math.floor(configuration.common.replication_factor / 2) + 1;
  if (needed > 1) return `at least ${needed} live replicas required, could only find 1\n`;
  const now = world.now();
  if (configuration.schema_config.configs.some(({ from }: Tree) => new Date(from) <= now)) return undefined;
  return `rpc error: code = Unknown desc = failed to create stream: no schema config found for time ${now.getTime() / 1000}\n`;
}

function seconds(at: bigint): string {
  return `${new Date(Number(at / 1_000_000n)).toISOString().slice(0, 19)}Z`;
}
