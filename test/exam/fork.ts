import { deserialize, serialize } from 'node:v8';
import type { RunContext } from '#engine/context.ts';
import { verifyRollout } from '#engine/verify.ts';
import type { Manifest } from '#model/kubernetes.ts';
import type { Phase } from '#model/phase.ts';
import type { Observer } from '#model/ports.ts';
import type { Answer } from '#model/read.ts';
import type { Verification, VerifiedCheck } from '#model/verification.ts';
import { createWorld, type RunningWorld, startWorld } from '#rehearsal/cluster.ts';
import type { WorldState } from '#rehearsal/world.ts';
import { moveClock } from '../rehearsal/clock.ts';
import { type Surroundings, startRehearsal, wire } from './rehearsal.ts';

/** A rollout that was completed, to be forked as often as wanted. Its Git repository is shared: nobody writes to it any more. */
export interface Completed {
  readonly state: Buffer;
  /** Real time, in milliseconds. */
  readonly at: number;
  readonly surroundings: Surroundings;
  /** Answers about Git, by request. */
  readonly git: Map<string, Promise<Answer>>;
  /** Ids of the checks that are met in it, which is all that `verify` judges. */
  readonly standing: readonly string[];
  stop(): Promise<void>;
}

export interface Fork extends RunningWorld {
  readonly context: RunContext;
  /** Judges all that should always hold, once the world stands still, and runs the probes. `patience`: milliseconds of the world's time. */
  verify(patience?: number, prepare?: (phases: readonly Phase[]) => readonly Phase[]): Promise<Verification>;
}

export interface ForkOptions {
  /** Makes something else of objects that are written: see World. */
  readonly mutate?: (object: Manifest) => Manifest;
  /** Puts something between the API server at this URL and its client. */
  readonly front?: (url: string) => Promise<{ readonly url: string; stop(): Promise<void> }>;
  /** Milliseconds for each request of the client. */
  readonly timeout?: number;
}

/** @throws Error when the rollout is not completed, or does not hold at once */
export async function completeRehearsal(): Promise<Completed> {
  const { world, state, surroundings, run, stop } = await startRehearsal();
  const { exit, events } = await run(6);
  if (exit !== 0) throw new Error(`the rehearsal ended with ${exit}: ${JSON.stringify(events.at(-1))}`);
  await world.settle();
  await world.stop();
  const completed = { state: serialize(state), at: Date.now(), surroundings, git: new Map(), standing: [], stop };
  const unharmed = await fork(completed);
  const checks = checksOf(await unharmed.verify());
  await unharmed.stop();
  const red = checks.filter(({ state }) => state !== 'met');
  if (red.length > 0) throw new Error(`nothing was broken yet, and these are not met: ${JSON.stringify(red)}`);
  return { ...completed, standing: checks.map(({ id }) => id) };
}

/** The same world once more. It goes on from where the rollout was completed: until now no time has passed. */
export async function fork(completed: Completed, { mutate, front, ...client }: ForkOptions = {}): Promise<Fork> {
  const world = createWorld(deserialize(completed.state) as WorldState);
  moveClock(world, completed.at - Date.now());
  const running = await startWorld(mutate === undefined ? world : Object.assign(world, { mutate }));
  const between = await front?.(running.url);
  const context = await wire(running, completed.surroundings, { ...client, ...(between === undefined ? {} : { url: between.url }) });
  const observer = askGitOnce(context.observer, completed.git);
  return {
    ...running,
    context: { ...context, observer },
    async verify(patience = 30_000, prepare = (phases) => phases) {
      await running.settle();
      const prepared = { ...context, observer, phases: prepare(context.phases) };
      return verifyRollout(prepared, { run: 'exam', probe: true, record: false, timeout: patience });
    },
    async stop() {
      await between?.stop();
      await running.stop();
    },
  };
}

/** Each check once, as last judged. */
export function checksOf({ phases }: Verification): readonly VerifiedCheck[] {
  const checks = phases.flatMap(({ objectives }) => objectives.flatMap((objective) => objective.checks));
  return [...new Map(checks.map((check) => [check.id, check])).values()];
}

function askGitOnce(observer: Observer, answers: Map<string, Promise<Answer>>): Observer {
  return {
    ...observer,
    read(request, signal) {
      if (request.of !== 'git') return observer.read(request, signal);
      const key = JSON.stringify(request);
      const answer = answers.get(key) ?? observer.read(request, signal);
      answers.set(key, answer);
      return answer;
    },
  };
}
