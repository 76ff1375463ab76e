import { expect, test } from 'vitest';
import { MOMENTS, type Moment } from './point.ts';
import { rollOutUndisturbed, tryPoints } from './workers.ts';

const LAST_PHASE = 6;
/** One in each stretch of a run that has about 265 appends; `npm run test:crash` tries them all. */
const APPENDS = [20, 65, 110, 155, 200, 245];

test('a rollout killed at an append to its journal and resumed ends as an undisturbed one', { timeout: 300_000 }, async () => {
  const points = APPENDS.map((append, index) => ({ append, moment: MOMENTS[index % MOMENTS.length] as Moment, to: LAST_PHASE }));
  const results = await tryPoints(points, await rollOutUndisturbed([LAST_PHASE]));
  expect(results.filter(({ troubles }) => troubles.length > 0)).toEqual([]);
  expect(results).toHaveLength(6);
});
