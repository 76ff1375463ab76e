import { expect, test } from 'vitest';
import { diagnose } from '#engine/diagnosis.ts';
import { diagnosisPermissionsOf } from '#engine/permissions.ts';
import { type Diagnosis, type Explanation, diagnosis as looking, type Probe } from '#model/check.ts';
import { Unobserved } from '#model/errors.ts';
import { failed, met, type Outcome, pending } from '#model/verdict.ts';
import { checkFact, put, readFact } from './facts.ts';
import { aim, phaseOf, worldFor } from './rollout.ts';
import { World } from './support.ts';

/** Says what the fact says. */
const says = (name: string, rest: Partial<Explanation> = {}): Diagnosis =>
  looking({
    reads: { seen: readFact(name) },
    explain: ({ seen }) => ({ cause: seen === undefined ? [] : [`${name} says ${seen}`], ...rest }),
  });

function worldSaying(facts: Readonly<Record<string, string>>): World {
  const world = new World();
  for (const [name, value] of Object.entries(facts)) world.set(name, value);
  return world;
}

async function enrich(outcome: Outcome, diagnosis: Diagnosis, world: World): Promise<Outcome | undefined> {
  const outcomes = new Map([['loki', outcome]]);
  const { observer, clock, signal } = world.context([]);
  return (await diagnose([checkFact('loki', 'up', { diagnosis })], outcomes, { observer, clock, signal })).get('loki');
}

test.each([pending('0 of 1 ready', ['not yet'], 'wait'), failed('0 of 1 ready', ['not yet'], 'wait')])(
  'what is $state gets its causes, one look after the other, and stays $state',
  async (outcome) => {
    const world = worldSaying({ pod: 'crashed', log: 'no bucket' });
    const found = await enrich(outcome, says('pod', { next: says('log') }), world);
    expect(found).toEqual({ ...outcome, cause: ['not yet', 'pod says crashed', 'log says no bucket'] });
    expect(world.reads).toEqual(['pod', 'log']);
  },
);

test.each<Outcome>([
  met('1 of 1 ready'),
  { state: 'unknown', permanent: false, saw: 'pods could not be read', cause: [], remedy: 'resume' },
  { ...pending('not looked at yet', ['waits for pod'], 'nothing'), deferred: true } as Outcome,
])('of what is $state ($saw) nothing is looked into', async (outcome) => {
  const world = worldSaying({ pod: 'crashed' });
  expect(await enrich(outcome, says('pod'), world)).toBe(outcome);
  expect(world.reads).toEqual([]);
});

test('what may not be read leaves the verdict, and is named last', async () => {
  const world = worldSaying({ pod: 'crashed', log: 'no bucket' });
  world.unreadable.set('events', new Unobserved('forbidden', 'events is forbidden'));
  const both = looking({
    reads: { events: readFact('events'), pod: readFact('pod') },
    explain: (seen) => ({ cause: [`seen: ${Object.keys(seen)}`], next: says('log') }),
  });
  const red = pending('0 of 1 ready', [], 'wait');
  const cause = ['seen: pod', 'log says no bucket', 'fact events could not be read: events is forbidden'];
  expect(await enrich(red, both, world)).toEqual({ ...red, cause });
});

test('what was said already is not said again, and gives way to what says more', async () => {
  const world = worldSaying({ pod: 'crashed', log: 'no bucket' });
  const red = failed('pod says crashed', ['no bucket', 'of its own'], 'wait');
  expect(await enrich(red, says('pod', { next: says('log') }), world)).toMatchObject({ cause: ['of its own', 'log says no bucket'] });
});

test('what the check says stands behind what it saw, where the chain passes it', async () => {
  const world = worldSaying({ pod: 'crashed', log: 'no bucket' });
  const red = failed('pod says', ['of its own'], 'wait');
  expect(await enrich(red, says('pod', { next: says('log') }), world)).toMatchObject({
    cause: ['pod says crashed', 'of its own', 'log says no bucket'],
  });
});

test.each([
  ['nothing yet', 'raise it'],
  ['nothing to do here', 'raise it'],
  ['kubectl describe pod -n monitoring loki-0 shows what it waits for', 'raise it'],
  ['kubectl get pods', 'raise it'],
  ['raise environment.loki.memory.limit', 'raise environment.loki.memory.limit'],
  ['mend the cause, then: flux reconcile', 'raise it, then: flux reconcile'],
  ['raise it, then: flux reconcile', 'raise it, then: flux reconcile'],
  ['mend the cause, then: raise it', 'mend the cause, then: raise it'],
])('the remedy "%s" becomes "%s"', async (own, becomes) => {
  const world = worldSaying({ pod: 'crashed' });
  expect(await enrich(pending('', [], own), says('pod', { remedy: 'raise it' }), world)).toMatchObject({ remedy: becomes });
  expect(await enrich(pending('', [], own), says('pod'), world)).toMatchObject({ remedy: own });
});

test('the remedy of the innermost cause counts', async () => {
  const world = worldSaying({ pod: 'crashed', log: 'no bucket' });
  const stages = says('pod', { remedy: 'see the log', next: says('log', { remedy: 'make the bucket' }) });
  expect(await enrich(pending('', [], 'nothing yet'), stages, world)).toMatchObject({ remedy: 'make the bucket' });
});

test('looks end after three', async () => {
  const world = worldSaying({ pod: 'a' });
  const endless: Diagnosis = looking({ reads: { seen: readFact('pod') }, explain: () => ({ cause: ['again'], next: endless }) });
  world.onRead = () => expect(world.reads.length).toBeLessThanOrEqual(3);
  expect(await enrich(pending('', [], ''), endless, world)).toMatchObject({ cause: ['again', 'again', 'again'] });
});

test('looking ends after 15 s, with what was found until then', async () => {
  const { observer, signal } = worldSaying({ pod: 'crashed' }).context([]);
  let limit: number | undefined;
  const hanging = (_: unknown, read: AbortSignal) =>
    new Promise<never>((_, reject) => read.addEventListener('abort', () => reject(read.reason)));
  const tools = {
    observer: {
      ...observer,
      read: (request: never, by: AbortSignal) => (limit === undefined ? observer.read(request, by) : hanging(request, by)),
    },
    clock: {
      now: () => new Date(),
      sleep: async (milliseconds: number) => {
        limit = milliseconds;
        for (let ticks = 0; ticks < 20; ticks += 1) await undefined;
      },
    },
    signal,
  };
  const slow = looking({ reads: { seen: readFact('pod') }, explain: () => ({ cause: ['found'] }) });
  const red = pending('', [], 'nothing yet');
  const found = await diagnose([checkFact('loki', 'up', { diagnosis: slow })], new Map([['loki', red]]), tools);
  expect(found.get('loki')).toMatchObject({ cause: ['found', 'looking for the cause took longer than 15 s'] });
  expect(limit).toBe(15_000);
});

test('credentials in addresses are not told', async () => {
  const world = worldSaying({ pod: 'https://user:hunter22@git.example.org is gone' });
  expect(await enrich(pending('', [], ''), says('pod'), world)).toMatchObject({ cause: ['pod says https://***@git.example.org is gone'] });
});

const explained = (name: string) => checkFact(name, 'up', { diagnosis: says('log') });

test.each([
  ['failed', 'broken', ['failed']],
  ['pending at the deadline', 'slow', ['pending', 'pending']],
])('a run tells what is %s with its causes, once it is final', async (_, value, states) => {
  const phases = [phaseOf(1, [aim('1.1', [explained('loki')], [put('next')])])];
  const world = worldFor(phases);
  world.set('loki', value);
  world.set('log', 'no bucket');
  const cause = ['it is not up', 'log says no bucket'];
  const summary = `loki is up: loki: ${value}, because it is not up, because log says no bucket`;
  expect(await world.run(phases)).toMatchObject({ exit: 1, summary });
  const judged = world.eventsOf('check.judged');
  expect(judged.map(({ state }) => state)).toEqual(states);
  expect(judged.at(-1)).toMatchObject({ cause });
  expect(judged.at(-1)?.final).toBe(value === 'slow' ? true : undefined);
  expect(world.reads.filter((read) => read === 'log')).toHaveLength(1);
});

test('so does a precondition, and a look', async () => {
  const before = [phaseOf(1, [aim('1.1', [checkFact('next')])], [explained('loki')])];
  const world = worldFor(before);
  world.set('log', 'no bucket');
  expect(await world.run(before)).toMatchObject({ exit: 5, summary: expect.stringContaining('because log says no bucket') });
  expect(world.eventsOf('check.judged').at(-1)).toMatchObject({ cause: ['it is not up', 'log says no bucket'], final: true });

  const looked = [phaseOf(1, [aim('1.1', [explained('loki')])])];
  const other = worldFor(looked);
  other.set('log', 'no bucket');
  await other.run(looked, { apply: false });
  expect(other.eventsOf('check.judged')).toMatchObject([{ cause: ['it is not up', 'log says no bucket'], final: true }]);
});

test('so does a probe', async () => {
  const { reads, judge } = checkFact('loki');
  const probe: Probe = {
    ...{ id: 'line', title: 'A line comes back', holds: 'always', validFor: '1h', diagnosis: says('log') },
    with: () => ({ before: [put('mark')], reads, judge, after: [] }),
  };
  const phases = [phaseOf(1, [aim('1.1', [probe])])];
  const world = worldFor(phases);
  world.set('log', 'no bucket');
  expect(await world.run(phases)).toMatchObject({ exit: 1, summary: expect.stringContaining('because log says no bucket') });
  expect(world.eventsOf('check.judged').at(-1)).toMatchObject({ check: 'line', state: 'pending', final: true });
  const wanted = { verb: 'get', group: '', resource: 'configmaps', name: 'log' };
  expect(diagnosisPermissionsOf((phases[0] as (typeof phases)[0]).for({} as never))).toEqual([wanted]);
});

test('what a repair may mend is not looked into before', async () => {
  const plain = explained('loki');
  const judge: typeof plain.judge = (seen, now) => {
    const verdict = plain.judge(seen, now);
    return verdict.state === 'failed' ? { ...verdict, repair: [put('loki')] } : verdict;
  };
  const phases = [phaseOf(1, [aim('1.1', [{ ...plain, judge }], [put('next')])])];
  const world = worldFor(phases);
  world.set('loki', 'broken');
  expect(await world.run(phases, { repair: true })).toMatchObject({ exit: 0 });
  expect(world.reads).not.toContain('log');
});

test('its permissions are wanted: without them the run goes on and says what it lacks', async () => {
  const next = { verb: 'get', group: '', resource: 'pods/log', namespace: 'monitoring' } as const;
  const diagnosis = { ...says('log'), nextPermissions: [next] };
  const check = checkFact('loki', 'up', { diagnosis });
  const phases = [phaseOf(1, [aim('1.1', [check, checkFact('other')], [{ do: 'await', what: check }, put('next')])], [check])];
  const wanted = [{ verb: 'get', group: '', resource: 'configmaps', name: 'log' }, next];
  expect(diagnosisPermissionsOf((phases[0] as (typeof phases)[0]).for({} as never))).toEqual(wanted);
  const world = worldFor(phases);
  for (const fact of ['loki', 'other']) world.set(fact, 'up');
  world.denied = [next];
  expect(await world.run(phases)).toMatchObject({ exit: 0 });
  expect(world.eventsOf('preflight.finished')).toMatchObject([{ denied: [], unexplained: ['get pods/log in monitoring'] }]);
});
