import { parseSpan, type Tree } from '../tree.ts';
import type { ServiceRequest, ServiceResponse, World } from '../world.ts';
import { text } from './answers.ts';
import { type Entry, type Labels, nameStream, type RunningLoki, type Stream } from './loki-state.ts';

/** The labels that Loki takes `service_name` from, in this order. */
const SERVICE_LABELS = [
  'service',
  'app',
  'application',
  'app_name',
  'name',
  'app_kubernetes_io_name',
  'container',
  'container_name',
  'component',
  'workload',
  'job',
];
const LEVELS: Readonly<Record<string, string>> = {
  warning: 'warn',
  err: 'error',
  information: 'info',
  ...Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error', 'critical', 'fatal'].map((level) => [level, level])),
};
/** Loki takes nothing older than this behind the newest line of a stream: half of max_chunk_age. */
const BEHIND = 3_600_000_000_000n;

/** `POST /loki/api/v1/push` with JSON; good lines are kept even when others are refused. */
export function push(request: ServiceRequest, loki: RunningLoki, world: World): ServiceResponse {
  if (request.method !== 'POST') return { status: 405 };
  if (!request.headers['content-type']?.startsWith('application/json')) return text(400, 'snappy: corrupt input\n');
  const streams = decode(request.body.toString());
  if (typeof streams === 'string') return text(400, streams);
  if (streams.length === 0) return text(422, 'error at least one valid stream is required for ingestion\n');
  const unfit = unfitToStore(loki, world);
  if (unfit !== undefined) return text(500, unfit);
  const refusals = streams.map(({ stream, values }) => pushStream(loki, world, stream ?? {}, values ?? []));
  const refusal = refusals.find((each) => each !== undefined);
  return refusal === undefined ? { status: 204 } : text(400, `${refusal}\n`);
}

/** What Loki takes the level of a line to be: from its metadata, a field of the line, a word in it, or `unknown`. */
function detectLevel(line: string, labels: Labels): string {
  const given = labels.level ?? labels.severity ?? /"?\b(?:level|severity|lvl)"?\s*[=:]\s*"?(\w+)/i.exec(line)?.[1];
  const word = given ?? /\b(trace|debug|info|warn|warning|error|err|critical|fatal)\b/i.exec(line)?.[1];
  return LEVELS[word?.toLowerCase() ?? ''] ?? 'unknown';
}

function pushStream(loki: RunningLoki, world: World, given: Labels, values: readonly Tree[]): string | undefined {
  const { limits_config: limits } = loki.configuration;
  const bad = Object.keys(given)
    .sort()
    .find((label) => !/^[a-zA-Z_]\w*$/.test(label));
  if (bad !== undefined) return badLabel(given, bad);
  const service = SERVICE_LABELS.find((label) => given[label] !== undefined);
  const labels = { service_name: service === undefined ? 'unknown_service' : (given[service] as string), ...given };
  const name = nameStream(labels);
  if (Object.keys(given).length > limits.max_label_names_per_series) {
    return `entry for stream '${name}' has ${Object.keys(given).length} label names; limit ${limits.max_label_names_per_series}`;
  }
  const stream = loki.streams.get(name) ?? { labels, entries: [], flushed: 0 };
  let refusal: string | undefined;
  for (const [at, line, metadata = {}] of values) {
    const detected_level = detectLevel(line, { ...labels, ...metadata });
    const why = pushEntry(
      loki,
      world,
      { stream, name },
      { at: BigInt(at), line, metadata: { detected_level, ...metadata } },
      Object.keys(metadata).length > 0,
    );
    refusal ??= why;
  }
  if (stream.entries.length > 0) loki.streams.set(name, stream);
  return refusal;
}

function pushEntry(
  loki: RunningLoki,
  world: World,
  { stream, name }: { stream: Stream; name: string },
  entry: Entry,
  described: boolean,
): string | undefined {
  const { limits_config: limits } = loki.configuration;
  const now = BigInt(world.now().getTime()) * 1_000_000n;
  const oldest = now - BigInt(parseSpan(limits.reject_old_samples_max_age) ?? 0) * 1_000_000n;
  if (limits.reject_old_samples && entry.at < oldest) {
    return `entry for stream '${name}' has timestamp too old: ${seconds(entry.at)}, oldest acceptable timestamp is: ${seconds(oldest)}`;
  }
  if (entry.at > now + BigInt(parseSpan(limits.creation_grace_period) ?? 0) * 1_000_000n)
    return `entry for stream '${name}' has timestamp too new: ${seconds(entry.at)}`;
  const length = Buffer.byteLength(entry.line);
  if (length > 262_144)
    return `max entry size '262144' bytes exceeded for stream '${name}' while adding an entry with length '${length}' bytes`;
  if (described && !limits.allow_structured_metadata) {
    const where = 'Please see `limits_config.allow_structured_metadata` or contact your Loki administrator to enable it';
    return `stream '${name}' includes structured metadata, but this feature is disallowed. ${where}`;
  }
  const newest = stream.entries.at(-1)?.at ?? entry.at;
  if (entry.at < newest - BEHIND) {
    const why = `entry too far behind, entry timestamp is: ${seconds(entry.at)}, oldest acceptable timestamp is: ${seconds(newest - BEHIND)}`;
    return `entry with timestamp ${nanoseconds(entry.at)} ignored, reason: '${why}',\nuser 'fake', total ignored: 1 out of 1 for stream: ${name}`;
  }
  insert(stream, entry);
  return undefined;
}

/** In the order of time; the same line at the same time counts once. */
function insert(stream: Stream, entry: Entry): void {
  let index = stream.entries.length;
  for (; index > 0 && (stream.entries[index - 1] as Entry).at > entry.at; index -= 1);
  for (let same = index - 1; same >= 0 && stream.entries[same]?.at === entry.at; same -= 1)
    if (stream.entries[same]?.line === entry.line) return;
  stream.entries.splice(index, 0, entry);
  if (index < stream.flushed) stream.flushed = index;
}

/** What lets a Loki that calls itself ready refuse every line. */
function unfitToStore({ configuration }: RunningLoki, world: World): string | undefined {
  const needed = Math.floor(configuration.common.replication_factor / 2) + 1;
  if (needed > 1) return `at least ${needed} live replicas required, could only find 1\n`;
  const now = world.now();
  const schema = configuration.schema_config.configs.some(({ from }: Tree) => new Date(from) <= now);
  return schema
    ? undefined
    : `rpc error: code = Unknown desc = failed to create stream: no schema config found for time ${now.getTime() / 1000}\n`;
}

function decode(body: string): readonly Tree[] | string {
  const where = (head: number) =>
    `error found in #10 byte of ...|${body.slice(Math.max(0, head - 10), head + 10)}|..., bigger context ...|${body.slice(-50)}|...\n`;
  try {
    const { streams = [] } = JSON.parse(body);
    const strings = streams.every(({ values = [] }: Tree) =>
      values.every(([, , metadata = {}]: Tree) => Object.values(metadata).every((value) => typeof value === 'string')),
    );
    if (strings) return streams;
    return `loghttp.PushRequest.Streams: []loghttp.LogProtoStream: unmarshalerDecoder: Value is string, but can't find closing '"' symbol, ${where(body.length - 2)}`;
  } catch {
    return `loghttp.PushRequest.Streams: []loghttp.LogProtoStream: Skip: do not know how to skip: 0, ${where(body.length)}`;
  }
}

function badLabel(labels: Labels, label: string): string {
  const at = nameStream(labels).indexOf(label) + label.search(/\W/);
  return `couldn't parse labels: 1:${at + 1}: parse error: unexpected character inside braces: '${/\W/.exec(label)?.[0]}'`;
}

function seconds(at: bigint): string {
  return `${new Date(Number(at / 1_000_000n)).toISOString().slice(0, 19)}Z`;
}

function nanoseconds(at: bigint): string {
  return `${seconds(at).slice(0, 19).replace('T', ' ')}.${String(at % 1_000_000_000n).padStart(9, '0')} +0000 UTC`;
}
