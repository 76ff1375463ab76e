import { expect, test } from 'vitest';
import { findLastChange, isDeclaredAnew } from '#engine/freshness.ts';
import { matchPhasesFor } from '#goals/catalogue.ts';
import type { MatchedPhase } from '#goals/types.ts';
import type { Probe } from '#model/check.ts';
import type { Phase } from '#model/phase.ts';
import { met } from '#model/verdict.ts';
import { checkFact, commit, put, readFact, remove } from './facts.ts';
import { aim, goalsOf, phaseOf, recordOf, worldFor } from './rollout.ts';
import { START, type World } from './support.ts';

const probe = (id: string): Probe => ({
  id,
  title: `${id} comes back`,
  holds: 'always',
  validFor: '1d',
  with: (mark) => ({ before: [put(id, mark)], reads: { seen: readFact(id) }, judge: () => met('it came'), after: [remove(id)] }),
});

/** A base, what stands on it with a probe of its own, and what comes after with one commit. */
const rollout = (base: string, top = 'one'): readonly Phase[] => [
  phaseOf(1, [aim('1.1', [probe('ground')])]),
  phaseOf(2, [aim('2.1', [checkFact('base.yaml', base)], [commit({ 'base.yaml': base })])]),
  phaseOf(3, [aim('3.1', [checkFact('base.yaml', base), probe('echo')])]),
  phaseOf(4, [aim('4.1', [checkFact('top.yaml', top)], [commit({ 'top.yaml': top })])]),
];

const matched = (phases: readonly Phase[], world: World): readonly MatchedPhase[] => matchPhasesFor(phases, {} as never, goalsOf(world));

/** Runs, and tells which probes wrote. */
async function probesOf(phases: readonly Phase[], world: World): Promise<readonly string[]> {
  const before = world.performed.length;
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  return ['ground', 'echo'].filter((id) => world.performed.slice(before).includes(`remove ${id}`));
}

test('what was shown is shown again when something below it became another one, and only then', async () => {
  const world = worldFor(rollout('one'));
  expect(await probesOf(rollout('one'), world)).toEqual(['ground', 'echo']);
  world.now += 1_000;
  expect(await probesOf(rollout('one'), world)).toEqual([]);
  expect(await probesOf(rollout('one', 'two'), world)).toEqual([]);
  world.now += 1_000;
  expect(await probesOf(rollout('two', 'two'), world)).toEqual(['echo']);
  expect(recordOf(world, '2.1').evidence?.changed_at).toBe(new Date(START + 2_000).toISOString());
  world.now += 1_000;
  expect(await probesOf(rollout('two', 'two'), world)).toEqual([]);
});

test('the change of a run that was killed before it showed what builds on it is not forgotten', async () => {
  const world = worldFor(rollout('one'));
  await world.run(rollout('one'));
  world.now += 1_000;
  expect(await world.run(rollout('two'), { to: 2 })).toMatchObject({ exit: 0 });
  world.now += 1_000;
  expect(findLastChange(matched(rollout('two'), world), '3.1')).toBe(new Date(START + 1_000).toISOString());
  expect(await probesOf(rollout('two'), world)).toEqual(['echo']);
});

test('what the goals want otherwise by now is ahead of all that builds on it, and red without having regressed', async () => {
  const world = worldFor(rollout('one'));
  await world.run(rollout('one'));
  const wanted = matched(rollout('two'), world);
  expect(wanted.flatMap(({ objectives }) => objectives.map(isDeclaredAnew))).toEqual([false, true, true, false]);
  expect(['1.1', '2.1', '3.1'].map((id) => findLastChange(wanted, id))).toEqual([undefined, new Date(START).toISOString(), 'ahead']);
});
