import { expect, test } from 'vitest';
import { runPhases } from '#engine/run.ts';
import { recordApproval } from '#goals/approve.ts';
import type { Approval } from '#model/check.ts';
import { EXIT, Unobserved, UserError } from '#model/errors.ts';
import { checkFact, put } from './facts.ts';
import { aim, goalsFor, goalsOf, THREE_PHASES as PHASES, phaseOf, recordOf, worldFor } from './rollout.ts';
import type { World } from './support.ts';

test('phases run in order, every result is in the file before the next begins, and the Lease is given back', async () => {
  const world = worldFor(PHASES);
  const found: string[] = [];
  world.onPerform = (fact) => found.push(`${fact}: ${goalsOf(world).phases.map(({ status }) => status)}`);
  expect(await world.run(PHASES)).toEqual({ exit: 0, state: 'completed', summary: '3 of 3 phases completed' });
  expect(found.filter((each) => !each.includes('yaml'))).toEqual([
    'one: pending,pending,pending',
    'two: completed,pending,pending',
    'three: completed,completed,pending',
  ]);
  expect(world.lease).toMatchObject({ taken: 1, released: 1 });
  expect(goalsOf(world).initiative.status).toBe('completed');
});

test('events are numbered from 1 without gaps, the first is run.started and the last run.finished', async () => {
  const world = worldFor(PHASES);
  await world.run(PHASES, { resumes: 'run-0' });
  expect(world.events.map(({ seq }) => seq)).toEqual(world.events.map((_, index) => index + 1));
  expect(new Set(world.events.map(({ run }) => run))).toEqual(new Set(['run-1']));
  expect(world.events[0]).toMatchObject({ type: 'run.started', goals: 'goals.json', from: 0, to: 3, resumes: 'run-0', cluster: 'lab' });
  expect(world.typesOf().slice(0, 6)).toEqual([
    'run.started',
    'preflight.finished',
    'phase.started',
    'change.planned',
    'change.applied',
    'change.planned',
  ]);
  expect(world.events.at(-1)).toMatchObject({
    type: 'run.finished',
    state: 'completed',
    exit: 0,
    phases: [1, 2, 3].map((phase) => ({ phase, state: 'completed' })),
  });
});

test('listeners hear of an event after the journal has it', async () => {
  const world = worldFor(PHASES);
  const behind: number[] = [];
  const listener = ({ seq }: { seq: number }) => behind.push(world.events.length - seq);
  await runPhases({ ...world.context(PHASES), listeners: [listener] }, world.tools().request);
  expect(new Set(behind)).toEqual(new Set([0]));
});

test.each<[string, (world: World) => void, number, string]>([
  ['a failed check', (world) => world.refusals.set('two', new UserError('no', 'ask')), 1, 'failed'],
  ['an unreachable API server', (world) => world.unreadable.set('two', new Unobserved('timeout', 'no answer')), 7, 'unknown'],
  ['Ctrl-C', (world) => (world.onPerform = (fact) => fact === 'two' && world.interrupt.abort()), 130, 'interrupted'],
  ['a lost Lease', (world) => (world.onPerform = (fact) => fact === 'two' && world.lease.lose('taken by another')), 4, 'refused'],
  ['a Lease that was lost while reading', (world) => (world.onRead = (fact) => fact === 'two' && world.lease.lose('gone')), 4, 'refused'],
  ['Ctrl-C while reading', (world) => (world.onRead = (fact) => fact === 'two' && world.interrupt.abort()), 130, 'interrupted'],
])('%s in the second phase: the first is kept, the third not begun, and run.finished says so', async (_, trouble, exit, state) => {
  const world = worldFor(PHASES);
  trouble(world);
  expect(await world.run(PHASES)).toMatchObject({ exit, state });
  expect(world.events.at(-1)).toMatchObject({ type: 'run.finished', exit, state });
  expect(goalsOf(world).phases.map(({ status }) => status)).toEqual(['completed', expect.not.stringMatching('completed'), 'pending']);
  expect(world.facts.has('three.yaml')).toBe(false);
  expect(world.lease.released).toBe(1);
});

test('a bug is thrown, after run.finished said so and the Lease was given back', async () => {
  const world = worldFor(PHASES);
  world.unreadable.set('two', new TypeError('undefined is not a function'));
  await expect(world.run(PHASES)).rejects.toThrow(TypeError);
  expect(world.events.at(-1)).toMatchObject({
    type: 'run.finished',
    exit: 70,
    state: 'failed',
    phases: [{ phase: 1, state: 'completed' }],
  });
  expect(world.lease.released).toBe(1);
});

test('interrupted: what is under way is in progress, and a resumed run ends it', async () => {
  const world = worldFor(PHASES);
  world.onPerform = (fact) => fact === 'two' && world.interrupt.abort();
  expect(await world.run(PHASES)).toMatchObject({ exit: 130, remedy: 'anton-logging resume' });
  expect(recordOf(world, '2.1').status).toBe('in_progress');
  const next = continued(world);
  expect(await next.run(PHASES)).toMatchObject({ exit: 0 });
  expect(next.performed).toEqual(['apply two=up', 'commit three.yaml=three', 'apply three=up']);
});

test('a Lease lost in the middle: it is told, and no write begins any more', async () => {
  const world = worldFor(PHASES);
  world.onPerform = (fact) => fact === 'one' && world.lease.lose('taken by host-b');
  expect(await world.run(PHASES)).toMatchObject({
    exit: 4,
    summary: 'the Lease was lost: taken by host-b',
    remedy: expect.stringContaining('anton-logging unlock'),
  });
  expect(world.eventsOf('lock.lost')).toMatchObject([{ why: 'taken by host-b' }]);
  expect(world.performed).toEqual(['commit one.yaml=one']);
});

test('a Lease that ran out unnoticed, as after a stop of the process: the next write finds out, and it is told', async () => {
  const world = worldFor(PHASES);
  world.onPerform = (fact) => {
    if (fact === 'one') world.lease.valid = false;
  };
  expect(await world.run(PHASES)).toMatchObject({ exit: 4 });
  expect(world.eventsOf('lock.lost')).toMatchObject([{ why: 'the Lease has expired: no write may begin' }]);
  expect(world.performed).toEqual(['commit one.yaml=one', 'apply one=up']);
});

test('a Lease that somebody else holds: nothing is done', async () => {
  const world = worldFor(PHASES);
  const context = world.context(PHASES);
  const acquire = () => Promise.reject(new UserError('held by host-b', 'wait for it', EXIT.locked));
  const result = await runPhases({ ...context, lock: { acquire } }, { ...world.tools().request, to: 3 });
  expect(result).toMatchObject({ exit: 4, state: 'refused', summary: 'held by host-b' });
  expect(world.typesOf()).toEqual(['run.started', 'run.finished']);
});

test('a saved plan that does not hold any more once the Lease is ours: nothing is done, and the Lease is given back', async () => {
  const world = worldFor(PHASES);
  const confirmPlan = () => Promise.reject(new UserError('the plan does not hold any more', 'plan again'));
  const result = await runPhases({ ...world.context(PHASES), confirmPlan }, { ...world.tools().request, to: 3 });
  expect(result).toMatchObject({ exit: 2, state: 'refused', summary: 'the plan does not hold any more' });
  expect(world.lease).toMatchObject({ taken: 1, released: 1 });
  expect(world.performed).toEqual([]);
});

test('permissions that only finished phases need: what is left can be run without them', async () => {
  const world = worldFor(PHASES);
  await world.run(PHASES, { to: 1 });
  world.denied = [{ verb: 'patch', group: '', resource: 'configmaps', name: 'one' }];
  const refused = await world.run(PHASES, { to: 3 });
  expect(refused).toMatchObject({ exit: 5, remedy: expect.stringContaining('Only finished phases need them: anton-logging run --from 2') });
  world.denied = [{ verb: 'patch', group: '', resource: 'configmaps', name: 'two' }];
  expect((await world.run(PHASES, { to: 3 })).remedy).not.toContain('--from');
});

test('an API server that cannot be reached before anything began is unknown, not a bug', async () => {
  const world = worldFor(PHASES);
  const context = world.context(PHASES);
  const denied = () => Promise.reject(new Unobserved('unreachable', 'connection refused'));
  const result = await runPhases({ ...context, access: { denied } }, { ...world.tools().request, to: 3 });
  expect(result).toMatchObject({ exit: 7, state: 'unknown', summary: 'connection refused' });
  expect(world.events.at(-1)).toMatchObject({ type: 'run.finished', exit: 7 });
});

test('interrupted before anything began', async () => {
  const world = worldFor(PHASES);
  const denied = async (_: unknown, signal: AbortSignal) => {
    world.interrupt.abort();
    signal.throwIfAborted();
    return [];
  };
  const result = await runPhases({ ...world.context(PHASES), access: { denied } }, { ...world.tools().request, to: 3 });
  expect(result).toMatchObject({ exit: 130, state: 'interrupted' });
  expect(world.performed).toEqual([]);
});

test('missing permissions are named before the first write, and nothing is written', async () => {
  const world = worldFor(PHASES);
  const goals = world.goals;
  world.denied = [{ verb: 'patch', group: '', resource: 'configmaps', name: 'two' }];
  const result = await world.run(PHASES);
  expect(result).toMatchObject({ exit: 5, state: 'refused', summary: expect.stringContaining('patch configmaps (name two)') });
  expect(world.eventsOf('preflight.finished')).toMatchObject([{ denied: ['patch configmaps (name two)'] }]);
  expect([world.performed, world.goals]).toEqual([[], goals]);
});

test('goals that declare something else in the middle end the run and are not overwritten', async () => {
  const world = worldFor(PHASES);
  const edited = goalsFor(PHASES).replace('Deliverable 3.1', 'Something else');
  world.onPerform = (fact) => {
    if (fact === 'two') world.goals = edited;
  };
  expect(await world.run(PHASES)).toMatchObject({
    exit: 2,
    summary: expect.stringMatching(/was changed during the run:\n {2}goals: \/phases\/\S+: was .*Deliverable 3\.1.*, is .*Something else/),
  });
  expect(world.goals).toBe(edited);
  expect(world.facts.has('three')).toBe(false);
});

test('an approval that a person gives in the middle is kept', async () => {
  const gate: Approval = { gate: 'approval', id: 'approved', of: 'Removal' };
  const phases = [phaseOf(1, [aim('1.1', [checkFact('one')], [put('one')]), aim('1.2', [gate])])];
  const world = worldFor(phases);
  const word = { by: 'Ada', note: 'go', at: '2026-11-22T12:00:00.000Z' };
  world.onPerform = () => {
    const objective = { ...recordOf(world, '1.2'), inFile: true, deliverables: [] };
    world.goals = recordApproval(world.goals, { of: 'objective', phase: 1, objective, what: 'Removal' }, word);
  };
  await world.run(phases);
  expect(recordOf(world, '1.2').evidence?.approvals).toEqual({ Removal: word });
});

test('phase 0 only reads: it takes no Lease', async () => {
  const phases = [phaseOf(0, [aim('0.1', [checkFact('nodes')])])];
  const world = worldFor(phases);
  world.set('nodes', 'up');
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.lease.taken).toBe(0);
});

function continued(world: World): World {
  const next = worldFor(PHASES);
  next.goals = world.goals;
  for (const [fact, value] of world.facts) next.set(fact, value);
  return next;
}
