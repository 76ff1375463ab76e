import type { Manifest } from '#model/kubernetes.ts';
import type { ServiceProcess } from '../world.ts';
import { alloyProcess } from './alloy.ts';
import { canaryProcess } from './canary.ts';
import { gatewayProcess } from './gateway.ts';
import { grafanaProcess } from './grafana.ts';
import { lokiProcess, runsContainer } from './loki.ts';
import { createNetwork } from './network.ts';
import { prometheusProcess } from './prometheus.ts';
import { s3Process } from './s3.ts';

/** Requests between the processes of the world. */
export const send = createNetwork(processBehind);

/** Container, the port it listens on, and what answers there. */
const PROCESSES: readonly { readonly container: string; readonly port: number; readonly start: (pod: Manifest) => ServiceProcess }[] = [
  { container: 'loki', port: 3100, start: lokiProcess },
  { container: 'nginx', port: 8080, start: (pod) => gatewayProcess(pod, send) },
  { container: 'loki-canary', port: 3500, start: canaryProcess },
  { container: 'alloy', port: 12345, start: alloyProcess },
  { container: 'prometheus', port: 9090, start: () => prometheusProcess },
  { container: 'grafana', port: 3000, start: (pod) => grafanaProcess(pod, send) },
  { container: 'rgw', port: 8080, start: () => s3Process },
];

/** What listens on a port of a pod; nothing does while its container does not run. */
export function processBehind(pod: Manifest, port: number): ServiceProcess | undefined {
  return PROCESSES.find((process) => process.port === port && runsContainer(pod, process.container))?.start(pod);
}
