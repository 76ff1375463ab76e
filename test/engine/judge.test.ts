import { expect, test } from 'vitest';
import { isDeferred, judgeCheck, judgeRound, lookOnce } from '#engine/judge.ts';
import { Unobserved, Unreadable } from '#model/errors.ts';
import { met } from '#model/verdict.ts';
import { checkFact, readFact } from './facts.ts';
import { World } from './support.ts';

const NOW = new Date();
const never = new AbortController().signal;

test('a check is judged by what its reads say', async () => {
  const world = new World();
  world.set('loki', 'up');
  expect(await judgeCheck(checkFact('loki'), lookOf(world), NOW)).toEqual({ state: 'met', saw: 'loki: up' });
});

test.each([
  ['forbidden', true],
  ['unauthorized', true],
  ['timeout', false],
  ['unreachable', false],
  ['overloaded', false],
] as const)('a read that was %s makes the check unknown, for good: %s', async (reason, permanent) => {
  const world = new World();
  world.unreadable.set('loki', new Unobserved(reason, 'get configmaps: no'));
  expect(await judgeCheck(checkFact('loki'), lookOf(world), NOW)).toEqual({
    state: 'unknown',
    permanent,
    saw: 'fact loki could not be read',
    cause: ['get configmaps: no'],
    remedy: expect.stringMatching(/resume/),
  });
});

test('an answer that is not understood makes the check unknown, not for good', async () => {
  const read = {
    ...readFact('loki'),
    decode: () => {
      throw new Unreadable('no field status');
    },
  };
  const outcome = await judgeCheck(checkFact('loki', 'up', { reads: { seen: read } }), lookOf(new World()), NOW);
  expect(outcome).toMatchObject({ state: 'unknown', permanent: false, cause: ['no field status'] });
});

test('one unknown read is enough, whatever the others say', async () => {
  const world = new World();
  world.set('loki', 'up');
  world.unreadable.set('gateway', new Unobserved('timeout', 'no answer in 10 s'));
  const both = checkFact('loki', 'up', { reads: { seen: readFact('loki'), gateway: readFact('gateway') } });
  expect((await judgeCheck(both, lookOf(world), NOW)).state).toBe('unknown');
});

test('reads that depend on what was read before are made until no name is new, and the judge sees them all', async () => {
  const world = new World();
  for (const [fact, value] of Object.entries({ loki: 'gateway', gateway: 'canary', canary: 'gateway' })) world.set(fact, value);
  const next = (seen: Record<string, string>) => Object.fromEntries(Object.values(seen).map((fact) => [fact, readFact(fact)]));
  const judge = (seen: Record<string, string>) => met(JSON.stringify(seen));
  expect(await judgeCheck(checkFact('loki', 'up', { next, judge }), lookOf(world), NOW)).toEqual(
    met('{"seen":"gateway","gateway":"canary","canary":"gateway"}'),
  );
  expect(world.reads).toEqual(['loki', 'gateway', 'canary']);
  world.unreadable.set('canary', new Unobserved('timeout', 'no answer in 10 s'));
  expect(await judgeCheck(checkFact('loki', 'up', { next, judge }), lookOf(world), NOW)).toMatchObject({
    state: 'unknown',
    saw: 'fact canary could not be read',
  });
});

test('any other error is a bug and not an outcome', async () => {
  const world = new World();
  world.unreadable.set('loki', new TypeError('undefined is not a function'));
  await expect(judgeCheck(checkFact('loki'), lookOf(world), NOW)).rejects.toThrow(TypeError);
  const judge = () => {
    throw new TypeError('a judge is total');
  };
  await expect(judgeCheck(checkFact('alloy', 'up', { judge }), lookOf(world), NOW)).rejects.toThrow('a judge is total');
});

test('a read that an interruption ended is unknown, not a bug', async () => {
  const interrupt = new AbortController();
  const world = new World();
  world.onRead = () => interrupt.abort();
  const look = lookOnce(world.context([]).observer, interrupt.signal);
  expect(await judgeCheck(checkFact('loki'), look, NOW)).toMatchObject({ state: 'unknown', permanent: false });
});

test('equal requests are made once a round and anew in the next', async () => {
  const world = new World();
  const checks = [checkFact('loki'), checkFact('loki', 'ready', { id: 'loki.ready' }), checkFact('alloy')];
  await judgeRound(checks, lookOf(world), NOW);
  expect(world.reads).toEqual(['loki', 'alloy']);
  await judgeRound(checks, lookOf(world), NOW);
  expect(world.reads).toEqual(['loki', 'alloy', 'loki', 'alloy']);
});

test('a check waits for those it comes after, in whatever order they are listed, and is not read before', async () => {
  const world = new World();
  const checks = [checkFact('c', 'up', { after: ['b'] }), checkFact('b', 'up', { after: ['a'] }), checkFact('a')];
  const before = await judgeRound(checks, lookOf(world), NOW);
  expect(world.reads).toEqual(['a']);
  expect(before.get('b')).toMatchObject({ state: 'pending', cause: ['waits for a'], saw: expect.stringContaining('a is up') });
  expect([before.get('a'), before.get('b'), before.get('c')].map((outcome) => outcome && isDeferred(outcome))).toEqual([false, true, true]);

  for (const fact of ['a', 'b', 'c']) world.set(fact, 'up');
  const after = await judgeRound(checks, lookOf(world), NOW);
  expect([...after.values()].map(({ state }) => state)).toEqual(['met', 'met', 'met']);
});

test('what a check comes after counts only among those judged', async () => {
  const world = new World();
  world.set('b', 'up');
  const outcomes = await judgeRound([checkFact('b', 'up', { after: ['a'] })], lookOf(world), NOW);
  expect(outcomes.get('b')?.state).toBe('met');
});

test('checks that wait for each other are a bug', async () => {
  const cycle = [checkFact('a', 'up', { after: ['b'] }), checkFact('b', 'up', { after: ['a'] })];
  await expect(judgeRound(cycle, lookOf(new World()), NOW)).rejects.toThrow('checks wait for each other: a, b');
});

function lookOf(world: World) {
  return lookOnce(world.context([]).observer, never);
}
