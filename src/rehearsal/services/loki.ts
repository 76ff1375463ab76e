import { stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { isReady } from '../controllers/apply.ts';
import { parseSpan, specOf, statusOf, type Tree } from '../tree.ts';
import type { ServiceProcess, ServiceRequest, ServiceResponse, World } from '../world.ts';
import { json, pageNotFound, text } from './answers.ts';
import { normaliseConfiguration } from './loki-configuration.ts';
import { push } from './loki-push.ts';
import { labelNames, labelValues, queryInstant, queryRange, series } from './loki-query.ts';
import { describeRules, listRules } from './loki-rules.ts';
import { flush, keepHouse, type RunningLoki, runningLoki } from './loki-state.ts';
import { exposeMetrics, type Metrics, type Sample } from './metrics.ts';

const MODULES = [
  'ring',
  'query-frontend',
  'ingester-querier',
  'runtime-config',
  'memberlist-kv',
  'ingester',
  'cache-generation-loader',
  'query-scheduler-ring',
  'store',
  'query-scheduler',
  'compactor',
  'ruler',
  'querier',
  'server',
  'query-frontend-tripperware',
  'rule-evaluator',
  'distributor',
];
/** What the chunks of this homelab's logs come to: gzip makes a tenth of them, a bit less. */
const COMPRESSION = 11.6;

/** Loki 3.7.8 in single-binary mode, as its answers were recorded. */
export function lokiProcess(pod: Manifest): ServiceProcess {
  return (request, world) => {
    const loki = runningLoki(world, pod);
    const response = answer(request, loki, pod, world);
    const route = request.path.slice(1).replaceAll(/[/.-]/g, '_');
    countRequests(loki, `${request.method} ${route} ${response.status}`, 1);
    return response;
  };
}

export function countRequests(loki: RunningLoki, what: string, number: number): void {
  loki.requests.set(what, (loki.requests.get(what) ?? 0) + number);
}

/** The pods in which a Loki runs. */
export function lokiPods(world: World): readonly Manifest[] {
  return world.store.list('v1', 'Pod').filter((pod) => runsContainer(pod, 'loki'));
}

export function runsContainer(pod: Manifest, name: string): boolean {
  return (statusOf(pod).containerStatuses ?? []).some(
    (container: Tree) => container.name === name && container.state.running !== undefined,
  );
}

/** Retention and flushing, which need nobody to ask. */
export function tendLoki(world: World): void {
  for (const pod of lokiPods(world)) keepHouse(world, runningLoki(world, pod));
}

function answer(request: ServiceRequest, loki: RunningLoki, pod: Manifest, world: World): ServiceResponse {
  const { path, query } = request;
  if (path === '/loki/api/v1/push') return push(request, loki, world);
  if (path === '/flush') {
    flush(world, loki);
    return { status: 204 };
  }
  if (request.method !== 'GET') return { status: 405 };
  const values = /^\/loki\/api\/v1\/label\/([^/]+)\/values$/.exec(path)?.[1];
  if (values !== undefined) return labelValues(decodeURIComponent(values))(query, loki, world);
  return ROUTES[path]?.(query, loki, pod, world) ?? pageNotFound();
}

const ROUTES: Readonly<Record<string, (query: URLSearchParams, loki: RunningLoki, pod: Manifest, world: World) => ServiceResponse>> = {
  '/ready': (_, __, { metadata }, world) => {
    const ready = world.store.list('v1', 'Pod', metadata.namespace).some((pod) => pod.metadata.uid === metadata.uid && isReady(pod));
    return ready ? text(200, 'ready\n') : text(503, 'Ingester not ready: waiting for 15s after being ready\n');
  },
  '/services': () => text(200, MODULES.map((module) => `${module} => Running\n`).join('')),
  '/config': (_, loki) => text(200, stringify(normaliseConfiguration(loki.configuration), { singleQuote: true })),
  '/metrics': (_, __, pod, world) => exposeMetrics(lokiMetrics(pod, world)),
  '/loki/api/v1/status/buildinfo': (_, __, pod) => {
    const version = versionOf(pod);
    return json({ version, revision: '1a5e1d5b', branch: 'HEAD', buildUser: 'root', buildDate: '', goVersion: 'go1.26' });
  },
  '/loki/api/v1/query_range': (query, loki, _, world) => queryRange(query, loki, world),
  '/loki/api/v1/query': (query, loki, _, world) => queryInstant(query, loki, world),
  '/loki/api/v1/series': (query, loki, _, world) => series(query, loki, world),
  '/loki/api/v1/labels': (query, loki, _, world) => labelNames(query, loki, world),
  '/loki/api/v1/rules': (_, loki, __, world) => listRules(world, loki),
  '/prometheus/api/v1/rules': (_, loki, __, world) => describeRules(world, loki),
  // Without retention this part of the API does not exist.
  '/loki/api/v1/delete': (_, loki) => (loki.configuration.compactor.retention_enabled ? json([]) : pageNotFound()),
};

export const lokiMetrics: Metrics = (pod, world) => {
  const loki = runningLoki(world, pod);
  const { compactor, limits_config } = loki.configuration;
  const now = world.now().getTime();
  const minutes = (now - loki.started) / 60_000;
  const interval = parseSpan(compactor.compaction_interval) ?? 600_000;
  const lastRun =
    compactor.retention_enabled && parseSpan(limits_config.retention_period) ? (now - ((now - loki.started) % interval)) / 1000 : 0;
  const lines = [...loki.streams.values()].reduce((sum, { entries }) => sum + entries.length, 0);
  const caches = world.store.list('v1', 'Pod', loki.namespace).filter((cache) => isReady(cache) && runsContainer(cache, 'memcached'));
  const chunks = loki.flushes.done + minutes;
  return [
    { name: 'loki_build_info', labels: { version: versionOf(pod) }, value: 1 },
    { name: 'loki_compactor_apply_retention_last_successful_run_timestamp_seconds', value: lastRun, perSecond: lastRun > 0 ? 1 : 0 },
    { name: 'loki_ingester_chunk_compression_ratio_sum', value: chunks * COMPRESSION, perSecond: COMPRESSION / 60 },
    { name: 'loki_ingester_chunk_compression_ratio_count', value: chunks, perSecond: 1 / 60 },
    { name: 'loki_ingester_chunks_flush_failures_total', value: loki.flushes.failed },
    { name: 'loki_s3_request_duration_seconds_count', labels: { operation: 'S3.PutObject', status_code: '200' }, value: loki.flushes.done },
    { name: 'loki_ingester_memory_streams', labels: { tenant: 'fake' }, value: loki.streams.size },
    { name: 'loki_distributor_lines_received_total', labels: { tenant: 'fake' }, value: lines },
    { name: 'loki_ruler_wal_prometheus_remote_storage_samples_failed_total', value: 0 },
    ...caches.flatMap(({ metadata }) => cacheMetrics(metadata.name.includes('chunks') ? 'chunks' : 'frontend', minutes)),
    ...[...loki.requests].map(([what, value]) => requestMetric(what, value)),
  ];
};

function cacheMetrics(name: string, minutes: number): Sample[] {
  const [asked, hit] = [600, 480];
  return [
    { name: 'loki_memcache_client_servers', labels: { name }, value: 1 },
    { name: 'loki_cache_fetched_keys', labels: { name }, value: minutes * asked, perSecond: asked / 60 },
    { name: 'loki_cache_hits', labels: { name }, value: minutes * hit, perSecond: hit / 60 },
  ];
}

function requestMetric(what: string, value: number): Sample {
  const [method = '', route = '', status_code = ''] = what.split(' ');
  // The canaries push once a second; see pushCanaries.
  const steady = route === 'loki_api_v1_push' && status_code === '204' ? { perSecond: 1 } : {};
  return { name: 'loki_request_duration_seconds_count', labels: { method, route, status_code, ws: 'false' }, value, ...steady };
}

function versionOf(pod: Manifest): string {
  const image: string = specOf(pod).containers.find(({ name }: Tree) => name === 'loki').image;
  return image.slice(image.lastIndexOf(':') + 1);
}
