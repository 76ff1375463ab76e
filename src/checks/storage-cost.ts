import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Airflow, Environment } from '#model/environment.ts';
import { type Measurement, measurement } from '#model/initiative.ts';
import type { BucketRef, Read, S3Answer } from '#model/read.ts';
import { met, pending, type Verdict } from '#model/verdict.ts';
import { readManifest } from './airflow-archive.ts';
import { readClaim } from './airflow-claim.ts';
import { Claim } from './objects.ts';
import { readQuery, samplesOf } from './prometheus.ts';
import { formatBytes, parseQuantity } from './quantity.ts';
import { readBucket, readList, readObject } from './reads.ts';
import { refused } from './s3-refusal.ts';

/** Objects can't be younger than now: a clock moved; milliseconds. */
const SKEW = 60_000;

const Replication = v.object({
  replicated: v.optional(v.object({ size: v.optional(v.number(), 0) }), { size: 0 }),
  erasureCoded: v.optional(v.object({ dataChunks: v.optional(v.number(), 0), codingChunks: v.optional(v.number(), 0) }), {
    dataChunks: 0,
    codingChunks: 0,
  }),
});
type Replication = v.InferOutput<typeof Replication>;
const metadata = v.object({ name: v.string() });
const BlockPool = v.object({ metadata, spec: Replication });
const ObjectStore = v.object({ metadata, spec: v.object({ dataPool: v.optional(Replication) }) });

type Pools = readonly v.InferOutput<typeof BlockPool>[] | undefined;
type Store = v.InferOutput<typeof ObjectStore> | undefined;

/** Block storage that was given back against what took its place, with every copy that Ceph keeps of either. */
export const costIsCounted = (airflow: Airflow, environment: Environment): Check =>
  check({
    id: 'handoff.cost',
    title: `What took the place of claim ${airflow.namespace}/${airflow.claim} is counted`,
    holds: 'once',
    reads: readCost(airflow, environment),
    judge: (seen): Verdict => {
      const unlisted = unlistedOf(airflow, environment, seen);
      if (unlisted !== undefined) return unlisted;
      const cost = countCost(environment, seen);
      if (cost.was === undefined)
        return pending(
          `the size of claim ${airflow.namespace}/${airflow.claim} can't be told`,
          ['it is gone, and neither its archive nor Prometheus says how large it was'],
          `kubectl get pv | grep ${airflow.namespace}/${airflow.claim} shows it while its volume is kept`,
        );
      return met(`${describeNow(cost)} against ${formatBytes(cost.was)} of the claim${describeCopies(cost)}`);
    },
  });

export function measureCost(airflow: Airflow, environment: Environment): Measurement {
  return measurement({
    reads: { ...readCost(airflow, environment), claim: readClaim(airflow) },
    measure: (seen, now) => {
      const unlisted = unlistedOf(airflow, environment, seen);
      if (unlisted !== undefined) return { untold: unlisted.saw };
      const objects = [...(seen.chunks.objects ?? []), ...(seen.archive.objects ?? [])];
      const sample = `${objects.length} objects`;
      const interval = 'now';
      if (objects.some(({ modified }) => Date.parse(modified) - now.getTime() > SKEW))
        return { untold: 'objects are of the future: a clock moved', sample, interval };
      const cost = countCost(environment, seen);
      const { was, block, object } = cost;
      if (was === undefined) return { untold: 'nobody knows how large the claim was', sample, interval };
      if (block === undefined || object === undefined)
        return { untold: "how many copies are kept can't be told: no CephBlockPool or CephObjectStore says it", sample, interval };
      if (seen.claim !== undefined)
        return {
          value: `0 %: claim ${airflow.namespace}/${airflow.claim} of ${formatBytes(was)} is still there`,
          reached: false,
          sample,
          interval,
        };
      const saved = 1 - (cost.objects * object + cost.wal * block) / (was * block);
      return {
        value: `${Math.floor(saved * 100)} %: ${describeNow(cost)} against ${formatBytes(was)} of the claim${describeCopies(cost)}`,
        reached: saved >= environment.targets.saving,
        sample,
        interval,
      };
    },
  });
}

function readCost(airflow: Airflow, { storage: { rook, bucket }, loki, prometheus }: Environment) {
  const none: { pools?: Read<Pools>; store?: Read<Store> } = {};
  return {
    manifest: readManifest(airflow),
    archive: readBucket(airflow.archive, 'list', { key: '' }),
    chunks: readBucket(bucket, 'list', { key: '' }),
    claims: readList({ group: '', version: 'v1', resource: 'persistentvolumeclaims', namespace: loki.namespace }, Claim),
    ...(prometheus === null ? {} : { size: readQuery(prometheus, `max_over_time(${capacityOf(airflow)}[90d])`) }),
    ...(rook === null
      ? none
      : {
          pools: readList({ group: 'ceph.rook.io', version: 'v1', resource: 'cephblockpools', namespace: rook.namespace }, BlockPool),
          store: readObject(
            { apiVersion: 'ceph.rook.io/v1', kind: 'CephObjectStore', namespace: rook.namespace, name: rook.objectStore },
            ObjectStore,
          ),
        }),
  };
}

/** What the kubelet told of the claim while it was mounted. */
function capacityOf({ namespace, claim }: Airflow): string {
  return `kubelet_volume_stats_capacity_bytes{namespace="${namespace}",persistentvolumeclaim="${claim}"}`;
}

interface Seen {
  readonly manifest: { readonly claimBytes?: number | undefined } | undefined;
  readonly archive: S3Answer;
  readonly chunks: S3Answer;
  readonly claims: readonly Claim[] | undefined;
  readonly size?: Parameters<typeof samplesOf>[0];
  readonly pools?: Pools;
  readonly store?: Store;
}

interface Cost {
  /** Bytes of the claim; undefined: nobody knows any more. */
  readonly was: number | undefined;
  readonly objects: number;
  readonly wal: number;
  /** Bytes on disk for one byte of a claim, and of an object; undefined where nothing says it. */
  readonly block: number | undefined;
  readonly object: number | undefined;
}

function countCost({ loki }: Environment, { manifest, archive, chunks, claims = [], size, pools = [], store }: Seen): Cost {
  const copies = new Set(pools.map(({ spec }) => copiesOf(spec)));
  const [block] = copies;
  const was = manifest?.claimBytes || ((size && samplesOf(size)?.[0]?.value) ?? 0);
  return {
    was: was > 0 ? was : undefined,
    objects: bytesIn(archive) + bytesIn(chunks),
    wal: claims
      .filter(({ metadata: { name } }) => name.startsWith(`storage-${loki.name}-`))
      .reduce((sum, { spec }) => sum + parseQuantity(spec.resources.requests.storage ?? '0'), 0),
    // Which pool a claim was in is not known; where all keep as many it does not matter.
    block: copies.size === 1 ? block : undefined,
    object: store?.spec.dataPool === undefined ? undefined : copiesOf(store.spec.dataPool),
  };
}

function copiesOf({ replicated, erasureCoded: { dataChunks, codingChunks } }: Replication): number | undefined {
  if (replicated.size > 0) return replicated.size;
  return dataChunks > 0 ? (dataChunks + codingChunks) / dataChunks : undefined;
}

function bytesIn({ objects = [] }: S3Answer): number {
  return objects.reduce((sum, { size }) => sum + size, 0);
}

function describeNow({ objects, wal }: Cost): string {
  return `${formatBytes(objects)} of chunks, index, archive and task logs and ${formatBytes(wal)} of Loki's own claim`;
}

function describeCopies({ block, object }: Cost): string {
  return block === undefined || object === undefined
    ? "; each counted once: how many copies are kept can't be told"
    : `; on disk ${round(object)} bytes for one of an object, ${round(block)} for one of a claim`;
}

function round(copies: number): number {
  return Number(copies.toPrecision(3));
}

function unlistedOf(airflow: Airflow, { storage }: Environment, { archive, chunks }: Seen): Exclude<Verdict, { state: 'met' }> | undefined {
  const buckets: readonly [BucketRef, S3Answer][] = [
    [airflow.archive, archive],
    [storage.bucket, chunks],
  ];
  const found = buckets.find(([, { status }]) => status !== 200);
  return found === undefined ? undefined : (refused('list', ...found) as Exclude<Verdict, { state: 'met' }>);
}
