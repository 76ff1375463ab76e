import { expect, test } from 'vitest';
import { executeChange } from '#engine/execute.ts';
import { LeaseLost, UserError } from '#model/errors.ts';
import { commit, put, remove } from './facts.ts';
import { World } from './support.ts';

const PLACE = { phase: 1, objective: '1.1', number: 3 };

test('the intent is in the journal before the change is performed, the outcome after', async () => {
  const world = new World();
  let before: readonly string[] = [];
  world.onPerform = () => {
    before = world.typesOf();
  };
  expect(await executeChange(put('loki'), PLACE, world.tools())).toBe('applied');
  expect(before).toEqual(['change.planned']);
  expect(world.events).toMatchObject([
    { type: 'change.planned', phase: 1, objective: '1.1', change: '1.1/3', do: 'apply', target: 'apply ConfigMap loki' },
    { type: 'change.applied', phase: 1, objective: '1.1', change: '1.1/3', result: 'did apply loki=up' },
  ]);
  expect(world.facts.get('loki')).toBe('up');
});

test('what is there already is not done again', async () => {
  const world = new World();
  world.set('loki', 'up');
  expect(await executeChange(put('loki'), PLACE, world.tools())).toBe('skipped');
  expect(await executeChange(remove('alloy'), PLACE, world.tools())).toBe('skipped');
  expect(world.performed).toEqual([]);
  expect(world.eventsOf('change.skipped').map(({ reason }) => reason)).toEqual([
    'apply ConfigMap loki: already as wanted',
    'remove ConfigMap alloy: already as wanted',
  ]);
});

test('a dry run says what it would do, with the diff, and performs nothing', async () => {
  const world = new World();
  expect(await executeChange(commit({ 'loki.yaml': 'new' }), PLACE, world.tools({ dryRun: true }))).toBe('skipped');
  expect(world.performed).toEqual([]);
  expect(world.events).toMatchObject([
    { type: 'change.skipped', reason: 'dry run: would commit 1 file: write loki.yaml\ncommit loki.yaml=new' },
  ]);
});

test('nothing begins once the Lease may have expired', async () => {
  const world = new World();
  world.lease.valid = false;
  await expect(executeChange(put('loki'), PLACE, world.tools())).rejects.toThrow(LeaseLost);
  await expect(executeChange(put('loki'), PLACE, { ...world.tools(), lock: undefined })).rejects.toThrow(LeaseLost);
  expect(world.performed).toEqual([]);
  expect(world.events).toEqual([]);
});

test('a refusal is told with its remedy', async () => {
  const world = new World();
  world.refusals.set('loki', new UserError('loki.yaml was edited by hand', 'use --overwrite'));
  expect(await executeChange(put('loki'), PLACE, world.tools())).toEqual({
    refused: 'apply ConfigMap loki: loki.yaml was edited by hand',
    remedy: 'use --overwrite',
  });
  expect(world.events).toMatchObject([
    { type: 'change.planned' },
    { type: 'change.failed', change: '1.1/3', cause: ['apply ConfigMap loki', 'loki.yaml was edited by hand'], remedy: 'use --overwrite' },
  ]);
});

test('any other error is a bug and is thrown on', async () => {
  const world = new World();
  world.refusals.set('loki', new TypeError('undefined is not a function'));
  await expect(executeChange(put('loki'), PLACE, world.tools())).rejects.toThrow(TypeError);
});

test('interrupted while it is performed: the intent has no outcome', async () => {
  const world = new World();
  world.onPerform = () => world.interrupt.abort();
  expect(await executeChange(put('loki'), PLACE, world.tools())).toBe('interrupted');
  expect(world.typesOf()).toEqual(['change.planned']);
});
