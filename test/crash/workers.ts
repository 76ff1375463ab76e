import { join } from 'node:path';
import { inWorkers } from '../workers.ts';
import { differences, type EndState } from './end-state.ts';
import type { Point } from './point.ts';
import type { Rollout, Trial } from './rollout.ts';

const WORKERS = 2;
const WORKER = join(import.meta.dirname, 'worker.ts');

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
  const trials = [...new Set(lasts)].map((to): Trial => ({ to }));
  await inWorkers<Trial, Rollout>(WORKER, WORKERS, trials, ({ to }, rollout) => {
    if (rollout.trouble !== undefined) throw new Error(`the undisturbed rollout to phase ${to} failed: ${rollout.trouble}`);
    expected.set(to, rollout);
    return undefined;
  });
  return expected;
}

/** Tries the points, two at a time, and compares what each rollout left with what is expected. */
export async function tryPoints(
  points: readonly Point[],
  expected: Expected,
  onResult: (result: Result) => void = () => {},
): Promise<readonly Result[]> {
  const results: Result[] = [];
  await inWorkers<Point, Rollout>(WORKER, WORKERS, points, (point, { trouble, endState, took }) => {
    const wanted = expected.get(point.to)?.endState as EndState;
    const result = { point, took, troubles: [...(trouble === undefined ? [] : [trouble]), ...differences(wanted, endState)] };
    results.push(result);
    onResult(result);
    return undefined;
  });
  return results;
}
