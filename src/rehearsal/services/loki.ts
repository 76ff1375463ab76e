import { stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { isReady } from '../controllers/apply.ts';
import { memoryOf } from '../memory.ts';
import { specOf, statusOf, type Tree } from '../tree.ts';
import type { ServiceProcess, ServiceResponse, World } from '../world.ts';
import { json, pageNotFound, text } from './answers.ts';
import { normaliseConfiguration } from './loki-configuration.ts';
import { push } from './loki-push.ts';
import { type Answering, labelValues, queryInstant, queryRange, series } from './loki-query.ts';
import { describeRules } from './loki-rules.ts';
import { flush, keepHouse, runningLoki } from './loki-state.ts';
import { exposeMetrics, type Metrics, type Sample } from './metrics.ts';

/** All that run in a single binary. */
const MODULES =
  'ring query-frontend ingester-querier runtime-config memberlist-kv ingester cache-generation-loader query-scheduler-ring store ' +
  'query-scheduler compactor ruler querier server query-frontend-tripperware rule-evaluator distributor';
/** What the chunks of this homelab's logs come to: gzip makes a tenth of them, a bit less. */
const COMPRESSION = 11.6;
/** Bytes of a chunk in the object store. */
const CHUNK = 1_500_000;

/** Pushes by the status that they were answered with, and when the last one came; milliseconds. */
const pushesOf = memoryOf(() => ({ counts: new Map<number, number>(), at: 0, status: 0 }));

/** Loki 3.7.8 in single-binary mode, as its answers were recorded. */
export function lokiProcess(pod: Manifest): ServiceProcess {
  return (request, world) => {
    const loki = runningLoki(world, pod);
    if (request.path === '/loki/api/v1/push') return counted(world, pod, push(request, loki, world));
    if (request.path === '/flush') {
      flush(world, loki);
      return { status: 204 };
    }
    if (request.path === '/metrics') return exposeMetrics(lokiMetrics(pod, world));
    if (request.path === '/ready')
      return isReady(pod) ? text(200, 'ready\n') : text(503, 'Ingester not ready: waiting for 15s after being ready\n');
    if (request.path === '/loki/api/v1/status/buildinfo')
      return json({ version: versionOf(pod), revision: '1a5e1d5b', branch: 'HEAD', buildUser: 'root', buildDate: '', goVersion: 'go1.26' });
    const label = /^\/loki\/api\/v1\/label\/(\w+)\/values$/.exec(request.path)?.[1];
    const answering = label === undefined ? ROUTES[request.path] : labelValues(label);
    return answering?.(request.query, loki, world) ?? pageNotFound();
  };
}

const ROUTES: Readonly<Record<string, Answering>> = {
  '/services': () => text(200, `${MODULES} `.replaceAll(' ', ' => Running\n')),
  '/config': (_, loki) => text(200, stringify(normaliseConfiguration(loki.configuration), { singleQuote: true })),
  '/loki/api/v1/query_range': queryRange,
  '/loki/api/v1/query': queryInstant,
  '/loki/api/v1/series': series,
  '/prometheus/api/v1/rules': (_, loki, world) => describeRules(world, loki),
};

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

/** A chunk a minute. */
export const lokiMetrics: Metrics = (pod, world) => {
  const { started, streams } = runningLoki(world, pod);
  const chunks = (world.now().getTime() - started) / 60_000;
  return [
    { name: 'loki_ingester_memory_streams', labels: { tenant: 'fake' }, value: streams.size },
    { name: 'loki_ingester_chunk_compression_ratio_sum', value: chunks * COMPRESSION, perSecond: COMPRESSION / 60 },
    { name: 'loki_ingester_chunk_compression_ratio_count', value: chunks, perSecond: 1 / 60 },
    { name: 'loki_ingester_chunk_stored_bytes_total', value: chunks * CHUNK, perSecond: CHUNK / 60 },
    { name: 'loki_distributor_bytes_received_total', value: chunks * CHUNK * COMPRESSION, perSecond: (CHUNK * COMPRESSION) / 60 },
    ...pushMetrics(world, pod),
  ];
};

/** Somebody pushes each second: one that really comes stands for all since the last, for the clock may have jumped. */
function counted(world: World, pod: Manifest, answer: ServiceResponse): ServiceResponse {
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

function versionOf(pod: Manifest): string {
  const image: string = specOf(pod).containers.find(({ name }: Tree) => name === 'loki').image;
  return image.slice(image.lastIndexOf(':') + 1);
}
