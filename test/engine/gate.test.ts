import { describe, expect, it, test } from 'vitest';
import { recordApproval } from '#goals/approve.ts';
import type { Approval, Soak } from '#model/check.ts';
import { Unobserved } from '#model/errors.ts';
import type { Read } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { checkFact, put, readFact } from './facts.ts';
import { aim, phaseOf, recordOf, worldFor } from './rollout.ts';
import { START, type World } from './support.ts';

const DAY = 86_400_000;
const WORD = { by: 'Ada', note: 'looks good', at: '2026-11-21T08:00:00.000Z' };

const approval: Approval = { gate: 'approval', id: 'removal-approved', of: 'Removal of the claim' };
const soak: Soak = {
  gate: 'soak',
  id: 'quiet',
  title: 'Quiet for a week',
  for: '7d',
  began: readBegan(),
  quiet: [checkFact('calm', 'yes')],
};

test('an approval is waited for without holding the process, and the file says so', async () => {
  const phases = [phaseOf(1, [aim('1.1', [approval])])];
  const world = worldFor(phases);
  const remedy = 'anton-logging approve 1.1 "Removal of the claim" --by NAME --note TEXT';
  expect(await world.run(phases)).toEqual({ exit: 3, state: 'waiting', summary: 'approval: Removal of the claim', remedy });
  expect(world.now).toBe(START);
  expect(world.eventsOf('gate.waiting')).toMatchObject([
    { phase: 1, objective: '1.1', gate: 'removal-approved', kind: 'approval', remedy },
  ]);
  expect(recordOf(world, '1.1')).toMatchObject({
    status: 'waiting',
    evidence: { waiting_for: { what: 'approval: Removal of the claim', remedy } },
  });
});

test('an approval in the goals file opens the gate', async () => {
  const phases = [phaseOf(1, [aim('1.1', [approval])])];
  const world = worldFor(phases);
  await world.run(phases);
  approve(world, 'Removal of the claim');
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(recordOf(world, '1.1')).toMatchObject({ status: 'completed', evidence: { approvals: { [approval.of]: WORD } } });
  expect(recordOf(world, '1.1').evidence).not.toHaveProperty('waiting_for');
});

test('an approval from outside opens the gate and goes into the goals file', async () => {
  const phases = [phaseOf(1, [aim('1.1', [approval])])];
  const world = worldFor(phases);
  world.approvals.set('1.1/Removal of the claim', WORD);
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(recordOf(world, '1.1').evidence?.approvals).toEqual({ [approval.of]: WORD });
  expect(world.eventsOf('check.judged')).toMatchObject([
    { check: 'removal-approved', state: 'met', summary: 'approved by Ada on 2026-11-21: looks good' },
  ]);
});

test('nothing after an approval among the steps is done before it is there, nor what came before it again', async () => {
  const steps = [put('archive'), { do: 'await', what: approval }, put('claim', 'gone')] as const;
  const phases = [phaseOf(1, [aim('1.1', [checkFact('claim', 'gone')], steps)])];
  const world = worldFor(phases);
  expect(await world.run(phases)).toMatchObject({ exit: 3 });
  expect(world.performed).toEqual(['apply archive=up']);
  approve(world, approval.of);
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.performed).toEqual(['apply archive=up', 'apply claim=gone']);
});

test('a deliverable that only the file knows is closed by a person', async () => {
  const phases = [phaseOf(1, [aim('1.1', [])])];
  const world = worldFor(phases);
  world.goals = world.goals.replace('"Deliverable 1.1"', '"Deliverable 1.1", "Tell the team"');
  expect(await world.run(phases)).toMatchObject({ exit: 3, summary: 'approval: Tell the team' });
  world.approvals.set('1.1/Tell the team', WORD);
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
});

test('all open gates are told, and approvals that are there are kept while another is missing', async () => {
  const second: Approval = { gate: 'approval', id: 'handed-over', of: 'Hand-over' };
  const phases = [phaseOf(1, [aim('1.1', [approval, second])])];
  const world = worldFor(phases);
  world.approvals.set('1.1/Hand-over', WORD);
  expect(await world.run(phases)).toMatchObject({ exit: 3 });
  expect(recordOf(world, '1.1').evidence?.approvals).toEqual({ 'Hand-over': WORD });
});

test('a run that finds everything done, because the one before it was killed, still records who approved it', async () => {
  const steps = [{ do: 'await', what: approval }, { do: 'await', what: checkFact('ready') }, put('claim', 'gone')] as const;
  const phases = [phaseOf(1, [aim('1.1', [checkFact('claim', 'gone')], steps)])];
  const world = worldFor(phases);
  for (const [fact, value] of Object.entries({ claim: 'gone', ready: 'up' })) world.set(fact, value);
  world.approvals.set('1.1/Removal of the claim', WORD);
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.performed).toEqual([]);
  expect(recordOf(world, '1.1').evidence).toMatchObject({
    checks: { claim: { state: 'met' }, ready: { state: 'met' } },
    approvals: { 'Removal of the claim': WORD },
  });
});

test('a soak waits for its history to begin, then for its period, and opens', async () => {
  const phases = [phaseOf(1, [aim('1.1', [soak])])];
  const world = worldFor(phases);
  world.set('calm', 'yes');
  expect(await world.run(phases)).toMatchObject({ exit: 3, summary: 'Quiet for a week: it has not begun' });

  world.set('began', new Date(START).toISOString());
  world.now = START + DAY;
  expect(await world.run(phases)).toMatchObject({ exit: 3, remedy: 'nothing to do: resume after 2026-11-29T12:00:00.000Z' });
  expect(world.eventsOf('gate.waiting').at(-1)).toMatchObject({
    kind: 'soak',
    since: '2026-11-22T12:00:00.000Z',
    until: '2026-11-29T12:00:00.000Z',
    breaks: 'it begins anew when one of these does not hold: calm is yes',
  });
  expect(world.now).toBe(START + DAY);

  world.now = START + 7 * DAY;
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(recordOf(world, '1.1').evidence?.checks.quiet).toMatchObject({ state: 'met' });
});

test('a disturbed soak begins anew', async () => {
  const phases = [phaseOf(1, [aim('1.1', [soak])])];
  const world = soaking(phases);
  world.now = START + 8 * DAY;
  world.set('calm', 'a restart');
  expect(await world.run(phases)).toMatchObject({ exit: 3, summary: 'Quiet for a week: calm: a restart' });
  expect(world.eventsOf('gate.waiting').at(-1)?.until).toBe(new Date(START + 15 * DAY).toISOString());
});

test.each([
  ['is broken', 'broken', undefined, 1],
  ['cannot be observed', 'yes', new Unobserved('timeout', 'Prometheus does not answer'), 7],
] as const)('a soak that %s stops the run', async (_, calm, error, exit) => {
  const phases = [phaseOf(1, [aim('1.1', [soak])]), phaseOf(2, [aim('2.1', [])])];
  const world = soaking(phases);
  world.set('calm', calm);
  if (error !== undefined) world.unreadable.set('calm', error);
  expect(await world.run(phases)).toMatchObject({ exit });
  expect(world.eventsOf('phase.started')).toHaveLength(1);
  expect(world.eventsOf('check.judged')).toMatchObject([{ check: 'quiet', state: exit === 1 ? 'failed' : 'unknown' }]);
});

test('a beginning that cannot be read is unknown', async () => {
  const phases = [phaseOf(1, [aim('1.1', [soak])])];
  const world = soaking(phases);
  world.unreadable.set('began', new Unobserved('timeout', 'Prometheus does not answer'));
  expect(await world.run(phases)).toMatchObject({ exit: 7 });
});

test("a rehearsal's clock is moved past the period and the Lease renewed for the new time", async () => {
  const phases = [phaseOf(1, [aim('1.1', [soak])])];
  const world = soaking(phases);
  world.rehearsal = true;
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.now).toBe(START + 7 * DAY + 1_000);
  expect(world.lease.renewed).toBe(1);
});

test("a rehearsal's world gets a moment to follow its clock", async () => {
  const phases = [phaseOf(1, [aim('1.1', [soak])])];
  const world = soaking(phases);
  world.rehearsal = true;
  world.after(DAY, () => world.set('calm', 'no news yet'));
  world.after(7 * DAY + 2_000, () => world.set('calm', 'yes'));
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
});

test.each([{ apply: false }, { dryRun: true }])("%o does not move a rehearsal's clock", async (request) => {
  const phases = [phaseOf(1, [aim('1.1', [soak])])];
  const world = soaking(phases);
  world.rehearsal = true;
  expect(await world.run(phases, request)).toMatchObject({ exit: 3 });
  expect(world.now).toBe(START);
});

test('a gate holds up the phases after it, but not the other objectives of its phase', async () => {
  const phases = [
    phaseOf(1, [aim('1.1', [approval]), aim('1.2', [checkFact('loki')], [put('loki')])]),
    phaseOf(2, [aim('2.1', [checkFact('alloy')], [put('alloy')])]),
  ];
  const world = worldFor(phases);
  expect(await world.run(phases)).toMatchObject({ exit: 3 });
  expect(world.performed).toEqual(['apply loki=up']);
  expect(world.eventsOf('phase.finished')).toMatchObject([{ phase: 1, state: 'waiting' }]);
});

test('a gate that blocks nothing lets later phases run; the run still says that it waits', async () => {
  const steps = [{ do: 'await', what: { ...soak, nonBlocking: true } }, put('claim', 'gone')] as const;
  const phases = [
    phaseOf(1, [aim('1.1', [checkFact('claim', 'gone')], steps)]),
    phaseOf(2, [aim('2.1', [checkFact('alloy')], [put('alloy')])]),
  ];
  const world = soaking(phases);
  expect(await world.run(phases)).toMatchObject({ exit: 3, summary: 'Quiet for a week: 7d are not over' });
  expect(world.performed).toEqual(['apply alloy=up']);
  expect(world.eventsOf('run.finished')[0]?.phases).toEqual([
    { phase: 1, state: 'waiting' },
    { phase: 2, state: 'completed' },
  ]);
});

test('nor does it hold up a later phase that is run by itself', async () => {
  const phases = [
    phaseOf(1, [aim('1.1', [{ ...soak, nonBlocking: true }])]),
    phaseOf(2, [aim('2.1', [checkFact('alloy')], [put('alloy')])]),
  ];
  const world = soaking(phases);
  await world.run(phases, { to: 1 });
  expect(await world.run(phases, { from: 2, to: 2 })).toMatchObject({ exit: 0 });
  expect(world.performed).toEqual(['apply alloy=up']);
});

test.each([
  ['after', [{ ...soak, nonBlocking: true }, approval]],
  ['before', [approval, { ...soak, nonBlocking: true }]],
] as const)('one gate that blocks is enough to block, %s one that does not', async (_, gates) => {
  const phases = [phaseOf(1, [aim('1.1', [...gates])]), phaseOf(2, [aim('2.1', [])])];
  const world = soaking(phases);
  expect(await world.run(phases)).toMatchObject({ exit: 3 });
  expect(world.eventsOf('phase.started')).toHaveLength(1);
  expect(await world.run(phases, { from: 2, to: 2 })).toMatchObject({ exit: 5 });
});

test('of an objective the worst outcome of the quiet checks counts', async () => {
  const checks = [met('fine'), pending('nearly', [], ''), failed('no', ['why'], 'do')].map((verdict, index) =>
    checkFact(`calm-${index}`, 'yes', { judge: () => verdict }),
  );
  const phases = [phaseOf(1, [aim('1.1', [{ ...soak, quiet: checks }])])];
  expect(await soaking(phases).run(phases)).toMatchObject({ exit: 1, summary: 'Quiet for a week: no, because why' });
});

describe('what has to hold at the end of a soak', () => {
  const phases = [phaseOf(1, [aim('1.1', [{ ...soak, quiet: [], atEnd: [checkFact('sampled', 'yes')] }])])];
  const breaks = 'it does not end while one of these does not hold: sampled is yes';

  it('does not make it begin anew', async () => {
    const world = soaking(phases);
    expect(await world.run(phases)).toMatchObject({ exit: 3 });
    const until = new Date(START + 7 * DAY).toISOString();
    expect(world.eventsOf('gate.waiting')).toMatchObject([{ until, breaks, remedy: `nothing to do: resume after ${until}` }]);
  });

  it('is waited for once the time is over', async () => {
    const world = soaking(phases);
    world.now = START + 8 * DAY;
    expect(await world.run(phases)).toMatchObject({ exit: 3, remedy: 'resume once that holds' });
    expect(world.eventsOf('gate.waiting')[0]).not.toHaveProperty('until');
    world.set('sampled', 'yes');
    expect(await world.run(phases)).toMatchObject({ exit: 0 });
  });

  it('ends the run when it fails', async () => {
    const atEnd = [checkFact('sampled', 'yes', { judge: () => failed('gone', ['why'], 'do') })];
    const failing = [phaseOf(1, [aim('1.1', [{ ...soak, quiet: [], atEnd }])])];
    expect(await soaking(failing).run(failing)).toMatchObject({ exit: 1, summary: 'Quiet for a week: gone, because why' });
  });
});

function soaking(phases: Parameters<typeof worldFor>[0]): World {
  const world = worldFor(phases);
  world.set('began', new Date(START).toISOString());
  world.set('calm', 'yes');
  return world;
}

function approve(world: World, of: string): void {
  const objective = recordOf(world, '1.1');
  const matched = { ...objective, inFile: true, deliverables: [] };
  world.goals = recordApproval(world.goals, { of: 'objective', phase: 1, objective: matched, what: of }, WORD);
}

function readBegan(): Read<Date | undefined> {
  const read = readFact('began');
  return {
    ...read,
    decode: (answer) => {
      const value = read.decode(answer);
      return value === undefined ? undefined : new Date(value);
    },
  };
}

test('a soak is over once what it guards is done', async () => {
  const guarded = { ...soak, guards: checkFact('claim', 'gone') };
  const phases = [phaseOf(1, [aim('1.1', [guarded])])];
  const world = worldFor(phases);
  expect(await world.run(phases)).toMatchObject({ exit: 3 });
  world.set('claim', 'gone');
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(recordOf(world, '1.1').evidence?.checks.quiet?.saw).toBe('over, for what it guards is done: claim is gone');
});
