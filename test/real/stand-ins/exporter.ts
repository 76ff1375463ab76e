import type { Server } from 'node:http';
import { pageNotFound } from '#rehearsal/services/answers.ts';
import { exposeMetrics } from '#rehearsal/services/metrics.ts';
import { restarts, volumes } from '#rehearsal/services/prometheus.ts';
import type { World } from '#rehearsal/world.ts';
import { listen } from './network.ts';

/** What kube-state-metrics and the kubelets tell Prometheus, on any free port. */
export async function serveMetrics(world: World, signal: AbortSignal): Promise<Server> {
  return listen(
    0,
    async ({ path }) => (path === '/metrics' ? exposeMetrics([...restarts(world), ...volumes(world)]) : pageNotFound()),
    signal,
  );
}
