import { expect, test } from 'vitest';
import { findTroubles } from './judge.ts';
import { rehearseShuffled } from './rehearsal.ts';

// 200 of them take minutes: `npm run test:shuffle`.
test('in a slow cluster nothing is called failed, and nothing is waited for in vain', { timeout: 120_000 }, async () => {
  const undisturbed = await rehearseShuffled(0);
  const slow = await rehearseShuffled(7);
  expect(findTroubles(slow, undisturbed)).toEqual([]);
  expect(Math.max(...Object.values(slow.objectives).map(({ starting }) => starting))).toBeGreaterThan(60_000);
});

test('what goes wrong is told', () => {
  const undisturbed = { seed: 0, exit: 0, falseReds: [], objectives: { '2.1': { took: 1_000, starting: 0 } } };
  const bad = { seed: 1, exit: 1, falseReds: ['loki.ready: 503'], objectives: { '2.1': { took: 52_001, starting: 21_000 } } };
  expect(findTroubles(bad, undisturbed)).toEqual(['it ended with 1', 'loki.ready: 503', 'objective 2.1 took 52.001 s, and needed 22 s']);
  expect(findTroubles({ ...undisturbed, objectives: { '2.1': { took: 52_000, starting: 21_000 } } }, undisturbed)).toEqual([]);
});
