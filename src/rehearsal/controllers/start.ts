import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { playFaults } from '../faults/index.ts';
import { shipLogs } from '../services/alloy.ts';
import { pushCanaries } from '../services/canary.ts';
import { tendLoki } from '../services/loki.ts';
import { send } from '../services/processes.ts';
import { scrapeTargets } from '../services/prometheus.ts';
import type { World } from '../world.ts';
import { countQuotas } from './admission.ts';
import type { Controller } from './apply.ts';
import { bindClaims } from './claims.ts';
import { syncExternalSecrets } from './external-secrets.ts';
import { fetchRepositories } from './git.ts';
import { reconcileHelmReleases } from './helm-releases.ts';
import { reconcileHelmSources } from './helm-sources.ts';
import { reconcileKustomizations } from './kustomizations.ts';
import { writeRoutineLogs } from './logs.ts';
import { provisionBuckets } from './object-buckets.ts';
import { reconcilePods } from './pods.ts';
import { reconcileWorkloads } from './workloads.ts';

/** Sources before consumers, so that a change usually arrives in one round. */
const CONTROLLERS: readonly Controller[] = [
  playFaults,
  fetchRepositories,
  reconcileHelmSources,
  reconcileKustomizations,
  reconcileHelmReleases,
  provisionBuckets,
  syncExternalSecrets,
  bindClaims,
  reconcileWorkloads,
  reconcilePods,
  countQuotas,
];

/** What the processes of the world do by themselves, as time goes by. */
const PROCESSES: readonly Controller[] = [
  writeRoutineLogs,
  (world) => pushCanaries(world, send),
  (world) => shipLogs(world, send),
  tendLoki,
  scrapeTargets,
];

/** Real milliseconds after which the world is looked at although nobody wrote: its clock may have moved, a fault come or gone. */
const RESYNC = 250;

export interface Controllers {
  /** Looks at the world at once, and resolves when a whole round has changed nothing. */
  settle(): Promise<void>;
  stop(): void;
}

/** Keeps the world going: after each write of the store everything looks at it again, until nothing changes any more. */
export function startControllers(world: World): Controllers {
  let changed = false;
  let running = false;
  let stopped = false;
  let round = Promise.resolve();

  async function run(): Promise<void> {
    running = true;
    while (changed && !stopped) {
      changed = false;
      await yieldToEvents();
      for (const controller of world.arrange?.(CONTROLLERS) ?? CONTROLLERS) await controller(world);
      // Logs are shipped and scraped once the objects stand still.
      if (!changed) for (const process of PROCESSES) await process(world);
    }
    running = false;
  }

  function wake(): void {
    changed = true;
    if (!running && !stopped) round = run();
  }

  const unsubscribe = world.store.subscribe(wake);
  const resync = setInterval(wake, RESYNC);
  resync.unref();
  wake();
  return {
    async settle() {
      wake();
      await round;
    },
    stop() {
      stopped = true;
      clearInterval(resync);
      unsubscribe();
    },
  };
}
