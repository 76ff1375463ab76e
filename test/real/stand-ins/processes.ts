import type { Manifest } from '#model/kubernetes.ts';
import { alloyProcess } from '#rehearsal/services/alloy.ts';
import { canaryProcess } from '#rehearsal/services/canary.ts';
import { grafanaProcess } from '#rehearsal/services/grafana.ts';
import { runsContainer } from '#rehearsal/services/loki.ts';
import { statusOf } from '#rehearsal/tree.ts';
import type { ServiceProcess, World } from '#rehearsal/world.ts';
import { listen, send } from './network.ts';

/** Container, the port it listens on, and what answers there. */
const PROCESSES: readonly { readonly container: string; readonly port: number; readonly start: (pod: Manifest) => ServiceProcess }[] = [
  { container: 'alloy', port: 12345, start: alloyProcess },
  { container: 'grafana', port: 3000, start: (pod) => grafanaProcess(pod, send) },
  { container: 'loki-canary', port: 3500, start: canaryProcess },
];

/** The embedded cluster's Alloy, Grafana and canary, each listening at the addresses of all its pods. */
export async function serveProcesses(world: World, signal: AbortSignal): Promise<void> {
  await Promise.all(
    PROCESSES.map(({ container, port, start }) =>
      listen(
        port,
        async (request, address) => {
          const pods = world.store.list('v1', 'Pod').filter((pod) => runsContainer(pod, container));
          const pod = pods.find((each) => statusOf(each).podIP === address);
          return pod && start(pod)(request, world);
        },
        signal,
      ),
    ),
  );
}
