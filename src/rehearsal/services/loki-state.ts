import { gzipSync } from 'node:zlib';
import type { Manifest } from '#model/kubernetes.ts';
import { memoryOf } from '../memory.ts';
import { dataOf, hashOf, parseSpan, secretOf, specOf, type Tree } from '../tree.ts';
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
}

/** One Loki as it runs: its lines outlive a restart (they are on its volume), its configuration and environment were read at start. */
export interface RunningLoki {
  readonly streams: Map<string, Stream>;
  /** `METHOD route status` to requests answered. */
  readonly requests: Map<string, number>;
  readonly flushes: { done: number; failed: number };
  readonly pod: string;
  readonly namespace: string;
  /** Milliseconds. */
  readonly started: number;
  readonly configuration: Tree;
  readonly environment: Labels;
}

interface Kept {
  streams: Map<string, Stream>;
  uid?: string | undefined;
  running?: RunningLoki;
}

const keptOf = memoryOf((): Kept => ({ streams: new Map() }));

/** The Loki in a pod whose container runs. */
export function runningLoki(world: World, pod: Manifest): RunningLoki {
  const { name, namespace = '', uid } = pod.metadata;
  const kept = keptOf(world, `${namespace}/${name}`);
  if (kept.running === undefined || kept.uid !== uid) {
    kept.uid = uid;
    kept.running = {
      streams: kept.streams,
      requests: new Map(),
      flushes: { done: 0, failed: 0 },
      pod: name,
      namespace,
      started: world.now().getTime(),
      configuration: effectiveConfiguration(configurationOf(world, pod)),
      environment: environmentOf(world, pod),
    };
  }
  return kept.running;
}

/** `{app="loki", pod="loki-0"}`: how Loki's messages name a stream. */
export function nameStream(labels: Labels): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(', ')}}`;
}

/** Puts what is not there yet into the object store, if that can be written with what this Loki knows. */
export function flush(world: World, loki: RunningLoki): void {
  const aws = loki.configuration.storage_config?.aws;
  for (const stream of loki.streams.values()) {
    const chunk = stream.entries.slice(stream.flushed);
    if (chunk.length === 0) continue;
    if (aws === undefined || !mayWrite(world, loki, aws)) {
      loki.flushes.failed += 1;
      continue;
    }
    const key = `fake/${hashOf([stream.labels, chunk.length, String(chunk[0]?.at)], 16)}/${world.now().getTime().toString(16)}`;
    world.buckets.put(aws.bucketnames, key, gzipSync(chunk.map(({ at, line }) => `${at} ${line}\n`).join('')));
    stream.flushed = stream.entries.length;
    loki.flushes.done += 1;
  }
}

/** Retention as the compactor runs it, and chunks that have been idle for long enough. */
export function keepHouse(world: World, loki: RunningLoki): void {
  const { compactor, limits_config, ingester } = loki.configuration;
  const now = world.now().getTime();
  const period = parseSpan(limits_config.retention_period) ?? 0;
  const oldest = BigInt(now - period - (parseSpan(compactor.retention_delete_delay) ?? 0)) * 1_000_000n;
  for (const [key, stream] of loki.streams) {
    if (!compactor.retention_enabled || period === 0 || (stream.entries[0]?.at ?? oldest) >= oldest) continue;
    const kept = stream.entries.filter(({ at }) => at >= oldest);
    stream.flushed = Math.max(0, stream.flushed - (stream.entries.length - kept.length));
    stream.entries = kept;
    if (kept.length === 0) loki.streams.delete(key);
  }
  const idle = BigInt(now - (parseSpan(ingester.chunk_idle_period) ?? 0)) * 1_000_000n;
  if ([...loki.streams.values()].some(({ entries, flushed }) => (entries[flushed]?.at ?? idle) < idle)) flush(world, loki);
}

/** The keys have to open the bucket; without path style the bucket would be looked for under a host name that nobody serves. */
function mayWrite(world: World, { environment }: RunningLoki, aws: Tree): boolean {
  const accessKey = aws.access_key_id ?? environment.AWS_ACCESS_KEY_ID ?? '';
  const grant = world.buckets.secretOf(accessKey);
  const secretKey = aws.secret_access_key ?? environment.AWS_SECRET_ACCESS_KEY;
  return (
    aws.s3forcepathstyle === true &&
    grant?.secretKey === secretKey &&
    (grant?.buckets.includes(aws.bucketnames) ?? false) &&
    world.buckets.has(aws.bucketnames)
  );
}

function configurationOf(world: World, pod: Manifest): string {
  const name = specOf(pod).volumes.find((volume: Tree) => volume.name === 'config')?.configMap?.name ?? '';
  return (
    dataOf(world.store.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: pod.metadata.namespace ?? '', name }))['config.yaml'] ?? ''
  );
}

function environmentOf(world: World, pod: Manifest): Labels {
  const env: Tree[] = specOf(pod).containers.find(({ name }: Tree) => name === 'loki').env ?? [];
  const resolve = ({ value, valueFrom }: Tree): string => {
    const { name, key } = valueFrom?.secretKeyRef ?? {};
    if (name === undefined) return value ?? '';
    return secretOf(world.store.get({ apiVersion: 'v1', kind: 'Secret', namespace: pod.metadata.namespace ?? '', name }))[key] ?? '';
  };
  return Object.fromEntries(env.map((each) => [each.name, resolve(each)]));
}
