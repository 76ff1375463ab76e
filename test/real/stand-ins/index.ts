import { appendFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { syncExternalSecrets } from '#rehearsal/controllers/external-secrets.ts';
import { writeRoutineLogs } from '#rehearsal/controllers/logs.ts';
import { shipLogs } from '#rehearsal/services/alloy.ts';
import { pushCanaries } from '#rehearsal/services/canary.ts';
import type { World } from '#rehearsal/world.ts';
import type { Gateway } from '../gateway.ts';
import { serveMetrics } from './exporter.ts';
import { keepDoing } from './loop.ts';
import type { Report } from './mirror.ts';
import { send } from './network.ts';
import { playOneShotPods } from './one-shot-pods.ts';
import { serveProcesses } from './processes.ts';
import { configurePrometheus, type PrometheusProcess } from './prometheus-operator.ts';
import { gatewayBuckets, provisionBuckets } from './rook.ts';

/** The clock of a simulated process: it looks at the world so often although nothing changed; milliseconds. */
const TICK = 1_000;

export interface StandInOptions {
  /** The mirror of its API server. */
  readonly world: World;
  /** Where `stand-ins.log` goes: what did not work, before it was tried again. */
  readonly directory: string;
  readonly s3: Gateway;
  readonly prometheus: PrometheusProcess;
  /** Ends them. */
  readonly signal: AbortSignal;
}

/** What is played, and what of it is real. */
export const PLAYED = [
  { name: 'Alloy', what: "ships simulated pods' lines into the real Loki" },
  { name: 'Grafana', what: 'asks the real Loki whether its datasource works' },
  { name: 'Loki canary', what: 'pushes to the real Loki' },
  { name: 'Rook', what: 'its bucket provisioner: makes users and buckets at the real object gateway' },
  { name: 'External Secrets', what: 'writes real Secrets' },
  { name: 'prometheus-operator', what: 'configures the real Prometheus' },
  { name: 'kube-state-metrics and kubelet metrics', what: 'scraped by the real Prometheus' },
  { name: "containers of the product's own pods", what: "print lines and put Airflow's archive and task logs into the real bucket" },
];

/**
 * Plays what can't be real without containers, by the embedded cluster's own code, inside the network namespace of the real
 * cluster. Resolves once everything listens.
 */
export async function startStandIns({ world, directory, s3, prometheus, signal }: StandInOptions): Promise<void> {
  const report = reportTo(join(directory, 'stand-ins.log'));
  const exporter = await serveMetrics(world, signal);
  await serveProcesses(world, signal);
  const { port } = exporter.address() as AddressInfo;

  // Not a copy: the mirror's own buckets can't even be looked at.
  const withBuckets: World = Object.create(world, { buckets: { value: gatewayBuckets(world, s3, report) } });
  const looks: Readonly<Record<string, (world: World) => unknown>> = {
    'one-shot pods': () => playOneShotPods(world, report),
    'routine logs': () => writeRoutineLogs(withBuckets),
    Alloy: () => shipLogs(world, send),
    canary: () => pushCanaries(world, send),
    Rook: () => provisionBuckets(world, s3, report),
    'External Secrets': syncExternalSecrets,
    'prometheus-operator': () => configurePrometheus(world, prometheus, port),
  };
  for (const [what, look] of Object.entries(looks)) keepDoing(what, () => look(world), world, { every: TICK, report, signal });
}

/** The same trouble again is not news. */
function reportTo(file: string): Report {
  const last = new Map<string, string>();
  return (what, error) => {
    const message = error instanceof Error ? error.message : String(error);
    if (last.get(what) === message) return;
    last.set(what, message);
    appendFileSync(file, `${new Date().toISOString()} ${what}: ${message}\n`);
  };
}
