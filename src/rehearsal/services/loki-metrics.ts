import type { Manifest } from '#model/kubernetes.ts';
import { find } from '../controllers/apply.ts';
import { memoryOf } from '../memory.ts';
import { parseQuantity, specOf, statusOf, type Tree } from '../tree.ts';
import type { ServiceResponse, World } from '../world.ts';
import { cacheServers } from './loki-caches.ts';
import { remoteUrl } from './loki-rules.ts';
import { mayWrite, type RunningLoki, runningLoki } from './loki-state.ts';
import type { Metrics, Sample } from './metrics.ts';

/** What the chunks of this homelab's logs come to: gzip makes a tenth of them, a bit less. */
const COMPRESSION = 11.6;
/** Bytes of a chunk in the object store. */
const CHUNK = 1_500_000;
/** What the write-ahead log takes; bytes. */
const WRITTEN_AHEAD = 600 * 2 ** 20;

/** Pushes by the status that they were answered with, and when the last one came; milliseconds. */
const pushesOf = memoryOf(() => ({ counts: new Map<number, number>(), at: 0, status: 0 }));

/** What somebody asks of it; a chunk a minute. */
export const lokiMetrics: Metrics = (pod, world) => {
  const loki = runningLoki(world, pod);
  const { received, puts, flushed, failures, discarded, fetched, hits } = loki.counted;
  const chunks = (world.now().getTime() - loki.started) / 60_000;
  const put = { operation: 'S3.PutObject', status_code: '200' };
  return [
    { name: 'loki_ingester_memory_streams', labels: { tenant: 'fake' }, value: loki.streams.size },
    { name: 'loki_ingester_chunk_compression_ratio_sum', value: chunks * COMPRESSION, perSecond: COMPRESSION / 60 },
    { name: 'loki_ingester_chunk_compression_ratio_count', value: chunks, perSecond: 1 / 60 },
    { name: 'loki_ingester_chunk_stored_bytes_total', value: chunks * CHUNK, perSecond: CHUNK / 60 },
    { name: 'loki_distributor_bytes_received_total', value: chunks * CHUNK * COMPRESSION, perSecond: (CHUNK * COMPRESSION) / 60 },
    ...pushMetrics(world, pod),
    { name: 'loki_distributor_lines_received_total', value: received },
    { name: 'loki_ingester_chunks_flushed_total', labels: { reason: 'forced' }, value: flushed },
    { name: 'loki_ingester_chunks_flush_failures_total', value: failures },
    ...(puts > 0 ? [{ name: 'loki_s3_request_duration_seconds_count', labels: put, value: puts }] : []),
    ...[...discarded].map(([reason, value]) => ({ name: 'loki_discarded_samples_total', labels: { reason, tenant: 'fake' }, value })),
    { name: 'loki_ingester_wal_disk_full_failures_total', value: 0 },
    { name: 'loki_ingester_wal_disk_usage_percent', value: Math.min(1, WRITTEN_AHEAD / volumeSize(world, pod)) },
    { name: 'loki_ring_members', labels: { name: 'ingester', state: 'ACTIVE' }, value: 1 },
    { name: 'loki_compactor_apply_retention_last_successful_run_timestamp_seconds', value: lastRun(world, loki) },
    ...cacheServers(world, loki).map(({ name, servers }) => ({ name: 'loki_memcache_client_servers', labels: { name }, value: servers })),
    { name: 'loki_cache_fetched_keys', labels: { name: 'frontend.results-cache' }, value: fetched },
    { name: 'loki_cache_hits', labels: { name: 'frontend.results-cache' }, value: hits },
    ...remoteWrite(loki),
  ];
};

/** It is applied all the time: this Loki's compactor waits for no ring to settle. */
function lastRun(world: World, loki: RunningLoki): number {
  const runs = loki.configuration.compactor.retention_enabled && mayWrite(world, loki);
  return runs ? Math.floor(world.now().getTime() / 1000) : 0;
}

function remoteWrite(loki: RunningLoki): Sample[] {
  const url = remoteUrl(loki);
  const { samples, refused } = loki.counted;
  const name = 'loki_ruler_wal_prometheus_remote_storage_samples';
  if (url === '' || samples === 0) return [];
  return [
    { name: `${name}_total`, labels: { url }, value: samples },
    { name: `${name}_failed_total`, labels: { url }, value: refused },
  ];
}

function volumeSize(world: World, pod: Manifest): number {
  const name: string = specOf(pod).volumes.find(({ persistentVolumeClaim }: Tree) => persistentVolumeClaim)?.persistentVolumeClaim
    .claimName;
  const claim = find(world, 'v1', 'PersistentVolumeClaim', pod.metadata.namespace, name);
  return parseQuantity(statusOf(claim).capacity?.storage ?? '10Gi');
}

/** Somebody pushes each second: one that really comes stands for all since the last, for the clock may have jumped. */
export function countPush(world: World, pod: Manifest, answer: ServiceResponse): ServiceResponse {
  const pushes = pushesOf(world, pod.metadata.uid ?? '');
  const now = world.now().getTime();
  const seconds = pushes.at === 0 ? 1 : Math.floor((now - pushes.at) / 1000);
  pushes.counts.set(answer.status, (pushes.counts.get(answer.status) ?? 0) + seconds);
  Object.assign(pushes, { at: pushes.at === 0 ? now : pushes.at + seconds * 1000, status: answer.status });
  return answer;
}

function pushMetrics(world: World, pod: Manifest): readonly Sample[] {
  const { counts, at, status: last } = pushesOf(world, pod.metadata.uid ?? '');
  const since = Math.floor((world.now().getTime() - at) / 1000);
  return [...counts].map(([status, count]) => ({
    name: 'loki_request_duration_seconds_count',
    labels: { method: 'POST', route: 'loki_api_v1_push', status_code: String(status) },
    value: count + (status === last ? since : 0),
    perSecond: status === last ? 1 : 0,
  }));
}
