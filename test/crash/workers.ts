import { join } from 'node:path';
import { inWorkers } from '../workers.ts';
import { differences } from './end-state.ts';
import type { Point } from './point.ts';
import type { Rollout, Story, Trial } from './rollout.ts';

/** More than there are cores: much of the time is waited. */
const WORKERS = 3;
const WORKER = join(import.meta.dirname, 'worker.ts');

export interface Result extends Pick<Rollout, 'missed' | 'took'> {
  readonly deaths: readonly Point[];
  /** What is not as in an undisturbed rollout; empty: it converged. */
  readonly troubles: readonly string[];
}

/** @throws Error when it does not end as it should */
export async function rollOutUndisturbed(story: Story): Promise<Rollout> {
  let undisturbed: Rollout | undefined;
  await inWorkers<Trial, Rollout>(WORKER, 1, [{ story, deaths: [] }], (_, rollout) => {
    undisturbed = rollout;
    return undefined;
  });
  if (undisturbed === undefined || undisturbed.trouble !== undefined) throw new Error(`the undisturbed ${story}: ${undisturbed?.trouble}`);
  return undisturbed;
}

/** Tries the rollouts, several at a time, and compares what each left with what the undisturbed one did. In every other goals.json is edited. */
export async function tryChains(
  story: Story,
  chains: readonly (readonly Point[])[],
  { endState: expected }: Pick<Rollout, 'endState'>,
  onResult: (result: Result) => void = () => {},
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const trials = chains.map((deaths, index): Trial => ({ story, deaths, edited: index % 2 === 1 }));
  await inWorkers<Trial, Rollout>(WORKER, WORKERS, trials, ({ deaths }, { trouble, endState, missed, took }) => {
    const troubles = [...(trouble === undefined ? [] : [trouble]), ...differences(expected, endState)];
    const result = { deaths, missed, took, troubles };
    results.push(result);
    onResult(result);
    return undefined;
  });
  return results;
}
