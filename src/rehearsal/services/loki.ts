import { stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { isReady } from '../controllers/apply.ts';
import { specOf, statusOf, type Tree } from '../tree.ts';
import type { ServiceProcess, World } from '../world.ts';
import { json, pageNotFound, text } from './answers.ts';
import { normaliseConfiguration } from './loki-configuration.ts';
import { countPush, lokiMetrics } from './loki-metrics.ts';
import { push } from './loki-push.ts';
import { type Answering, labelValues, queryInstant, queryRange, series } from './loki-query.ts';
import { describeRules } from './loki-rules.ts';
import { flush, keepHouse, runningLoki } from './loki-state.ts';
import { exposeMetrics } from './metrics.ts';

/** All that run in a single binary. */
const MODULES =
  'ring query-frontend ingester-querier runtime-config memberlist-kv ingester cache-generation-loader query-scheduler-ring store ' +
  'query-scheduler compactor ruler querier server query-frontend-tripperware rule-evaluator distributor';

/** Loki 3.7.8 in single-binary mode, as its answers were recorded. */
export function lokiProcess(pod: Manifest): ServiceProcess {
  return (request, world) => {
    const loki = runningLoki(world, pod);
    if (request.path === '/loki/api/v1/push') return countPush(world, pod, push(request, loki, world));
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

function versionOf(pod: Manifest): string {
  const image: string = specOf(pod).containers.find(({ name }: Tree) => name === 'loki').image;
  return image.slice(image.lastIndexOf(':') + 1);
}
