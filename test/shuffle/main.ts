import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inWorkers } from '../workers.ts';
import { findTroubles } from './judge.ts';
import type { Shuffled } from './rehearsal.ts';

const WORKERS = 2;
const WORKER = join(import.meta.dirname, 'worker.ts');

const { values } = parseArgs({ options: { count: { type: 'string', default: '200' }, seed: { type: 'string' } } });
const seeds = values.seed === undefined ? Array.from({ length: Number(values.count) }, (_, index) => index + 1) : [Number(values.seed)];
const began = performance.now();
const undisturbed = (await rehearse([0]))[0] as Shuffled;
const results = await rehearse(seeds);
const excess = results.flatMap(({ objectives }) =>
  Object.entries(objectives).map(([id, { took, starting }]) => took - starting - (undisturbed.objectives[id]?.took ?? 0)),
);
const good = results.filter((result) => findTroubles(result, undisturbed).length === 0);
tell(`the longest that an objective waited beyond what it needed: ${(Math.max(...excess) / 1000).toFixed(1)} s of the world's time`);
tell(`took ${((performance.now() - began) / 1000).toFixed(1)} s`);
if (good.length < seeds.length) process.exitCode = 1;
process.stdout.write(`shuffled rehearsals ${good.length}/${seeds.length} without a false red or a wait for nothing\n`);

async function rehearse(wanted: readonly number[]): Promise<readonly Shuffled[]> {
  const done: Shuffled[] = [];
  const tasks = wanted.map((seed) => ({ seed }));
  await inWorkers<{ seed: number }, Shuffled>(WORKER, WORKERS, tasks, (_, result) => {
    done.push(result);
    const troubles = result.seed === 0 ? [] : findTroubles(result, undisturbed);
    if (troubles.length > 0) tell(`npm run test:shuffle -- --seed ${result.seed}\n  ${troubles.join('\n  ')}`);
    if (done.length % 20 === 0) tell(`${done.length} of ${wanted.length}`);
    return undefined;
  });
  return done;
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
