import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAULTS } from '#rehearsal/faults/index.ts';
import { examineFault } from './faults.ts';
import { type Completed, completeRehearsal } from './fork.ts';
import { TAMPERINGS } from './front.ts';
import { chooseMutations, examineMutation, nameMutation } from './mutations.ts';
import { isNoticed } from './report.ts';
import { explain } from './survivors.ts';
import { examineTampering, recordTargets } from './tampering.ts';

// All of it takes minutes: `npm run exam`.
const EVERY = { fault: 15, mutation: 30, target: 9 };

let completed: Completed;
beforeAll(async () => {
  completed = await completeRehearsal();
}, 120_000);
afterAll(() => completed.stop());

test.each(FAULTS.filter((_, index) => index % EVERY.fault === 0).map((fault) => ({ fault, ...fault })))(
  '$name is found by $check, for the right reason',
  { timeout: 120_000 },
  async ({ fault }) => {
    const result = await examineFault(fault, completed);
    expect(result, JSON.stringify(result)).toMatchObject({ caught: true });
  },
);

test('what can not be read is never met', { timeout: 120_000 }, async () => {
  const recorded = await recordTargets(completed);
  const targets = recorded.targets.filter((_, index) => index % EVERY.target === 0);
  for (const [index, how] of TAMPERINGS.entries()) {
    const target = targets[index % targets.length] as string;
    expect(await examineTampering(completed, recorded, target, how)).toMatchObject({ target, how, taken: [] });
  }
});

test('a field that somebody edits is noticed, or it is known why not', { timeout: 120_000 }, async () => {
  const { mutations } = await chooseMutations(completed);
  for (const mutation of mutations.filter((_, index) => index % EVERY.mutation === 0)) {
    const result = await examineMutation(mutation, completed);
    expect(isNoticed(result) || explain(nameMutation(result)) !== undefined, nameMutation(result)).toBe(true);
  }
});
