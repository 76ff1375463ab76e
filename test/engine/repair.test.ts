import { expect, test } from 'vitest';
import type { Change } from '#model/change.ts';
import type { Check } from '#model/check.ts';
import { UserError } from '#model/errors.ts';
import type { Phase } from '#model/phase.ts';
import { checkFact, commit, put, remove } from './facts.ts';
import { aim, phaseOf, worldFor } from './rollout.ts';
import type { World } from './support.ts';

/** Fails while the fact is "broken", and offers these changes to mend it. */
function mendable(name: string, repair: readonly Change[]): Check {
  const plain = checkFact(name);
  return {
    ...plain,
    judge: (seen, now) => {
      const verdict = plain.judge(seen, now);
      return verdict.state === 'failed' ? { ...verdict, repair } : verdict;
    },
  };
}

/** A pod that somebody's controller makes anew when it is removed. */
const PHASES: readonly Phase[] = [phaseOf(1, [aim('1.1', [mendable('pod', [remove('pod')])], [commit({ 'loki.yaml': 'v1' })])])];

function worldWithBrokenPod(phases: readonly Phase[] = PHASES): World {
  const world = worldFor(phases);
  world.set('pod', 'broken');
  world.onPerform = (fact) => {
    if (fact === 'pod') world.after(5_000, () => world.set('pod', 'up'));
  };
  return world;
}

test('without the permission nothing is mended, and the remedy says how to give it', async () => {
  const world = worldWithBrokenPod();
  const remedy = 'make pod up; or have it done: anton-logging resume --repair';
  expect(await world.run(PHASES)).toMatchObject({ exit: 1, summary: 'pod is up: pod: broken, because it is not up', remedy });
  expect(world.eventsOf('check.judged')).toMatchObject([{ state: 'failed', remedy }]);
  expect(world.performed).toEqual(['commit loki.yaml=v1']);
});

test('with it, the repair is journalled like any change, and waited on', async () => {
  const world = worldWithBrokenPod();
  expect(await world.run(PHASES, { repair: true })).toMatchObject({ exit: 0 });
  expect(world.performed).toEqual(['commit loki.yaml=v1', 'remove pod']);
  expect(world.typesOf().slice(4, -3)).toEqual([
    ...['change.applied', 'check.judged', 'change.planned', 'change.applied', 'check.judged', 'check.judged'],
  ]);
  expect(world.eventsOf('check.judged')).toMatchObject([
    { state: 'failed', remedy: 'make pod up' },
    { state: 'pending', summary: 'pod: absent' },
    { state: 'met' },
  ]);
});

test('what fails again after its repair is not mended again', async () => {
  const world = worldWithBrokenPod();
  world.onPerform = (fact) => {
    if (fact === 'pod') world.after(5_000, () => world.set('pod', 'broken'));
  };
  expect(await world.run(PHASES, { repair: true })).toMatchObject({ exit: 1, remedy: 'make pod up' });
  expect(world.performed).toEqual(['commit loki.yaml=v1', 'remove pod']);
});

test('one repair at a time, in the order of the checks: what it mended of the others needs none', async () => {
  const [pod, release] = [mendable('pod', [put('pod')]), mendable('release', [put('release')])];
  const broken = (phases: readonly Phase[]) => {
    const world = worldFor(phases);
    for (const fact of ['pod', 'release', 'other']) world.set(fact, 'broken');
    return world;
  };
  const both = [phaseOf(1, [aim('1.1', [checkFact('other'), pod, release])])];
  const healing = broken(both);
  healing.onPerform = () => ['release', 'other'].map((fact) => healing.set(fact, 'up'));
  expect(await healing.run(both, { repair: true })).toMatchObject({ exit: 0 });
  expect(healing.performed).toEqual(['apply pod=up']);

  const stubborn = broken(both);
  stubborn.onPerform = (fact) => fact === 'release' && stubborn.set('other', 'up');
  expect(await stubborn.run(both, { repair: true })).toMatchObject({ exit: 0 });
  expect(stubborn.performed).toEqual(['apply pod=up', 'apply release=up']);
});

test('also for what a step waits for, and once in the objective all the same', async () => {
  const pod = mendable('pod', [remove('pod')]);
  const phases = [phaseOf(1, [aim('1.1', [pod], [{ do: 'await', what: pod }, put('next')])])];
  const world = worldWithBrokenPod(phases);
  world.onPerform = (fact) => world.set('pod', 'broken') ?? (fact === 'pod' && world.after(1_000, () => world.set('pod', 'up')));
  expect(await world.run(phases, { repair: true })).toMatchObject({ exit: 1, summary: 'pod is up: pod: broken, because it is not up' });
  expect(world.performed).toEqual(['remove pod', 'apply next=up']);
});

test('a repair that is refused fails the objective with its reason', async () => {
  const world = worldWithBrokenPod();
  world.refusals.set('pod', new UserError('pods "pod" is forbidden', 'ask for it'));
  expect(await world.run(PHASES, { repair: true })).toMatchObject({
    exit: 1,
    summary: 'remove ConfigMap pod: pods "pod" is forbidden',
    remedy: 'ask for it',
  });
  expect(world.eventsOf('change.failed')).toHaveLength(1);
});

test('no repair begins when the Lease may have expired', async () => {
  const world = worldWithBrokenPod();
  world.onRead = () => {
    if (world.performed.length > 0) world.lease.valid = false;
  };
  expect(await world.run(PHASES, { repair: true })).toMatchObject({ exit: 4 });
  expect(world.performed).toEqual(['commit loki.yaml=v1']);
});

test.each([{ dryRun: true }, { apply: false }])('a look mends nothing: %o', async (look) => {
  const world = worldWithBrokenPod();
  await world.run(PHASES, { repair: true, ...look });
  expect(world.performed).toEqual([]);
});

test('what is judged met after a commit says how long after it; the next objective has none', async () => {
  const phases = [
    phaseOf(1, [aim('1.1', [checkFact('loki'), checkFact('old')], [commit({ 'loki.yaml': 'v1' })]), aim('1.2', [checkFact('next')])]),
  ];
  const world = worldFor(phases);
  world.set('old', 'up');
  world.after(4_200, () => world.set('loki', 'up'));
  world.after(4_200, () => world.set('next', 'up'));
  await world.run(phases);
  const judged = world.eventsOf('check.judged').map(({ check, state, after_commit_ms }) => [check, state, after_commit_ms]);
  expect(judged.slice(0, 2)).toEqual([
    ['loki', 'pending', undefined],
    ['old', 'met', 0],
  ]);
  expect(judged.slice(2)).toEqual([
    ['loki', 'met', expect.toSatisfy((after: number) => after >= 4_200 && after < 9_500)],
    ['next', 'met', undefined],
  ]);
});
