import { expect, test } from 'vitest';
import type { Approval } from '#model/check.ts';
import { Unobserved } from '#model/errors.ts';
import { checkFact, put } from './facts.ts';
import { aim, goalsOf, THREE_PHASES as PHASES, phaseOf, recordOf, worldFor } from './rollout.ts';
import { START } from './support.ts';

test('a dry run writes nothing anywhere and takes no Lease', async () => {
  const world = worldFor(PHASES);
  const { goals } = world;
  expect(await world.run(PHASES, { dryRun: true })).toEqual({ exit: 0, state: 'completed', summary: 'dry run: nothing was changed' });
  expect([world.performed, world.goals, world.lease.taken, [...world.facts]]).toEqual([[], goals, 0, []]);
  expect(world.eventsOf('change.skipped')).toHaveLength(6);
  expect(world.typesOf()).not.toContain('change.planned');
});

test('a dry run does not even record what it finds done already', async () => {
  const world = worldFor(PHASES);
  for (const [fact, value] of [
    ['one', 'up'],
    ['one.yaml', 'one'],
  ] as const)
    world.set(fact, value);
  const { goals } = world;
  await world.run(PHASES, { dryRun: true });
  expect(world.eventsOf('objective.finished')[0]?.state).toBe('completed');
  expect(world.goals).toBe(goals);
});

test('a dry run waits for nothing that stands between the steps', async () => {
  const gate: Approval = { gate: 'approval', id: 'approved', of: 'Removal' };
  const steps = [put('one'), { do: 'await', what: checkFact('flux') }, { do: 'await', what: gate }, put('two')] as const;
  const phases = [phaseOf(1, [aim('1.1', [checkFact('two')], steps)])];
  const world = worldFor(phases);
  expect(await world.run(phases, { dryRun: true })).toMatchObject({ exit: 0 });
  expect(world.eventsOf('change.skipped')).toHaveLength(2);
  expect([world.now, world.eventsOf('gate.waiting')]).toEqual([START, []]);
});

test('a dry run goes through all phases and ends with the worst that it met', async () => {
  const phases = [phaseOf(1, [aim('1.1', [])], [checkFact('bucket')]), phaseOf(2, [aim('2.1', [])], [checkFact('dns')])];
  const world = worldFor(phases);
  world.set('bucket', 'broken');
  world.unreadable.set('dns', new Unobserved('forbidden', 'no'));
  expect(await world.run(phases, { dryRun: true })).toMatchObject({ exit: 7, summary: expect.stringContaining('dns') });
});

test('a look judges, changes nothing and takes no Lease', async () => {
  const world = worldFor(PHASES);
  world.set('one', 'up');
  expect(await world.run(PHASES, { from: 1, to: 2, apply: false })).toMatchObject({
    exit: 1,
    summary: 'two is up: two: absent, because it is not up',
  });
  expect([world.performed, world.lease.taken]).toEqual([[], 0]);
  expect(world.now).toBe(START);
  expect(world.eventsOf('check.judged').map(({ check, state }) => `${check} ${state}`)).toEqual(['one met', 'two pending']);
});

test('a look goes on after a red objective: it is asked what is wrong', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('a')]), aim('1.2', [checkFact('b')])])];
  const world = worldFor(phases);
  await world.run(phases, { apply: false });
  expect(world.eventsOf('objective.finished')).toHaveLength(2);
});

test('looking twice at what was never done leaves it pending', async () => {
  const world = worldFor(PHASES);
  await world.run(PHASES, { apply: false });
  await world.run(PHASES, { apply: false });
  expect(recordOf(world, '1.1').status).toBe('pending');
  expect(goalsOf(world).phases[0]?.status).toBe('pending');
});

test('a look tells what was only claimed from what was shown and does not hold any more', async () => {
  const world = worldFor(PHASES, ['2.1']);
  await world.run(PHASES, { to: 1 });
  world.set('one', 'down');
  await world.run(PHASES, { apply: false });
  expect([recordOf(world, '1.1').status, recordOf(world, '2.1').status]).toEqual(['regressed', 'pending']);
});

test('a look leaves an objective waiting that waits, even if something is not met meanwhile', async () => {
  const gate: Approval = { gate: 'approval', id: 'approved', of: 'Removal' };
  const phases = [phaseOf(1, [aim('1.1', [checkFact('one'), gate], [put('one')])])];
  const world = worldFor(phases);
  await world.run(phases);
  world.set('one', 'down');
  expect(await world.run(phases, { apply: false })).toMatchObject({ exit: 1 });
  expect(recordOf(world, '1.1').status).toBe('waiting');
  expect(goalsOf(world).phases[0]?.status).toBe('waiting');
});
