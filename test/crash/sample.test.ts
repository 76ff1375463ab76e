import { expect, test } from 'vitest';
import { choosePoints, dealChains, type Point } from './point.ts';
import { rollOutUndisturbed, tryChains } from './workers.ts';

const COUNT = 20;
const ROLLOUTS = 2;

test('a rollout that is killed again and again and resumed ends as an undisturbed one, to phase 2', { timeout: 300_000 }, async () => {
  const undisturbed = await rollOutUndisturbed('begin');
  const all = choosePoints(undisturbed.visits);
  // `npm run test:crash` tries them all.
  const sample = Array.from({ length: COUNT }, (_, index) => all[Math.floor(((index + 0.5) * all.length) / COUNT)] as Point);
  const chains = Array.from({ length: ROLLOUTS }, (_, chain) => sample.filter((_, index) => index % ROLLOUTS === chain));
  const results = await tryChains('begin', chains, undisturbed);
  expect(results.filter(({ troubles }) => troubles.length > 0)).toEqual([]);
  expect(dealChains(all).flat()).toHaveLength(all.length);
});
