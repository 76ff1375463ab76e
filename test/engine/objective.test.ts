import { expect, test } from 'vitest';
import { runPhases } from '#engine/run.ts';
import type { Derive } from '#model/change.ts';
import { Unobserved, UserError } from '#model/errors.ts';
import { checkFact, commit, put, readFact } from './facts.ts';
import { aim, goalsOf, phaseOf, recordOf, worldFor } from './rollout.ts';
import { START } from './support.ts';

test('what is missing is done, waited for and recorded', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('loki')], [commit({ 'loki.yaml': 'v1' })])])];
  const world = worldFor(phases);
  world.after(20_000, () => world.set('loki', 'up'));
  expect(await world.run(phases)).toEqual({ exit: 0, state: 'completed', summary: '1 of 1 phases completed' });
  expect(recordOf(world, '1.1')).toMatchObject({
    status: 'completed',
    evidence: { run: 'run-1', checks: { loki: { state: 'met', saw: 'loki: up' } } },
  });
  expect(goalsOf(world)).toMatchObject({ initiative: { status: 'completed' }, phases: [{ status: 'completed' }] });
  expect(world.eventsOf('check.judged').map(({ state }) => state)).toEqual(['pending', 'met']);
});

test('when all holds and nothing declared has changed, nothing is done', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('loki')], [commit({ 'loki.yaml': 'v1' }), put('loki')])])];
  const world = worldFor(phases);
  await world.run(phases);
  const performed = [...world.performed];
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.performed).toEqual(performed);
  expect(world.now).toBe(START);
});

test('a bare claim that holds is confirmed: nothing is done, and there is evidence', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('loki')], [put('loki', 'installed by us')])])];
  const world = worldFor(phases, ['1.1']);
  world.set('loki', 'up');
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.performed).toEqual([]);
  expect(recordOf(world, '1.1').evidence?.checks).toMatchObject({ loki: { state: 'met' } });
});

test('a bare claim that does not hold is worked on like anything else', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('loki')], [put('loki')])])];
  const world = worldFor(phases, ['1.1']);
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.performed).toEqual(['apply loki=up']);
});

test('new settings on a finished objective are applied although every check still holds', async () => {
  const version = (content: string) => [phaseOf(1, [aim('1.1', [checkFact('loki')], [commit({ 'loki.yaml': content }), put('loki')])])];
  const world = worldFor(version('v1'));
  await world.run(version('v1'));
  expect(await world.run(version('v2'))).toMatchObject({ exit: 0 });
  expect(world.facts.get('loki.yaml')).toBe('v2');
});

test.each(['refused', 'interrupted', 'killed by a bug'])('new settings whose commit was %s are applied by the next run', async (how) => {
  const version = (content: string) => [phaseOf(1, [aim('1.1', [checkFact('loki')], [commit({ 'loki.yaml': content }), put('loki')])])];
  const world = worldFor(version('v1'));
  await world.run(version('v1'));
  const exit = { refused: 1, interrupted: 130 }[how];
  if (how === 'interrupted') world.onPerform = () => world.interrupt.abort();
  else world.refusals.set('loki.yaml', how === 'refused' ? new UserError('push refused', 'ask') : new TypeError('oops'));
  if (exit === undefined) await expect(world.run(version('v2'))).rejects.toThrow('oops');
  else expect(await world.run(version('v2'))).toMatchObject({ exit });
  expect(world.facts.get('loki.yaml')).toBe('v1');

  const next = worldFor(version('v2'));
  next.goals = world.goals;
  for (const [fact, value] of world.facts) next.set(fact, value);
  expect(await next.run(version('v2'))).toMatchObject({ exit: 0 });
  expect(next.facts.get('loki.yaml')).toBe('v2');
});

test('a file that was changed by hand since is seen although all holds, and delivered again', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('loki')], [commit({ 'loki.yaml': 'v1' }), put('loki')])])];
  const world = worldFor(phases);
  await world.run(phases);
  world.set('loki.yaml', 'tuned by hand');
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.facts.get('loki.yaml')).toBe('v1');
});

test('new settings that are refused before anything is written fail the objective, not the run', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('loki')], [commit({ 'loki.yaml': 'v1' })])])];
  const world = worldFor(phases);
  world.set('loki', 'up');
  const context = world.context(phases);
  const preview = () => Promise.reject(new UserError('loki.yaml was edited by hand', 'use --overwrite'));
  const performer = { ...context.performer, preview };
  expect(await runPhases({ ...context, performer }, { ...world.tools().request, to: 1 })).toMatchObject({ exit: 1 });
  expect(world.eventsOf('change.failed')).toMatchObject([{ cause: [expect.anything(), 'loki.yaml was edited by hand'] }]);
  expect(recordOf(world, '1.1').status).toBe('failed');
});

test('an interruption is not told as a check that could not be read', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('loki')], [put('loki')])])];
  const world = worldFor(phases);
  await world.run(phases);
  const told = world.eventsOf('check.judged').length;
  world.onRead = () => world.interrupt.abort();
  expect(await world.run(phases)).toMatchObject({ exit: 130 });
  expect(world.eventsOf('check.judged')).toHaveLength(told);
});

test('looking at new settings does not count as applying them', async () => {
  const version = (content: string) => [phaseOf(1, [aim('1.1', [checkFact('loki')], [commit({ 'loki.yaml': content }), put('loki')])])];
  const world = worldFor(version('v1'));
  await world.run(version('v1'));
  await world.run(version('v2'), { apply: false });
  await world.run(version('v2'));
  expect(world.facts.get('loki.yaml')).toBe('v2');
});

test('what holds on entry or once is not judged again after it was met, not even for new settings', async () => {
  const version = (content: string) => [
    phaseOf(1, [
      aim(
        '1.1',
        [checkFact('room', 'free', { holds: 'on-entry' }), checkFact('archive', 'whole', { holds: 'once' }), checkFact('loki')],
        [commit({ 'loki.yaml': content }), put('loki')],
      ),
    ]),
  ];
  const world = worldFor(version('v1'));
  world.set('room', 'free');
  world.set('archive', 'whole');
  await world.run(version('v1'));
  world.set('room', 'taken by Loki itself');
  world.set('archive', undefined);
  expect(await world.run(version('v1'))).toMatchObject({ exit: 0 });
  expect(await world.run(version('v2'))).toMatchObject({ exit: 0 });
  expect(world.facts.get('loki.yaml')).toBe('v2');
});

test('what does not hold any more is made right again', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('loki')], [put('loki')])])];
  const world = worldFor(phases);
  await world.run(phases);
  world.set('loki', 'down');
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.performed).toEqual(['apply loki=up', 'apply loki=up']);
});

test('steps are taken in order, and nothing starts before what is awaited', async () => {
  const steps = [put('first'), { do: 'await', what: checkFact('flux') }, put('loki')] as const;
  const phases = [phaseOf(1, [aim('1.1', [checkFact('loki')], steps)])];
  const world = worldFor(phases);
  world.after(5_000, () => {
    expect(world.performed).toEqual(['apply first=up']);
    world.set('flux', 'up');
  });
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.performed).toEqual(['apply first=up', 'apply loki=up']);
  expect(world.eventsOf('change.applied').map(({ change }) => change)).toEqual(['1.1/1', '1.1/2']);
});

test('changes are derived from what is observed', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('copy', '3 nodes')], [copyOf('nodes')])])];
  const world = worldFor(phases);
  world.set('nodes', '3 nodes');
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.facts.get('copy')).toBe('3 nodes');
});

test('nothing is derived from what could not be read', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('copy', '3 nodes')], [copyOf('nodes')])])];
  const world = worldFor(phases);
  world.unreadable.set('nodes', new Unobserved('timeout', 'no answer'));
  expect(await world.run(phases)).toMatchObject({ exit: 7, summary: 'Copy nodes: fact nodes could not be read, because no answer' });
  expect(world.performed).toEqual([]);
});

test.each([
  ['failed', 'broken', 'failed', 1],
  ['is not met in time', 'slow', 'failed', 1],
] as const)('a check that %s ends the run with its cause and remedy', async (_, value, status, exit) => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('loki')]), aim('1.2', [])])];
  const world = worldFor(phases);
  world.set('loki', value);
  expect(await world.run(phases)).toMatchObject({
    exit,
    summary: `loki is up: loki: ${value}, because it is not up`,
    remedy: 'make loki up',
  });
  expect(recordOf(world, '1.1')).toMatchObject({ status, evidence: { checks: { loki: { saw: `loki: ${value}` } } } });
  expect(world.eventsOf('objective.finished')).toHaveLength(1);
  expect(recordOf(world, '1.2').status).toBe('pending');
});

test('what could not be told at the deadline is unknown and blocks; what failed says more than what could not be told', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('alloy'), checkFact('loki')])])];
  const world = worldFor(phases);
  world.unreadable.set('loki', new Unobserved('unreachable', 'connection refused'));
  expect(await world.run(phases)).toMatchObject({
    exit: 7,
    state: 'unknown',
    summary: 'loki is up: fact loki could not be read, because connection refused',
  });
  expect(recordOf(world, '1.1').status).toBe('blocked');
  world.set('alloy', 'broken');
  expect(await world.run(phases)).toMatchObject({ exit: 1, summary: 'alloy is up: alloy: broken, because it is not up' });
});

test('a refused change fails the objective before anything later is tried', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('loki')], [commit({ 'loki.yaml': 'v1' }), put('loki')])])];
  const world = worldFor(phases);
  world.refusals.set('loki.yaml', new UserError('the branch is protected', 'use gitops.delivery: "pull-request"'));
  expect(await world.run(phases)).toMatchObject({
    exit: 1,
    summary: expect.stringContaining('the branch is protected'),
    remedy: expect.stringContaining('pull-request'),
  });
  expect(world.performed).toEqual([]);
  expect(recordOf(world, '1.1').status).toBe('failed');
});

test('what does not apply is skipped and counts as satisfied', async () => {
  const phases = [phaseOf(1, [{ ...aim('1.1', [checkFact('airflow')], [put('airflow')]), skipped: 'there is no Airflow here' }])];
  const world = worldFor(phases);
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.eventsOf('objective.finished')).toMatchObject([{ state: 'skipped', reason: 'there is no Airflow here' }]);
  expect(recordOf(world, '1.1').status).toBe('skipped');
  expect([world.performed, world.reads]).toEqual([[], []]);
});

test('a skipped deliverable is not judged', async () => {
  const objective = { ...aim('1.1', []), deliverables: [{ title: 'Grafana', skipped: 'no Grafana', validations: [checkFact('grafana')] }] };
  const phases = [phaseOf(1, [objective])];
  const world = worldFor(phases);
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.reads).toEqual([]);
});

test('before the first rollout it is no news that nothing is there yet', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('loki')], [put('loki')])])];
  const world = worldFor(phases);
  await world.run(phases);
  expect(world.eventsOf('check.judged').map(({ state }) => state)).toEqual(['met']);
});

function copyOf(name: string): Derive {
  return {
    do: 'derive',
    title: `Copy ${name}`,
    reads: { seen: readFact(name) },
    permissions: [],
    changes: ({ seen }) => [put('copy', String(seen))],
  };
}
