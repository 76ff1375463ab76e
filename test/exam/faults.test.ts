import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAULTS } from '#rehearsal/faults/index.ts';
import { examineFault } from './faults.ts';
import { type Completed, completeRehearsal } from './fork.ts';

let completed: Completed;
beforeAll(async () => {
  completed = await completeRehearsal();
}, 120_000);
afterAll(() => completed.stop());

// All of them take minutes: `npm run exam`.
const SAMPLE = process.env.EXAM === 'all' ? FAULTS : FAULTS.filter((_, index) => index % 15 === 0);

test.each(SAMPLE.map((fault) => ({ fault, ...fault })))(
  '$name is found by $check, for the right reason',
  { timeout: 120_000 },
  async ({ fault }) => {
    const result = await examineFault(fault, completed);
    expect(result, JSON.stringify(result)).toMatchObject({ caught: true });
  },
);
