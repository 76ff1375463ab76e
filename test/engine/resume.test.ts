import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runPhases } from '#engine/run.ts';
import type { Change, Step } from '#model/change.ts';
import type { Probe } from '#model/check.ts';
import type { Event } from '#model/event.ts';
import type { Phase } from '#model/phase.ts';
import { met, pending } from '#model/verdict.ts';
import { checkFact, commit, put, readFact, remove } from './facts.ts';
import { aim, goalsOf, phaseOf, worldFor } from './rollout.ts';
import { Kill, World } from './support.ts';

/** What one objective does: commits, applies, waits in between, probes at the end. */
interface Plan {
  readonly changes: readonly ('commit' | 'apply')[];
  readonly awaits: boolean;
  readonly probes: boolean;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  changes: fc.array(fc.constantFrom('commit' as const, 'apply' as const), { maxLength: 3 }),
  awaits: fc.boolean(),
  probes: fc.boolean(),
});
const rollout = fc.array(fc.array(plan, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 });

test('killed at any record of the journal and resumed, a rollout ends as if nothing had happened', async () => {
  await fc.assert(
    fc.asyncProperty(rollout, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), async (plans, kills) => {
      const phases = plans.map((objectives, index) => phaseFrom(index, objectives));
      const whole = worldFor(phases);
      expect((await run(whole, phases, 0)).exit).toBe(0);

      let world = worldFor(phases);
      const journals: (readonly Event[])[] = [];
      for (const [attempt, kill] of kills.entries()) {
        world.killAt = (kill % whole.events.length) + 1;
        await run(world, phases, attempt).catch((error: unknown) => {
          if (!(error instanceof Kill)) throw error;
        });
        journals.push(world.events);
        world = successorOf(world);
      }
      expect((await run(world, phases, kills.length)).exit).toBe(0);
      journals.push(world.events);

      expect(world.facts).toEqual(whole.facts);
      expect(withoutTimes(world)).toEqual(withoutTimes(whole));
      expectOnce(world.performed, journals);
    }),
    { numRuns: 60 },
  );
});

/** No declared change is performed twice, unless the journal could not say that it had been. */
function expectOnce(performed: readonly string[], journals: readonly (readonly Event[])[]): void {
  // A probe's writes are temporary, and made again until its evidence is recorded.
  const lasting = performed.filter((each) => !each.includes('probe'));
  const again = lasting.filter((each, index) => lasting.indexOf(each) !== index);
  const open = journals.filter((events) => events.at(-1)?.type === 'change.planned').length;
  expect(again.length).toBeLessThanOrEqual(open);
}

async function run(world: World, phases: readonly Phase[], attempt: number) {
  const to = phases.length;
  return runPhases(world.context(phases), { ...world.tools().request, run: `run-${attempt}`, to });
}

/** Another process in the same world: goals file and facts are there, the journal is new. */
function successorOf(world: World): World {
  const next = new World();
  next.goals = world.goals;
  next.now = world.now + 60_000;
  for (const [fact, value] of world.facts) next.set(fact, value);
  next.performed.push(...world.performed);
  return next;
}

function withoutTimes(world: World): unknown {
  return JSON.parse(
    JSON.stringify(goalsOf(world), (key, value: unknown) => (key === 'at' || key === 'run' || key.endsWith('_at') ? undefined : value)),
  );
}

function phaseFrom(index: number, plans: readonly Plan[]): Phase {
  return phaseOf(
    index + 1,
    plans.map((each, place) => objectiveFrom(`${index + 1}.${place + 1}`, each)),
    index === 0 ? [] : [checkFact(`done-${index}.1`)],
  );
}

function objectiveFrom(id: string, { changes, awaits, probes }: Plan) {
  const made = changes.map((kind, index) => ({ fact: `${id}-${index}`, change: changeOf(kind, `${id}-${index}`) }));
  const steps: Step[] = made.flatMap(({ fact, change }): Step[] => (awaits ? [change, { do: 'await', what: checkFact(fact) }] : [change]));
  // What is awaited on the way is evidence, too, though no deliverable asks for it.
  const checks = awaits ? [] : made.map(({ fact }) => checkFact(fact));
  const done = `done-${id}`;
  return aim(id, [...checks, checkFact(done), ...(probes ? [probeOf(id)] : [])], [...steps, put(done)]);
}

function changeOf(kind: 'commit' | 'apply', fact: string): Change {
  return kind === 'apply' ? put(fact) : commit({ [fact]: 'up' });
}

function probeOf(id: string): Probe {
  const fact = `probe-${id}`;
  return {
    id: fact,
    title: `A line of ${id} comes back`,
    holds: 'always',
    validFor: '1d',
    with: (mark) => ({
      before: [put(fact, mark)],
      reads: { seen: readFact(fact) },
      judge: ({ seen }) => (seen === mark ? met('it came back') : pending(`${seen}`, [], 'wait')),
      after: [remove(fact)],
    }),
  };
}
