import { expect, test } from 'vitest';
import { observeStatus } from '#engine/observe.ts';
import { recordApproval } from '#goals/approve.ts';
import { Unobserved } from '#model/errors.ts';
import type { Trigger } from '#model/initiative.ts';
import { checkFact, put } from './facts.ts';
import { aim, goalsOf, phaseOf, worldFor } from './rollout.ts';
import type { World } from './support.ts';

const PHASES = [phaseOf(1, [aim('1.1', [checkFact('one')], [put('one')])])];
const TRIGGERS: readonly Trigger[] = [{ matches: /PVC/, threshold: 'more than 80Gi used', check: checkFact('pvc', 'large') }];
const WORD = { by: 'Ada', note: 'we search on five machines', at: '2026-11-21T08:00:00.000Z' };
const SPOKEN = 'Ada on 2026-11-21: we search on five machines';

/** Neither is met. */
function reluctant(phases = PHASES): World {
  const world = worldFor(phases);
  world.triggers = TRIGGERS;
  const conditions = '"trigger_conditions": {"conditions": ["Airflow PVC exceeds 80Gi", "Debugging needs it"], "current_state": {}}';
  world.goals = world.goals.replace('"status": "pending"', `"status": "pending", ${conditions}`);
  world.set('pvc', 'small');
  return world;
}

function stateOf(world: World): Readonly<Record<string, unknown>> {
  return JSON.parse(world.goals).initiative.trigger_conditions.current_state;
}

function approve(world: World, id: string): void {
  world.goals = recordApproval(world.goals, { of: 'trigger', id, what: 'Debugging needs it' }, WORD);
}

test('without a reason nothing begins: each condition is told, and written down', async () => {
  const world = reluctant();
  const result = await world.run(PHASES);
  expect(result).toMatchObject({
    exit: 5,
    state: 'refused',
    remedy: expect.stringContaining('anton-logging approve debugging-needs-it'),
  });
  expect(result.summary).toContain('Airflow PVC exceeds 80Gi: pending, pvc: small');
  expect(result.summary).toContain('Debugging needs it: unknown, nobody has said');
  expect(world.performed).toEqual([]);
  expect(stateOf(world)).toMatchObject({ observed: { 'airflow-pvc-exceeds-80gi': { state: 'pending', observed: 'pvc: small' } } });
});

test.each([{ apply: false }, { dryRun: true }])('%o looks all the same, and writes nothing of it down', async (request) => {
  const world = reluctant();
  expect((await world.run(PHASES, request)).exit).not.toBe(5);
  expect(stateOf(world)).toEqual({});
});

test('whether the cluster is ready may be looked at before', async () => {
  const phases = [phaseOf(0, [aim('0.1', [checkFact('ready')])])];
  const world = reluctant([...phases, ...PHASES]);
  world.set('ready', 'up');
  expect(await world.run(phases, { to: 0 })).toMatchObject({ exit: 0 });
  // Nothing has begun by that.
  expect(await world.run([...phases, ...PHASES], { to: 1 })).toMatchObject({ exit: 5 });
});

test('one that is met is enough', async () => {
  const world = reluctant();
  world.set('pvc', 'large');
  expect(await world.run(PHASES)).toMatchObject({ exit: 0 });
});

test("a person's word is enough, and keeps its name and date through runs", async () => {
  const world = reluctant();
  approve(world, 'debugging-needs-it');
  expect(await world.run(PHASES)).toMatchObject({ exit: 0 });
  await world.run(PHASES);
  expect(stateOf(world)).toMatchObject({
    'debugging-needs-it': true,
    observed: { 'debugging-needs-it': { state: 'met', observed: SPOKEN, at: WORD.at, by: 'Ada' } },
  });
  const { triggers } = await observeStatus({ ...world.context(PHASES), triggers: TRIGGERS, goals: goalsOf(world) });
  expect(triggers[1]).toMatchObject({ state: 'met', observed: SPOKEN });
});

test('a word about what can be seen counts only where it can not be seen now', async () => {
  const world = reluctant();
  approve(world, 'airflow-pvc-exceeds-80gi');
  const seen = async () => (await observeStatus({ ...world.context(PHASES), triggers: TRIGGERS, goals: goalsOf(world) })).triggers[0];
  expect(await seen()).toMatchObject({ state: 'pending', observed: 'pvc: small' });
  world.unreadable.set('pvc', new Unobserved('timeout', 'Prometheus does not answer'));
  expect(await seen()).toMatchObject({ state: 'met', observed: SPOKEN });
});

test('a rehearsal gives the word itself', async () => {
  const world = reluctant();
  world.approvals.set('debugging-needs-it/Debugging needs it', WORD);
  expect(await world.run(PHASES)).toMatchObject({ exit: 0 });
});

test('what has begun is never stopped', async () => {
  const world = reluctant();
  world.set('pvc', 'large');
  await world.run(PHASES);
  world.set('pvc', 'small');
  world.set('one', undefined);
  expect(await world.run(PHASES)).toMatchObject({ exit: 0 });
  expect(stateOf(world)).toMatchObject({ observed: { 'airflow-pvc-exceeds-80gi': { state: 'pending' } } });
});
