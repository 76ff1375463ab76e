import { gzipSync } from 'node:zlib';
import type { Manifest } from '#model/kubernetes.ts';
import { memoryOf } from '../memory.ts';
import { dataOf, hashOf, parseSpan, secretOf, specOf, type Tree, volumeOf } from '../tree.ts';
import type { World } from '../world.ts';
import { effectiveConfiguration } from './loki-configuration.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Entry {
  /** Nanoseconds since 1970. */
  readonly at: bigint;
  readonly line: string;
  /** Structured metadata, `detected_level` among it. */
  readonly metadata: Labels;
}

export interface Stream {
  readonly labels: Labels;
  entries: Entry[];
  /** How many of the entries are in the object store already. */
  flushed: number;
  /** Its index can't be read: the compactor passes it by. */
  readonly broken?: true;
}

/** One Loki as it runs: its lines outlive a restart (they are on its volume), its configuration and environment were read at start. */
export interface RunningLoki {
  readonly streams: Map<string, Stream>;
  readonly namespace: string;
  /** Milliseconds. */
  readonly started: number;
  readonly configuration: Tree;
  readonly environment: Labels;
  /** What it has counted since its start. */
  readonly counted: Counted;
}

export interface Counted {
  /** Chunks put into the object store, flushed wherever to, and in vain. */
  puts: number;
  flushed: number;
  failures: number;
  /** Lines that came, whether they were taken or not. */
  received: number;
  /** Refused lines by Loki's word for the reason. */
  readonly discarded: Map<string, number>;
  /** What its caches hold, how many keys they were asked for, and how many they had. */
  readonly cached: Set<string>;
  fetched: number;
  hits: number;
  /** Samples that its rules recorded to be written elsewhere, and those that were refused there. */
  samples: number;
  refused: number;
}

const streamsOf = memoryOf(() => new Map<string, Stream>());
const runningOf = memoryOf((): { loki?: RunningLoki } => ({}));

/** The Loki in a pod whose container runs. */
export function runningLoki(world: World, pod: Manifest): RunningLoki {
  const { name, namespace = '', uid = '' } = pod.metadata;
  const running = runningOf(world, uid);
  running.loki ??= {
    streams: streamsOf(world, `${namespace}/${name}`),
    namespace,
    started: world.now().getTime(),
    configuration: configurationOf(world, pod),
    environment: environmentOf(world, pod),
    counted: {
      received: 0,
      puts: 0,
      flushed: 0,
      failures: 0,
      discarded: new Map(),
      cached: new Set(),
      fetched: 0,
      hits: 0,
      samples: 0,
      refused: 0,
    },
  };
  return running.loki;
}

export function nanoseconds(milliseconds: number): bigint {
  return BigInt(milliseconds) * 1_000_000n;
}

/** `{app="loki", pod="loki-0"}`: how Loki's messages name a stream. */
export function nameStream(labels: Labels): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(', ')}}`;
}

/** Puts what is not there yet into the object store, if that can be written with what this Loki knows, or onto its own disk. */
export function flush(world: World, loki: RunningLoki): void {
  const { configuration, counted } = loki;
  const { aws } = configuration.storage_config;
  const schema = configuration.schema_config.configs.findLast(({ from }: Tree) => new Date(from) <= world.now());
  const isLocal = schema?.object_store === 'filesystem';
  for (const stream of loki.streams.values()) {
    const chunk = stream.entries.slice(stream.flushed);
    if (chunk.length === 0) continue;
    if (!isLocal && !mayWrite(world, loki)) {
      counted.failures += 1;
      continue;
    }
    counted.flushed += 1;
    stream.flushed = stream.entries.length;
    if (isLocal) continue;
    counted.puts += 1;
    const key = `fake/${hashOf([stream.labels, chunk.length, String(chunk[0]?.at)], 16)}/${world.now().getTime().toString(16)}`;
    world.buckets.put(aws.bucketnames, key, gzipSync(chunk.map(({ at, line }) => `${at} ${line}\n`).join('')));
  }
}

/** Retention as the compactor runs it, and chunks that have been idle for long enough. */
export function keepHouse(world: World, loki: RunningLoki): void {
  const { compactor, limits_config, ingester } = loki.configuration;
  const now = world.now().getTime();
  const period = parseSpan(limits_config.retention_period) ?? 0;
  const oldest = nanoseconds(now - period - (parseSpan(compactor.retention_delete_delay) ?? 0));
  for (const [key, stream] of loki.streams) {
    if (stream.broken || !compactor.retention_enabled || period === 0 || (stream.entries[0]?.at ?? oldest) >= oldest) continue;
    const kept = stream.entries.filter(({ at }) => at >= oldest);
    stream.flushed = Math.max(0, stream.flushed - (stream.entries.length - kept.length));
    stream.entries = kept;
    if (kept.length === 0) loki.streams.delete(key);
  }
  const idle = nanoseconds(now - (parseSpan(ingester.chunk_idle_period) ?? 0));
  if ([...loki.streams.values()].some(({ entries, flushed }) => (entries[flushed]?.at ?? idle) < idle)) flush(world, loki);
}

/** The keys have to open the bucket; without path style the bucket is looked for under a host name, which nobody serves in the cluster. */
export function mayWrite(world: World, { environment, configuration }: Pick<RunningLoki, 'environment' | 'configuration'>): boolean {
  const { aws } = configuration.storage_config;
  const grant = world.buckets.secretOf(environment.AWS_ACCESS_KEY_ID ?? '');
  const opens = grant?.secretKey === environment.AWS_SECRET_ACCESS_KEY && grant?.buckets.includes(aws.bucketnames);
  return hasAddress(aws) && opens === true;
}

/** Whether a name leads to the bucket: of hosts, Amazon alone has one for each. */
export function hasAddress({ s3forcepathstyle, endpoint }: Tree): boolean {
  return s3forcepathstyle === true || new URL(endpoint).hostname.endsWith('.amazonaws.com');
}

export function configurationOf({ store }: World, pod: Manifest): Tree {
  return effectiveConfiguration(dataOf(volumeOf(store, pod, 'config'))['config.yaml'] ?? '');
}

export function environmentOf({ store }: World, pod: Manifest): Labels {
  const env: Tree[] = specOf(pod).containers.find(({ name }: Tree) => name === 'loki').env ?? [];
  const secret = (name: string) => store.get({ apiVersion: 'v1', kind: 'Secret', namespace: pod.metadata.namespace ?? '', name });
  const resolve = ({ value, valueFrom }: Tree): string => {
    const { name, key } = valueFrom?.secretKeyRef ?? {};
    return value ?? secretOf(secret(name))[key] ?? '';
  };
  return Object.fromEntries(env.map((each) => [each.name, resolve(each)]));
}
