import { expect, test } from 'vitest';
import { runPhases } from '#engine/run.ts';
import type { Probe } from '#model/check.ts';
import { UserError } from '#model/errors.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { commit, put, readFact, remove } from './facts.ts';
import { aim, phaseOf, recordOf, worldFor } from './rollout.ts';
import { START, type World } from './support.ts';

/** Writes its mark, expects to find it, and takes it away. */
const echo: Probe = {
  id: 'echo',
  title: 'A line comes back',
  holds: 'always',
  validFor: '1h',
  with: (mark) => ({
    before: [put('line', mark)],
    reads: { seen: readFact('echo'), line: readFact('line') },
    judge: ({ seen, line }) => {
      if (line !== mark) return failed(`there is ${line}`, ['not our line'], 'nothing');
      return seen === 'mute' ? failed('no echo', ['mute'], 'unmute it') : seen === 'slow' ? pending('not yet', [], 'wait') : met('it came');
    },
    after: [remove('line')],
  }),
};
const PHASES = [phaseOf(1, [aim('1.1', [echo])])];

test('a probe writes, looks, and takes back what it wrote', async () => {
  const world = worldFor(PHASES);
  expect(await world.run(PHASES)).toMatchObject({ exit: 0 });
  expect(world.performed).toHaveLength(2);
  expect(world.facts.has('line')).toBe(false);
  expect(recordOf(world, '1.1').evidence?.checks.echo).toMatchObject({ state: 'met', saw: 'it came' });
});

test.each([
  ['failed', 'mute', 1],
  ['ran into its deadline', 'slow', 1],
] as const)('what it wrote is taken back when it %s', async (_, echoed, exit) => {
  const world = worldFor(PHASES);
  world.set('echo', echoed);
  expect(await world.run(PHASES)).toMatchObject({ exit });
  expect(world.performed.at(-1)).toBe('remove line');
  expect(recordOf(world, '1.1').status).toBe('failed');
});

test('what it wrote is taken back when the run is interrupted, and the objective has not failed', async () => {
  const world = worldFor(PHASES);
  world.set('echo', 'slow');
  world.after(5_000, () => world.interrupt.abort());
  expect(await world.run(PHASES)).toMatchObject({ exit: 130 });
  expect(world.facts.has('line')).toBe(false);
  expect(recordOf(world, '1.1').status).toBe('in_progress');
});

test('what it wrote is taken back when its write was interrupted half way', async () => {
  const world = worldFor(PHASES);
  const twice: Probe = { ...echo, with: (mark) => ({ ...echo.with(mark), before: [put('line', mark), put('second', mark)] }) };
  const phases = [phaseOf(1, [aim('1.1', [twice])])];
  world.onPerform = (fact) => fact === 'second' && world.interrupt.abort();
  expect(await world.run(phases)).toMatchObject({ exit: 130 });
  expect(world.facts.has('line')).toBe(false);
});

test('a write of its own that is refused fails the objective, and the others are taken back', async () => {
  const world = worldFor(PHASES);
  const twice: Probe = { ...echo, with: (mark) => ({ ...echo.with(mark), before: [put('line', mark), put('second', mark)] }) };
  world.refusals.set('second', new UserError('quota exceeded', 'ask for more'));
  expect(await world.run([phaseOf(1, [aim('1.1', [twice])])])).toMatchObject({
    exit: 1,
    summary: 'apply ConfigMap second: quota exceeded',
    remedy: 'ask for more',
  });
  expect(world.facts.has('line')).toBe(false);
});

test('without the Lease it writes nothing, not even to undo', async () => {
  const world = worldFor(PHASES);
  world.lease.valid = false;
  expect(await world.run(PHASES)).toMatchObject({ exit: 4 });
  expect(world.performed).toEqual([]);
});

test('every time the mark is another, so that an earlier line is not taken for this one', async () => {
  const world = worldFor(PHASES);
  await runOften(world, [START, START + 7_200_000]);
  const puts = world.performed.filter((each) => each.startsWith('apply'));
  expect(puts).toHaveLength(2);
  expect(new Set(puts).size).toBe(2);
});

test('evidence is good for as long as the probe says', async () => {
  const world = worldFor(PHASES);
  await runOften(world, [START, START + 3_599_000]);
  expect(world.performed.filter((each) => each.startsWith('apply'))).toHaveLength(1);
  await runOften(world, [START + 3_601_000]);
  expect(world.performed.filter((each) => each.startsWith('apply'))).toHaveLength(2);
});

test('what was shown before new settings says nothing of them: the probe writes again, however lately it was met', async () => {
  const version = (content: string) => [phaseOf(1, [aim('1.1', [echo], [commit({ 'loki.yaml': content })])])];
  const world = worldFor(version('v1'));
  const probed = () => world.performed.filter((each) => each.startsWith('apply line')).length;
  await world.run(version('v1'));
  await world.run(version('v1'));
  expect(probed()).toBe(1);
  await world.run(version('v2'));
  expect(probed()).toBe(2);
  expect(await world.run(version('v2'), { apply: false })).toMatchObject({ exit: 0 });
  expect(probed()).toBe(2);
});

test('a look uses evidence and never writes: without any it cannot tell', async () => {
  const world = worldFor(PHASES);
  expect(await world.run(PHASES, { apply: false })).toMatchObject({ exit: 7, remedy: 'anton-logging phase run 1' });
  expect(world.performed).toEqual([]);
  await world.run(PHASES);
  const performed = world.performed.length;
  expect(await world.run(PHASES, { apply: false })).toMatchObject({ exit: 0 });
  expect(world.performed).toHaveLength(performed);
});

test('a dry run does not wait for what only a probe could show', async () => {
  const world = worldFor(PHASES);
  expect(await world.run(PHASES, { dryRun: true })).toMatchObject({ exit: 0, summary: 'dry run: nothing was changed' });
  expect(world.now).toBe(START);
  expect(world.performed).toEqual([]);
});

async function runOften(world: World, moments: readonly number[]): Promise<void> {
  for (const moment of moments) {
    world.now = moment;
    expect(await runPhases(world.context(PHASES), { ...world.tools().request, to: 1 })).toMatchObject({ exit: 0 });
  }
}
