import { expect, test } from 'vitest';
import { observeStatus, offlineStatus } from '#engine/observe.ts';
import { recordApproval } from '#goals/approve.ts';
import type { Approval, Soak } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import { Unobserved } from '#model/errors.ts';
import type { Metric, Trigger } from '#model/initiative.ts';
import type { Phase } from '#model/phase.ts';
import type { StatusReport } from '#model/status.ts';
import { checkFact, measureFact, put, readFact } from './facts.ts';
import { aim, goalsOf, phaseOf, recordOf, worldFor } from './rollout.ts';
import { START, type World } from './support.ts';

const DAY = 86_400_000;
const NOWHERE = {} as Environment;
const PHASES: readonly Phase[] = [
  phaseOf(1, [aim('1.1', [checkFact('one')], [put('one')]), aim('1.2', [checkFact('two')], [put('two')])]),
  phaseOf(2, [aim('2.1', [checkFact('three')], [put('three')])]),
];

test('the initiative is what its phases are, whatever the file claims of it', () => {
  const world = worldFor(PHASES, ['1.1', '1.2']);
  world.goals = world.goals.replace('"status": "pending"', '"status": "completed"');
  expect(goalsOf(world).initiative.status).toBe('completed');
  expect(offline(world).initiative).toMatchObject({ status: 'in_progress', progress: { percent: 66 } });
  const done = worldFor(PHASES, ['1.1', '1.2', '2.1']);
  expect(offline(done).initiative).toMatchObject({ status: 'completed', progress: { percent: 100 } });
});

test('offline: the claims of the file, marked as such, and nothing is looked at', () => {
  const world = worldFor(PHASES, ['1.1']);
  expect(offline(world)).toEqual({
    initiative: { name: 'Lab', status: 'in_progress', rollout: 'logging', progress: { done: 1, total: 3, percent: 33 } },
    phases: [
      {
        id: 'phase-1',
        number: 1,
        name: 'Phase 1',
        status: 'in_progress',
        progress: { done: 1, total: 2, percent: 50 },
        objectives: [
          {
            id: '1.1',
            name: 'Objective 1.1',
            status: 'completed',
            basis: 'claimed',
            deliverables: [{ title: 'Deliverable 1.1', status: 'completed' }],
          },
          {
            id: '1.2',
            name: 'Objective 1.2',
            status: 'pending',
            basis: 'claimed',
            deliverables: [{ title: 'Deliverable 1.2', status: 'pending' }],
          },
        ],
      },
      {
        id: 'phase-2',
        number: 2,
        name: 'Phase 2',
        status: 'pending',
        progress: { done: 0, total: 1, percent: 0 },
        objectives: [
          {
            id: '2.1',
            name: 'Objective 2.1',
            status: 'pending',
            basis: 'claimed',
            deliverables: [{ title: 'Deliverable 2.1', status: 'pending' }],
          },
        ],
      },
    ],
    triggers: [],
    metrics: [],
    offline: true,
    observed_at: '2026-11-22T12:00:00.000Z',
    warnings: [],
  });
  expect(world.reads).toEqual([]);
});

test('evidence is no claim, and stale after a day; a look makes it fresh', async () => {
  const world = worldFor(PHASES);
  await world.run(PHASES);
  expect(objectiveOf(offline(world), '1.1')).toMatchObject({ status: 'completed', basis: 'evidence' });
  expect(objectiveOf(offline(world), '1.1')).not.toHaveProperty('stale');
  world.now = START + DAY + 1_000;
  expect(objectiveOf(offline(world), '1.1')).toMatchObject({ status: 'completed', stale: true });
  expect(objectiveOf(await observed(world), '1.1')).not.toHaveProperty('stale');
});

test('observed: a claim that does not hold is pending, what was shown and does not hold any more is regressed', async () => {
  const world = worldFor(PHASES, ['2.1']);
  await world.run(PHASES, { to: 1 });
  world.set('one', 'down');
  const report = await observed(world);
  expect(report.offline).toBe(false);
  expect(statesOf(report)).toEqual({ '1.1': 'regressed', '1.2': 'completed', '2.1': 'pending' });
  expect(report.phases.map(({ status }) => status)).toEqual(['regressed', 'pending']);
  expect(objectiveOf(report, '1.1')?.waiting_for).toMatchObject({ what: 'one: down', remedy: 'make one up' });
});

test('observed: a claim that holds is completed; nothing is written', async () => {
  const world = worldFor(PHASES, ['1.1']);
  world.set('one', 'up');
  const { goals } = world;
  expect(statesOf(await observed(world))).toEqual({ '1.1': 'completed', '1.2': 'pending', '2.1': 'pending' });
  expect([world.goals, world.performed, world.lease.taken]).toEqual([goals, [], 0]);
});

test('what holds once or on entry is not asked for again, even if another objective still asks', async () => {
  const archive = checkFact('archive', 'whole', { holds: 'once' });
  const phases = [phaseOf(1, [aim('1.1', [archive, checkFact('one')])]), phaseOf(2, [aim('2.1', [archive])])];
  const world = worldFor(phases);
  world.set('archive', 'whole');
  world.set('one', 'up');
  await world.run(phases, { to: 1 });
  world.set('archive', undefined);
  expect(statesOf(await observed(world, phases))).toEqual({ '1.1': 'completed', '2.1': 'pending' });
});

test('what is over is not even read', async () => {
  const phases = [phaseOf(1, [aim('1.1', [checkFact('archive', 'whole', { holds: 'once' }), checkFact('one')])])];
  const world = worldFor(phases);
  world.set('archive', 'whole');
  world.set('one', 'up');
  await world.run(phases);
  world.reads.length = 0;
  await observed(world, phases);
  expect(world.reads).toEqual(['one']);
});

test('approvals beside a bare claim do not make it shown: it is pending, not regressed', async () => {
  const world = worldFor(PHASES, ['1.1']);
  const objective = { ...recordOf(world, '1.1'), inFile: true, deliverables: [] };
  const word = { by: 'Ada', note: 'go', at: '2026-11-22T12:00:00.000Z' };
  world.goals = recordApproval(world.goals, { of: 'objective', phase: 1, objective, what: 'Removal' }, word);
  expect(objectiveOf(await observed(world), '1.1')?.status).toBe('pending');
});

test('what an objective waits for, since when and until when', async () => {
  const gate: Approval = { gate: 'approval', id: 'approved', of: 'Removal' };
  const phases = [phaseOf(1, [aim('1.1', [checkFact('one'), gate], [put('one')])])];
  const world = worldFor(phases);
  await world.run(phases);
  for (const report of [offline(world, phases), await observed(world, phases)]) {
    expect(objectiveOf(report, '1.1')).toMatchObject({
      status: 'waiting',
      waiting_for: { what: 'approval: Removal', remedy: expect.stringContaining('anton-logging approve 1.1') },
    });
    expect(report.phases[0]?.status).toBe('waiting');
  }
});

test('a soak is looked at anew: since when, what would break it, and its earliest end as it is now', async () => {
  const soak: Soak = {
    gate: 'soak',
    id: 'quiet',
    title: 'Quiet for a week',
    for: '7d',
    began: { ...readFact('began'), decode: (answer) => (readFact('began').decode(answer) === undefined ? undefined : new Date(START)) },
    quiet: [checkFact('calm', 'yes')],
  };
  // Both among what decides it and between its steps.
  const inSteps = { ...soak, id: 'quiet-step' };
  const phases = [phaseOf(1, [aim('1.1', [soak]), aim('1.2', [checkFact('one')], [{ do: 'await', what: inSteps }, put('one')])])];
  const world = worldFor(phases);
  world.set('began', 'yes');
  world.set('calm', 'yes');
  expect(await world.run(phases)).toMatchObject({ exit: 3 });
  const breaks = 'it begins anew when one of these does not hold: calm is yes';
  const waiting = {
    what: 'Quiet for a week: 7d are not over',
    since: '2026-11-22T12:00:00.000Z',
    until: '2026-11-29T12:00:00.000Z',
    breaks,
  };
  for (const id of ['1.1', '1.2']) {
    expect(objectiveOf(offline(world, phases), id)?.waiting_for).toMatchObject(waiting);
    expect(objectiveOf(await observed(world, phases), id)?.waiting_for).toMatchObject(waiting);
  }
  const now = async () => objectiveOf(await observed(world, phases), '1.1')?.waiting_for;
  world.now = START + DAY;
  world.set('calm', 'a restart');
  expect(await now()).toMatchObject({ what: 'Quiet for a week: calm: a restart', until: '2026-11-30T12:00:00.000Z' });
  world.set('calm', 'broken');
  expect(await now()).toMatchObject({ what: 'Quiet for a week: calm: broken', remedy: 'make calm yes' });
  world.set('calm', 'yes');
  world.now = START + 7 * DAY;
  expect(await now()).toMatchObject({ what: 'Quiet for a week: it is over', remedy: 'anton-logging resume' });
});

test('a failed objective says on what', async () => {
  const world = worldFor(PHASES);
  world.set('two', 'broken');
  const phases = [phaseOf(1, [aim('1.1', [checkFact('two')])])];
  await world.run(phases);
  expect(objectiveOf(offline(world, phases), '1.1')).toMatchObject({
    status: 'failed',
    deliverables: [{ status: 'failed' }],
    waiting_for: { what: 'two: broken', since: '2026-11-22T12:00:00.000Z' },
  });
});

test('what is skipped counts as done and says why', () => {
  const phases = [phaseOf(1, [{ ...aim('1.1', [checkFact('airflow')]), skipped: 'there is no Airflow here' }, aim('1.2', [])])];
  const report = offline(worldFor(phases), phases);
  expect(objectiveOf(report, '1.1')).toMatchObject({
    status: 'skipped',
    reason: 'there is no Airflow here',
    deliverables: [{ status: 'skipped' }],
  });
  expect(report.initiative.progress).toEqual({ done: 1, total: 2, percent: 50 });
});

test('triggers and metrics: observed where they can be, a word of the file or unknown where not', async () => {
  const world = worldFor(PHASES);
  world.goals = world.goals.replace(
    '"status": "pending"',
    `"status": "pending", "trigger_conditions": {
      "conditions": ["Airflow log PVC exceeds 80Gi usage", "Debugging needs it", "Nobody knows"],
      "current_state": { "debugging-needs-it": true }
    }`,
  );
  world.goals = world.goals.replace('"rollout"', '"success_metrics": {"functional": {"coverage": "99%", "joy": "much"}}, "rollout"');
  world.set('pvc', 'large');
  world.set('lines', '99.5 %');
  const triggers: readonly Trigger[] = [{ matches: /PVC/, threshold: 'more than 80Gi', check: checkFact('pvc', 'large') }];
  const metrics: readonly Metric[] = [{ id: 'functional.coverage', method: 'pods with lines', measurement: measureFact('lines') }];
  const report = await observed(world, PHASES, { triggers, metrics });
  expect(report.triggers).toEqual([
    {
      id: 'airflow-log-pvc-exceeds-80gi-usage',
      description: 'Airflow log PVC exceeds 80Gi usage',
      state: 'met',
      observed: 'pvc: large',
      threshold: 'more than 80Gi',
    },
    {
      id: 'debugging-needs-it',
      description: 'Debugging needs it',
      state: 'met',
      observed: 'the goals file says: yes',
      threshold: "a person's word",
    },
    { id: 'nobody-knows', description: 'Nobody knows', state: 'unknown', observed: 'nobody has said', threshold: "a person's word" },
  ]);
  expect(report.metrics).toEqual([
    {
      id: 'functional.coverage',
      target: '99%',
      current: '99.5 %',
      state: 'met',
      measured_at: '2026-11-22T12:00:00.000Z',
      method: 'pods with lines',
      sample: '3 pods',
      interval: 'now',
    },
    {
      id: 'functional.joy',
      target: 'much',
      current: null,
      state: 'unknown',
      measured_at: null,
      method: 'nothing measures it: a person has to',
      sample: null,
      interval: null,
    },
  ]);
  expect(offline(world, PHASES, { triggers, metrics }).metrics.map(({ current }) => current)).toEqual([null, null]);
});

test.each([
  ['low', { state: 'pending', current: 'low', sample: '3 pods', interval: 'now', measured_at: '2026-11-22T12:00:00.000Z' }],
  ['odd', { state: 'unknown', current: null, sample: null, interval: null, reason: 'too few samples' }],
  [new Unobserved('timeout', 'no answer'), { state: 'unknown', current: null, reason: 'fact lines could not be read: no answer' }],
])('a metric that is %s', async (lines, expected) => {
  const world = worldFor(PHASES);
  world.goals = world.goals.replace('"rollout"', '"success_metrics": {"functional": {"coverage": "99%"}}, "rollout"');
  if (typeof lines === 'string') world.set('lines', lines);
  else world.unreadable.set('lines', lines);
  const metrics: readonly Metric[] = [{ id: 'functional.coverage', method: 'pods with lines', measurement: measureFact('lines') }];
  const [metric] = (await observed(world, PHASES, { metrics })).metrics;
  expect(metric).toMatchObject(expected);
});

interface Extra {
  readonly triggers?: readonly Trigger[];
  readonly metrics?: readonly Metric[];
}

function offline(world: World, phases = PHASES, { triggers = [], metrics = [] }: Extra = {}): StatusReport {
  return offlineStatus(goalsOf(world), { phases, triggers, metrics }, NOWHERE, new Date(world.now));
}

function observed(world: World, phases = PHASES, extra: Extra = {}): Promise<StatusReport> {
  return observeStatus({ ...world.context(phases), ...extra, goals: goalsOf(world) });
}

function objectiveOf(report: StatusReport, id: string) {
  return report.phases.flatMap(({ objectives }) => objectives).find((objective) => objective.id === id);
}

function statesOf(report: StatusReport): Record<string, string> {
  return Object.fromEntries(report.phases.flatMap(({ objectives }) => objectives.map(({ id, status }) => [id, status])));
}
