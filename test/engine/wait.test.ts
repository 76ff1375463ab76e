import { expect, test } from 'vitest';
import { awaitChecks } from '#engine/wait.ts';
import type { Check } from '#model/check.ts';
import { Unobserved } from '#model/errors.ts';
import { checkFact, readFact } from './facts.ts';
import { START, World } from './support.ts';

test('it is met only when all are met in the same round', async () => {
  const world = new World();
  world.set('a', 'up');
  world.after(1_000, () => world.set('a', 'down'));
  world.after(1_000, () => world.set('b', 'up'));
  world.after(3_000, () => world.set('a', 'up'));
  const { ending, judged } = await wait(world, [checkFact('a'), checkFact('b')]);
  expect(ending).toBe('met');
  expect(world.now - START).toBeGreaterThanOrEqual(3_000);
  expect(judged).toEqual(['a met', 'b pending', 'a pending', 'b met', 'a met']);
});

test('nothing to wait for is met at once', async () => {
  const world = new World();
  expect(await wait(world, [])).toMatchObject({ ending: 'met', judged: [] });
  expect(world.now).toBe(START);
});

test('a failed check ends the wait at once, although others may still come', async () => {
  const world = new World();
  world.set('b', 'broken');
  expect(await wait(world, [checkFact('a'), checkFact('b')])).toMatchObject({ ending: 'failed', judged: ['a pending', 'b failed'] });
  expect(world.now).toBe(START);
});

test('what may not be read ends the wait at once', async () => {
  const world = new World();
  world.unreadable.set('a', new Unobserved('forbidden', 'no'));
  expect((await wait(world, [checkFact('a')])).ending).toBe('failed');
  expect(world.now).toBe(START);
});

test('what does not answer for a while is waited for', async () => {
  const world = new World();
  world.unreadable.set('a', new Unobserved('unreachable', 'connection refused'));
  world.after(10_000, () => world.unreadable.clear());
  world.after(10_000, () => world.set('a', 'up'));
  expect(await wait(world, [checkFact('a')])).toMatchObject({ ending: 'met', judged: ['a unknown', 'a met'] });
});

test('the deadline carries the causes found so far', async () => {
  const world = new World();
  const { ending, outcomes } = await wait(world, [checkFact('a')]);
  expect(ending).toBe('deadline');
  expect(outcomes.get('a')).toMatchObject({ state: 'pending', cause: ['it is not up'], remedy: 'make a up' });
  expect(world.now - START).toBe(60_000);
});

test('a watch wakes it long before the next poll', async () => {
  const world = new World();
  world.after(40_000, () => world.set('a', 'up'));
  const watched = checkFact('a', 'up', { reads: { seen: readFact('a', true) } });
  expect((await wait(world, [watched])).ending).toBe('met');
  expect(world.now - START).toBeLessThan(40_100);
  expect(world.watched).toBe(0);
});

test('without a watch it polls, ever more seldom but at least every five seconds', async () => {
  const world = new World();
  world.after(40_000, () => world.set('a', 'up'));
  const looks: number[] = [];
  world.onRead = () => looks.push(world.now);
  expect((await wait(world, [checkFact('a')])).ending).toBe('met');
  const pauses = looks.slice(1).map((at, index) => at - (looks[index] as number));
  expect(pauses[0]).toBe(50);
  expect(Math.max(...pauses)).toBe(5_000);
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
});

test('a change during a look is not missed', async () => {
  const world = new World();
  const watched = checkFact('a', 'up', { reads: { seen: readFact('a', true) } });
  const late: Check = {
    ...watched,
    judge(seen, now) {
      const verdict = watched.judge(seen, now);
      world.set('a', 'up');
      return verdict;
    },
  };
  expect((await wait(world, [late])).ending).toBe('met');
  expect(world.now - START).toBeLessThan(50);
});

test('an interruption ends the wait, between looks and during one', async () => {
  const between = new World();
  between.after(1_000, () => between.interrupt.abort());
  expect((await wait(between, [checkFact('a')])).ending).toBe('aborted');
  expect(between.now - START).toBe(1_000);

  const during = new World();
  during.onRead = () => during.interrupt.abort();
  expect(await wait(during, [checkFact('a')])).toMatchObject({ ending: 'aborted', judged: [] });
});

test('only news is told: not a value that drifts while all is well, and not a check that was not looked at', async () => {
  const world = new World();
  const drifting: Check = { ...checkFact('a'), judge: (_, now) => ({ state: 'met', saw: `${now.getTime()} lines` }) };
  world.after(2_000, () => world.set('b', 'nearly'));
  world.after(9_000, () => world.set('b', 'up'));
  world.after(9_000, () => world.set('c', 'up'));
  const { judged } = await wait(world, [drifting, checkFact('b'), checkFact('c', 'up', { after: ['b'] })]);
  expect(judged).toEqual(['a met', 'b pending', 'b pending', 'b met', 'c met']);
});

async function wait(world: World, checks: readonly Check[]) {
  const { observer, clock, signal } = world.context([]);
  const judged: string[] = [];
  const onJudged = (check: Check, { state }: { state: string }) => judged.push(`${check.id} ${state}`);
  const waited = await awaitChecks(checks, { observer, clock, signal, timeout: 60_000, onJudged });
  return { ...waited, judged };
}
