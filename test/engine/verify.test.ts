import { expect, test } from 'vitest';
import { type VerifyRequest, verifyRollout } from '#engine/verify.ts';
import { loadGoals } from '#goals/load.ts';
import type { Diagnosis, Probe } from '#model/check.ts';
import { Unobserved, UserError } from '#model/errors.ts';
import type { Phase } from '#model/phase.ts';
import type { FileDifference } from '#model/read.ts';
import { failed, met } from '#model/verdict.ts';
import type { Verification } from '#model/verification.ts';
import { checkFact, commit, put, readFact, remove } from './facts.ts';
import { aim, phaseOf, recordOf, THREE_PHASES, worldFor } from './rollout.ts';
import { START, type World } from './support.ts';

const HOUR = 3_600_000;

/** Writes its mark and finds it, unless the fact "echo" is mute. */
const echo: Probe = {
  id: 'echo',
  title: 'A line comes back',
  holds: 'always',
  validFor: '24h',
  with: (mark) => ({
    before: [put('line', mark)],
    reads: { seen: readFact('echo') },
    judge: ({ seen }) => (seen === 'mute' ? failed('no echo', ['mute'], 'unmute it') : met('it came')),
    after: [remove('line')],
  }),
};
const PROBED = [phaseOf(1, [aim('1.1', [checkFact('one'), echo], [put('one')])])];

test('what was shown and still holds: exit 0, and nothing is written', async () => {
  const world = await rolledOut(THREE_PHASES);
  const before = world.goals;
  const seen = await verify(world, THREE_PHASES);
  expect(seen).toMatchObject({ exit: 0, regressions: [] });
  expect(seen.phases.flatMap(({ objectives }) => objectives.map(({ status }) => status))).toEqual(['completed', 'completed', 'completed']);
  expect(seen.phases[1]?.objectives[0]?.checks).toEqual([{ id: 'two', title: 'two is up', state: 'met', saw: 'two: up' }]);
  expect({ goals: world.goals, performed: world.performed, leases: world.lease.taken }).toEqual({
    goals: before,
    performed: [],
    leases: 0,
  });
});

test('what was shown and has failed since is a regression, with the cause, the remedy and when it last held', async () => {
  const world = await rolledOut(THREE_PHASES);
  world.set('two', 'broken');
  const { exit, regressions } = await verify(world, THREE_PHASES);
  expect(exit).toBe(6);
  expect(regressions).toEqual([
    {
      ...{ phase: 2, objective: '2.1', check: 'two', title: 'two is up', saw: 'two: broken' },
      ...{ cause: ['it is not up'], remedy: 'make two up', held_at: expect.stringMatching(/^2026-11-22T12:00/) },
    },
  ]);
});

test.each([
  ['failed', 'broken'],
  ['pending', undefined],
])('what is %s is looked into, down to the innermost cause; of what nobody has shown nothing is', async (_, value) => {
  const why = (name: string): Diagnosis => ({
    reads: { log: readFact(`log of ${name}`) },
    explain: ({ log }) => ({ cause: [`its log ends: ${log}`] }),
  });
  const explained = (name: string) => checkFact(name, 'up', { diagnosis: why(name) });
  const phases = ['one', 'two'].map((fact, index) => phaseOf(index + 1, [aim(`${index + 1}.1`, [explained(fact)], [put(fact)])]));
  const world = worldFor(phases);
  await world.run(phases, { to: 1 });
  world.set('one', value);
  world.set('log of one', 'no bucket');
  const { regressions } = await verify(world, phases, { timeout: 100 });
  expect(regressions).toMatchObject([{ check: 'one', cause: ['it is not up', 'its log ends: no bucket'] }]);
  expect(world.reads.filter((read) => read.startsWith('log of'))).toEqual(['log of one']);
});

test('what is pending for a moment is none: it gets a second look', async () => {
  const world = await rolledOut(THREE_PHASES);
  world.set('two', undefined);
  world.after(4_000, () => world.set('two', 'up'));
  expect(await verify(world, THREE_PHASES, { timeout: 5_000 })).toMatchObject({ exit: 0, regressions: [] });
});

test('what stays pending is one when the time is over, and not earlier', async () => {
  const world = await rolledOut(THREE_PHASES);
  world.set('two', undefined);
  const begin = world.now;
  expect(await verify(world, THREE_PHASES, { timeout: 5_000 })).toMatchObject({ exit: 6, regressions: [{ check: 'two' }] });
  expect(world.now - begin).toBe(5_000);
});

test('one that failed for good does not take the second look from the others', async () => {
  const world = await rolledOut(THREE_PHASES);
  world.set('one', undefined);
  world.set('two', undefined);
  world.after(1_000, () => world.set('one', 'broken'));
  world.after(4_000, () => world.set('two', 'up'));
  expect((await verify(world, THREE_PHASES, { timeout: 5_000 })).regressions.map(({ check }) => check)).toEqual(['one']);

  world.set('one', undefined);
  world.set('two', undefined);
  world.after(1_000, () => world.set('one', 'broken'));
  const begin = world.now;
  expect((await verify(world, THREE_PHASES, { timeout: 5_000 })).regressions.map(({ check }) => check)).toEqual(['one', 'two']);
  expect(world.now - begin).toBe(5_000);
});

test('what comes after a failed check says nothing of its own, and is not waited for', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('one'), checkFact('two', 'up', { after: ['one'] })], [put('one'), put('two')])])];
  const world = await rolledOut(phases);
  world.set('one', 'broken');
  world.set('two', 'broken');
  const begin = world.now;
  const seen = await verify(world, phases);
  expect(seen.regressions.map(({ check }) => check)).toEqual(['one']);
  expect(seen.phases[0]?.objectives[0]?.checks[1]).toMatchObject({ id: 'two', state: 'pending', deferred: true });
  expect(world.now).toBe(begin);
  await verify(world, phases, { record: true });
  expect(recordOf(world, '1.1').evidence?.checks).toMatchObject({ one: { state: 'failed' }, two: { state: 'met' } });
});

test('what can not be told is exit 7, after a second look; a refusal gets none', async () => {
  const world = await rolledOut(THREE_PHASES);
  world.unreadable.set('two', new Unobserved('timeout', 'no answer'));
  const begin = world.now;
  expect(await verify(world, THREE_PHASES, { timeout: 5_000 })).toMatchObject({ exit: 7, regressions: [] });
  expect(world.now - begin).toBe(5_000);

  world.unreadable.set('two', new Unobserved('forbidden', 'may not'));
  const seen = await verify(world, THREE_PHASES);
  expect(world.now - begin).toBe(5_000);
  expect(seen).toMatchObject({ exit: 7, regressions: [] });
  expect(seen.phases[1]?.objectives[0]).toMatchObject({ status: 'completed', checks: [{ state: 'unknown', cause: ['may not'] }] });

  world.set('one', 'broken');
  expect(await verify(world, THREE_PHASES)).toMatchObject({ exit: 6 });
});

test('of a rollout that is not that far, what is red is no regression and is not waited for', async () => {
  const world = await rolledOut(THREE_PHASES, 2);
  const begin = world.now;
  expect(await verify(world, THREE_PHASES)).toMatchObject({ exit: 5, regressions: [] });
  expect(world.now).toBe(begin);
  world.set('one', 'broken');
  expect(await verify(world, THREE_PHASES)).toMatchObject({ exit: 6, regressions: [{ check: 'one' }] });
});

test('a bare claim that does not hold is pending, and no regression', async () => {
  const world = worldFor(THREE_PHASES, ['1.1', '2.1', '3.1']);
  const seen = await verify(world, THREE_PHASES);
  expect(seen).toMatchObject({ exit: 5, regressions: [] });
  expect(seen.phases[0]?.objectives[0]?.status).toBe('pending');
});

test('an objective that failed and is red: exit 1', async () => {
  const world = worldFor(THREE_PHASES);
  world.onPerform = (fact) => fact === 'one' && world.facts.set('one', 'broken');
  world.refusals.set('one', new UserError('the API server said no', 'ask it'));
  await world.run(THREE_PHASES);
  expect(recordOf(world, '1.1').status).toBe('failed');
  expect(await verify(world, THREE_PHASES)).toMatchObject({ exit: 1, regressions: [] });
});

test('only what should always hold is judged again, each check once', async () => {
  const rest = [checkFact('room', 'up', { holds: 'on-entry' }), checkFact('copied', 'up', { holds: 'once' })];
  const steps = [put('room'), put('copied'), put('one')];
  const phases = [phaseOf(1, [aim('1.1', [...rest, checkFact('one')], steps), aim('1.2', [checkFact('one')])])];
  const world = await rolledOut(phases);
  world.reads.length = 0;
  const seen = await verify(world, phases);
  expect(world.reads).toEqual(['one']);
  expect(seen.phases[0]?.objectives.map(({ checks }) => checks.map(({ id }) => id))).toEqual([['one'], ['one']]);
});

test('what is skipped is not looked at', async () => {
  const skipped = { ...aim('1.1', [checkFact('one')]), skipped: 'there is none here' };
  const phases = [phaseOf(1, [skipped])];
  const world = worldFor(phases);
  const seen = await verify(world, phases);
  expect(seen).toMatchObject({ exit: 0 });
  expect(seen.phases[0]?.objectives).toEqual([
    { id: '1.1', name: 'Objective 1.1', status: 'skipped', reason: 'there is none here', checks: [] },
  ]);
  expect(world.reads).toEqual([]);
});

test('an interruption is no verdict', async () => {
  const world = await rolledOut(THREE_PHASES);
  world.onRead = () => world.interrupt.abort();
  await expect(verify(world, THREE_PHASES)).rejects.toThrow('aborted');
});

test("a probe's evidence counts as long as it says, then it is stale and not red", async () => {
  const world = await rolledOut(PROBED);
  world.now += 23 * HOUR;
  expect(probeOf(await verify(world, PROBED))).toMatchObject({ state: 'met', saw: expect.stringContaining('it came (shown 2026-11-22') });
  world.now += 2 * HOUR;
  const seen = await verify(world, PROBED);
  expect(probeOf(seen)).toMatchObject({
    state: 'stale',
    saw: expect.stringContaining('last met at 2026-11-22'),
    remedy: expect.any(String),
  });
  expect(seen.exit).toBe(0);
});

test('evidence of another desired state is stale, however fresh', async () => {
  const phases = (content: string) => [phaseOf(1, [aim('1.1', [checkFact('one'), echo], [commit({ one: content })])])];
  const world = await rolledOut(phases('up'));
  expect(probeOf(await verify(world, phases('up')))?.state).toBe('met');
  const seen = await verify(world, phases('on'));
  expect(probeOf(seen)?.state).toBe('stale');
  expect(seen.drift).toMatchObject([{ kind: 'file', what: 'one' }]);
});

test('with --probe it is run under the Lease, and takes back what it wrote', async () => {
  const world = await rolledOut(PROBED);
  world.set('echo', 'mute');
  const seen = await verify(world, PROBED, { probe: true });
  expect(seen).toMatchObject({ exit: 6, regressions: [{ check: 'echo', saw: 'no echo' }] });
  expect(world.performed.at(-1)).toBe('remove line');
  expect(world.lease).toMatchObject({ taken: 1, released: 1 });
});

test('a probe is not run where a check is red, or nothing was shown', async () => {
  const world = await rolledOut(PROBED);
  world.set('one', 'broken');
  await verify(world, PROBED, { probe: true });
  const unshown = worldFor(PROBED);
  unshown.set('one', 'up');
  await verify(unshown, PROBED, { probe: true });
  for (const { performed, lease } of [world, unshown]) expect({ performed, leases: lease.taken }).toEqual({ performed: [], leases: 0 });
});

test('a probe whose own write is refused could not be told', async () => {
  const world = await rolledOut(PROBED);
  world.refusals.set('line', new UserError('quota is used up', 'raise it'));
  const seen = await verify(world, PROBED, { probe: true });
  expect(probeOf(seen)).toMatchObject({ state: 'unknown', cause: [expect.stringContaining('quota is used up')], remedy: 'raise it' });
  expect(seen.exit).toBe(7);
});

test('probes are refused without their permissions (exit 5), before the Lease; and when it is lost (exit 4)', async () => {
  const world = await rolledOut(PROBED);
  world.denied = [{ verb: 'create', group: '', resource: 'configmaps' }];
  await expect(verify(world, PROBED, { probe: true })).rejects.toMatchObject({
    exit: 5,
    message: expect.stringContaining('create configmaps'),
  });
  expect(world.lease.taken).toBe(0);

  world.denied = [];
  world.onPerform = () => world.lease.lose('somebody took it');
  await expect(verify(world, PROBED, { probe: true })).rejects.toMatchObject({
    exit: 4,
    message: expect.stringContaining('somebody took it'),
  });
  expect(world.lease.released).toBe(1);

  world.onPerform = () => {};
  world.lease.valid = true;
  // The word that it is lost may come before its time is over.
  world.onRead = (fact) => {
    if (fact === 'echo') world.lease.lose('somebody took it');
    world.lease.valid = true;
  };
  await expect(verify(world, PROBED, { probe: true })).rejects.toMatchObject({ exit: 4 });
});

test('--record turns what regressed, and turns it back when it holds again', async () => {
  const world = await rolledOut(THREE_PHASES);
  const run = recordOf(world, '2.1').evidence?.run;
  world.set('two', 'broken');
  await verify(world, THREE_PHASES, { record: true });
  expect(recordOf(world, '2.1')).toMatchObject({
    status: 'regressed',
    evidence: { run, checks: { two: { state: 'failed', saw: 'two: broken' } } },
  });
  const { phases, initiative } = loadGoals(world.goals, 'goals.json');
  expect(phases.map(({ status }) => status)).toEqual(['completed', 'regressed', 'completed']);
  expect(initiative.status).toBe('regressed');

  // Not only the turn: as long as it is red it stays one.
  const still = await verify(world, THREE_PHASES);
  expect(still.exit).toBe(6);
  expect(still.regressions[0]).not.toHaveProperty('held_at');
  world.set('two', 'up');
  expect(await verify(world, THREE_PHASES, { record: true })).toMatchObject({ exit: 0 });
  expect(recordOf(world, '2.1')).toMatchObject({ status: 'completed', evidence: { run } });
  expect(loadGoals(world.goals, 'goals.json').initiative.status).toBe('completed');
});

test('--record keeps what is red, although something else could not be told', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('one'), checkFact('two')], [put('one'), put('two')])])];
  const world = await rolledOut(phases);
  world.set('one', 'broken');
  world.unreadable.set('two', new Unobserved('forbidden', 'may not'));
  expect(await verify(world, phases, { record: true })).toMatchObject({ exit: 6 });
  expect(recordOf(world, '1.1').status).toBe('regressed');
});

test.each([
  ['edited', 6],
  ['missing', 6],
  ['outdated', 5],
] as const)('a file that is %s: exit %i, although every check is met', async (state, exit) => {
  const seen = await verifyWithGit(() => [{ file: 'one.yaml', state }]);
  expect(seen).toMatchObject({ exit, regressions: [], unseen: [], drift: [{ phase: 1, objective: '1.1', what: 'one.yaml' }] });
});

test('drift that can not be looked for is exit 7', async () => {
  const seen = await verifyWithGit(() => {
    throw new Unobserved('unreachable', 'no checkout is at hand');
  });
  const unseen = [{ phase: 1, objective: '1.1', cause: ['no checkout is at hand'] }];
  expect(seen).toMatchObject({ exit: 7, regressions: [], drift: [], unseen });
});

test('of an objective that was never shown nothing drifts', async () => {
  const world = worldFor(THREE_PHASES, ['1.1']);
  expect((await verify(world, THREE_PHASES)).drift).toEqual([]);
});

test('--record says nothing of what could not be told, or was never shown', async () => {
  const world = await rolledOut(THREE_PHASES, 2);
  world.unreadable.set('two', new Unobserved('forbidden', 'may not'));
  world.now += HOUR;
  const before = [recordOf(world, '2.1'), recordOf(world, '3.1')];
  await verify(world, THREE_PHASES, { record: true });
  expect([recordOf(world, '2.1'), recordOf(world, '3.1')]).toEqual(before);
  expect(recordOf(world, '1.1').evidence?.at).toBe(new Date(world.now).toISOString());
});

test('a probe that failed last has to be shown again before its objective holds', async () => {
  const world = await rolledOut(PROBED);
  world.set('echo', 'mute');
  await verify(world, PROBED, { probe: true, record: true });
  world.set('echo', undefined);
  expect(await verify(world, PROBED, { record: true })).toMatchObject({ exit: 6 });
  expect(recordOf(world, '1.1').status).toBe('regressed');
  expect(await verify(world, PROBED, { probe: true, record: true })).toMatchObject({ exit: 0 });
  expect(recordOf(world, '1.1').status).toBe('completed');
});

async function rolledOut(phases: readonly Phase[], to = 3): Promise<World> {
  const world = worldFor(phases);
  expect((await world.run(phases, { to })).exit).toBe(0);
  world.performed.length = 0;
  world.lease.taken = 0;
  world.lease.released = 0;
  expect(world.now).toBeGreaterThanOrEqual(START);
  return world;
}

/** After a whole rollout, whose first objective's file is like this at the remote. */
async function verifyWithGit(differences: () => readonly FileDifference[]): Promise<Verification> {
  const world = await rolledOut(THREE_PHASES);
  const context = world.context(THREE_PHASES);
  const read: typeof context.observer.read = async (request, signal) =>
    request.of === 'git' && request.look === 'differences' && 'one.yaml' in request.files
      ? { of: 'differences', tip: 'tip', differences: differences() }
      : context.observer.read(request, signal);
  return verifyRollout({ ...context, observer: { ...context.observer, read } }, requestOf());
}

function verify(world: World, phases: readonly Phase[], request: Partial<VerifyRequest> = {}): Promise<Verification> {
  return verifyRollout(world.context(phases), requestOf(request));
}

function requestOf(request: Partial<VerifyRequest> = {}): VerifyRequest {
  return { run: 'look-1', probe: false, record: false, timeout: 30_000, ...request };
}

function probeOf({ phases }: Verification) {
  return phases[0]?.objectives[0]?.checks.find(({ id }) => id === 'echo');
}
