import { expect, test } from 'vitest';
import { Unobserved } from '#model/errors.ts';
import { checkFact, commit, put } from './facts.ts';
import { aim, goalsOf, THREE_PHASES as PHASES, phaseOf, recordOf, worldFor } from './rollout.ts';
import { START } from './support.ts';

test('only the phases that were asked for are run; those before have to be completed', async () => {
  const world = worldFor(PHASES);
  expect(await world.run(PHASES, { from: 2, to: 2 })).toMatchObject({
    exit: 5,
    summary: 'phase 1 (Phase 1) is not completed, and phase 2 builds on it',
    remedy: expect.stringContaining('anton-logging phase run 1'),
  });
  expect(world.performed).toEqual([]);
  await world.run(PHASES, { to: 1 });
  expect(await world.run(PHASES, { from: 2, to: 2 })).toMatchObject({ exit: 0, summary: '1 of 1 phases completed' });
  expect(world.facts.has('three')).toBe(false);
});

test('what was shown is not looked at again before what builds on it', async () => {
  const world = worldFor(PHASES);
  await world.run(PHASES, { to: 1 });
  world.reads.length = 0;
  expect(await world.run(PHASES, { from: 2, to: 2 })).toMatchObject({ exit: 0 });
  expect(new Set(world.reads)).toEqual(new Set(['two']));
});

test('a look at one phase asks for none before it', async () => {
  const world = worldFor(PHASES);
  expect(await world.run(PHASES, { from: 2, to: 2, apply: false })).toMatchObject({
    exit: 1,
    summary: 'two is up: two: absent, because it is not up',
  });
});

test('a prerequisite that is only claimed is judged: confirmed when it holds', async () => {
  const world = worldFor(PHASES, ['1.1']);
  world.set('one', 'up');
  expect(await world.run(PHASES, { from: 2, to: 2 })).toMatchObject({ exit: 0 });
  expect(world.performed).toEqual(['commit two.yaml=two', 'apply two=up']);
  expect(recordOf(world, '1.1')).toMatchObject({ status: 'completed', evidence: { checks: { one: { state: 'met' } } } });
});

test('refuted when it does not: the claim becomes pending and nothing is begun', async () => {
  const world = worldFor(PHASES, ['1.1']);
  expect(await world.run(PHASES, { from: 2, to: 2 })).toMatchObject({
    exit: 5,
    summary: 'phase 1 (Phase 1) is claimed as completed, but it is not: one is up: one: absent, because it is not up',
    remedy: 'anton-logging phase run 1',
  });
  expect(recordOf(world, '1.1').status).toBe('pending');
  expect(goalsOf(world).phases[0]?.status).toBe('pending');
  expect(world.performed).toEqual([]);
});

test('and left alone when it cannot be told', async () => {
  const world = worldFor(PHASES, ['1.1']);
  world.unreadable.set('one', new Unobserved('timeout', 'no answer'));
  expect(await world.run(PHASES, { from: 2, to: 2 })).toMatchObject({ exit: 7, state: 'unknown' });
  expect(recordOf(world, '1.1')).toMatchObject({ status: 'completed' });
  expect(recordOf(world, '1.1').evidence).toBeUndefined();
});

test('an approval beside a bare claim does not make it shown', async () => {
  const world = worldFor(PHASES, ['1.1']);
  world.goals = world.goals.replace(
    '"status": "completed",',
    '"status": "completed", "evidence": {"at": "2026-11-22T10:00:00Z", "run": "", "checks": {}, "approvals": {}, "desired": ""},',
  );
  expect(recordOf(world, '1.1').evidence?.run).toBe('');
  expect(await world.run(PHASES, { from: 2, to: 2 })).toMatchObject({ exit: 5 });
  expect(recordOf(world, '1.1').status).toBe('pending');
});

test.each([
  ['failed', 'broken', undefined, 5, 0],
  ['not met within two minutes', 'absent', undefined, 5, 120_000],
  ['unknown', 'absent', new Unobserved('timeout', 'no answer'), 7, 120_000],
] as const)('a precondition that is %s: the phase is not begun', async (_, bucket, error, exit, waited) => {
  const phases = [phaseOf(1, [aim('1.1', [], [commit({ a: 'b' })])], [checkFact('dns'), checkFact('bucket')])];
  const world = worldFor(phases);
  world.set('dns', 'up');
  world.set('bucket', bucket);
  if (error !== undefined) world.unreadable.set('bucket', error);
  const result = await world.run(phases, { timeout: 600_000 });
  expect(result).toMatchObject({ exit, summary: expect.stringContaining("phase 1 can't begin: bucket is up") });
  expect(world.now - START).toBe(waited);
  expect(goalsOf(world).phases[0]?.status).toBe('blocked');
  expect(world.performed).toEqual([]);
});

test('of several preconditions the one that failed is told, not one that may still come', async () => {
  const phases = [phaseOf(1, [aim('1.1', [])], [checkFact('dns'), checkFact('bucket')])];
  const world = worldFor(phases);
  world.set('bucket', 'broken');
  expect(await world.run(phases)).toMatchObject({ exit: 5, summary: expect.stringContaining('bucket is up: bucket: broken') });
});

test('preconditions are for beginning: a phase that was shown is not begun again', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('loki')], [put('loki')])], [checkFact('room')])];
  const world = worldFor(phases);
  world.set('room', 'up');
  await world.run(phases);
  world.set('room', 'taken');
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
});
