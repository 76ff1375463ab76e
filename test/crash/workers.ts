import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { differences, type EndState } from './end-state.ts';
import type { Point } from './point.ts';
import type { Rollout, Trial } from './rollout.ts';

const WORKERS = 2;

/** How rollouts end that nobody disturbs, by their last phase. */
export type Expected = ReadonlyMap<number, Rollout>;

export interface Result {
  readonly point: Point;
  /** What is not as in an undisturbed rollout; empty: it converged. */
  readonly troubles: readonly string[];
  /** Milliseconds until the death, and of the resume. */
  readonly took: readonly number[];
}

/** @throws Error when one of them does not end as it should */
export async function rollOutUndisturbed(lasts: readonly number[]): Promise<Expected> {
  const expected = new Map<number, Rollout>();
  await inWorkers(
    [...new Set(lasts)].map((to) => ({ to })),
    ({ to }, rollout) => {
      if (rollout.trouble !== undefined) throw new Error(`the undisturbed rollout to phase ${to} failed: ${rollout.trouble}`);
      expected.set(to, rollout);
    },
  );
  return expected;
}

/** Tries the points, two at a time, and compares what each rollout left with what is expected. */
export async function tryPoints(
  points: readonly Point[],
  expected: Expected,
  onResult: (result: Result) => void = () => {},
): Promise<readonly Result[]> {
  const results: Result[] = [];
  await inWorkers(points, (point, { trouble, endState, took }) => {
    const wanted = expected.get(point.to)?.endState as EndState;
    const result = { point, took, troubles: [...(trouble === undefined ? [] : [trouble]), ...differences(wanted, endState)] };
    results.push(result);
    onResult(result);
  });
  return results;
}

async function inWorkers<T extends Trial>(trials: readonly T[], onRollout: (trial: T, rollout: Rollout) => void): Promise<void> {
  const open = [...trials];
  const work = async () => {
    using worker = startWorker();
    for (let trial = open.shift(); trial !== undefined; trial = open.shift()) onRollout(trial, await worker.rollOut(trial));
  };
  await Promise.all(Array.from({ length: Math.min(WORKERS, trials.length) }, work));
}

function startWorker() {
  const child = fork(join(import.meta.dirname, 'worker.ts'));
  const death = deathOf(child);
  // It is told where an answer is awaited; the end that we ask for is none.
  death.catch(() => {});
  return {
    async rollOut(trial: Trial): Promise<Rollout> {
      child.send(trial);
      return Promise.race([answerOf(child), death]);
    },
    [Symbol.dispose]: () => void child.disconnect(),
  };
}

async function answerOf(child: ChildProcess): Promise<Rollout> {
  return new Promise((resolve) => child.once('message', (answer) => resolve(answer as Rollout)));
}

async function deathOf(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`a worker ended with exit code ${code}: what it printed says why`);
}
