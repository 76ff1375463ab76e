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

/** `POST /loki/api/v1/push` with JSON; good lines are kept even when others are refused. */
export function push(request: ServiceRequest, loki: RunningLoki, world: World): ServiceResponse {
  if (request.method !== 'POST') return { status: 405 };
  const unfit = unfitToStore(loki, world);
  if (unfit !== undefined) return text(500, unfit);
  const streams: Tree[] = JSON.parse(request.body.toString()).streams;
  if (streams.length === 0) return text(422, 'error at least one valid stream is required for ingestion\n');
  const refusals = streams.map(({ stream, values }) => pushStream(loki, world, stream, values));
  const refusal = refusals.find((each) => each !== undefined);
  return refusal === undefined ? { status: 204 } : text(400, `${refusal}\n`);
}

function pushStream(loki: RunningLoki, world: World, given: Labels, values: readonly Tree[]): string | undefined {
  const service = SERVICE_LABELS.find((label) => given[label] !== undefined);
  const labels = { service_name: service === undefined ? 'unknown_service' : (given[service] as string), ...given };
  const name = nameStream(labels);
  const stream = loki.streams.get(name) ?? { labels, entries: [], flushed: 0 };
  let refusal: string | undefined;
  for (const [at, line, metadata = {}] of values) {
    const why = refuse(loki, world, name, BigInt(at), metadata);
    refusal ??= why;
    if (why !== undefined) continue;
    const detected_level = detectLevel(line, { ...labels, ...metadata });
    insert(stream, { at: BigInt(at), line, metadata: { detected_level, ...metadata } });
  }
  if (stream.entries.length > 0) loki.streams.set(name, stream);
  return refusal;
}

function refuse({ configuration }: RunningLoki, world: World, stream: string, at: bigint, metadata: Labels): string | undefined {
  const { reject_old_samples_max_age, allow_structured_metadata } = configuration.limits_config;
  const oldest = nanoseconds(world.now().getTime() - (parseSpan(reject_old_samples_max_age) ?? 0));
  if (at < oldest)
    return `entry for stream '${stream}' has timestamp too old: ${seconds(at)}, oldest acceptable timestamp is: ${seconds(oldest)}`;
  if (at > nanoseconds(world.now().getTime() + GRACE)) return `entry for stream '${stream}' has timestamp too new: ${seconds(at)}`;
  if (allow_structured_metadata || Object.keys(metadata).length === 0) return undefined;
  const where = 'Please see `limits_config.allow_structured_metadata` or contact your Loki administrator to enable it';
  return `stream '${stream}' includes structured metadata, but this feature is disallowed. ${where}`;
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
