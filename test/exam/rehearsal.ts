import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openGoalsFile } from '#adapters/files.ts';
import { openRepository, type Repository } from '#adapters/git/repository.ts';
import { createAccessReviewer } from '#adapters/kubernetes/access.ts';
import { connect } from '#adapters/kubernetes/connect.ts';
import { createObserver } from '#adapters/observer.ts';
import { createPerformer } from '#adapters/performer.ts';
import { rehearsalApprovals } from '#adapters/rehearsal.ts';
import { catalogueFor } from '#commands/support/catalogue.ts';
import { adjustGoals, injectFaults, type PlannedFault } from '#commands/support/faults.ts';
import { type OwnGoals, understandOwn } from '#commands/support/open-goals.ts';
import { NO_JOURNAL } from '#commands/support/run-rollout.ts';
import type { RunContext } from '#engine/context.ts';
import { runPhases } from '#engine/run.ts';
import type { Exit } from '#model/errors.ts';
import type { Event } from '#model/event.ts';
import type { Lock } from '#model/ports.ts';
import { type RunningWorld, startCluster } from '#rehearsal/cluster.ts';
import type { World, WorldState } from '#rehearsal/world.ts';
import { jumpingClock } from './jumping-clock.ts';

/** A rollout on an embedded cluster, in this process and without a terminal. */
export interface Rehearsal {
  readonly world: RunningWorld;
  readonly state: WorldState;
  readonly surroundings: Surroundings;
  /** Runs the phases up to this one. `timeout`: milliseconds of the world's time for an objective. */
  run(to: number, timeout?: number): Promise<{ readonly exit: Exit; readonly events: readonly Event[] }>;
  stop(): Promise<void>;
}

/** What a rollout has around it besides its world. */
export interface Surroundings {
  readonly goals: OwnGoals;
  readonly repository: Repository;
  /** For files that nobody needs any more when the rehearsal is stopped. */
  readonly directory: string;
}

const GOALS = resolve(import.meta.dirname, '../../goals/goals.json');

/** Nobody else writes here. */
const OWN_LOCK: Lock = {
  acquire: async () => ({ valid: () => true, renew: async () => {}, describe: () => {}, release: async () => {} }),
};

/** `faults` come on when their phase begins. `unrest`: how the world differs from one that is always quick and always the same. */
export async function startRehearsal(
  faults: readonly PlannedFault[] = [],
  unrest: Pick<World, 'startTime' | 'arrange'> = {},
): Promise<Rehearsal> {
  const directory = await mkdtemp(join(tmpdir(), 'anton-logging-exam-'));
  const cluster = await startCluster({ directory, goals: adjustGoals(await readFile(GOALS, 'utf8'), faults) });
  Object.assign(cluster.world, unrest);
  const goals = await understandOwn(openGoalsFile(join(cluster.checkout, 'goals/goals.json')));
  const { remote, branch } = goals.environment.gitops;
  const repository = await openRepository({ directory: cluster.checkout, remote, branch });
  const surroundings = { goals, repository, directory };
  const context = await wire(cluster, surroundings);
  return {
    world: cluster,
    state: cluster.state,
    surroundings,
    async run(to, timeout = 600_000) {
      const events: Event[] = [];
      const listeners = [injectFaults(faults, cluster.world), (event: Event) => void events.push(event)];
      const request = { run: 'exam', from: 0, to, dryRun: false, overwrite: false, repair: false, apply: true, timeout };
      const { exit } = await runPhases({ ...context, listeners }, request);
      return { exit, events };
    },
    async stop() {
      await cluster.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * The engine's ports to a world, as the commands wire them, but on a clock that jumps.
 * @param client where its API is reached instead, and milliseconds for each of the client's requests
 */
export async function wire(
  running: RunningWorld,
  { goals, repository, directory }: Surroundings,
  client: { readonly url?: string; readonly timeout?: number } = {},
): Promise<RunContext> {
  const { url = running.url, ...options } = client;
  const kubeconfig = join(directory, `kubeconfig-${new URL(url).port}`);
  await writeFile(kubeconfig, running.kubeconfig.replace(new URL(running.url).host, new URL(url).host));
  const kubernetes = await connect({ kubeconfig, ...options });
  let open = 0;
  const clock = jumpingClock(running, () => open > 0);
  const observer = createObserver({ kubernetes, clock, repository });
  return {
    ...catalogueFor(goals.environment),
    environment: goals.environment,
    goalsFile: goals.file,
    cluster: 'rehearsal',
    rehearsal: true,
    clock,
    observer: {
      ...observer,
      async read(request, signal) {
        open += 1;
        try {
          return await observer.read(request, signal);
        } finally {
          open -= 1;
        }
      },
    },
    performer: createPerformer({ kubernetes, repository, clock, overwrite: false }),
    lock: OWN_LOCK,
    access: createAccessReviewer(kubernetes),
    approvals: rehearsalApprovals(kubernetes, clock),
    journal: NO_JOURNAL,
    listeners: [],
    signal: new AbortController().signal,
  };
}
