import fc from 'fast-check';
import { expect, test } from 'vitest';
import { initiativeStatusOf, phaseStatusOf, progressOf } from '#goals/progress.ts';
import type { Status } from '#model/event.ts';

const STATUSES: readonly Status[] = ['pending', 'in_progress', 'waiting', 'completed', 'failed', 'blocked', 'skipped', 'regressed'];
const lists = fc.array(fc.constantFrom(...STATUSES), { maxLength: 300 });
const isDone = (status: Status) => status === 'completed' || status === 'skipped';

test.each([
  [[], 0],
  [['skipped', 'completed'], 100],
  [['completed', 'completed', 'pending'], 66],
] as const)('progress of %j is %i %%', (statuses, percent) => {
  expect(progressOf(statuses).percent).toBe(percent);
});

test('100 % means that everything is done, and nothing else does', () => {
  fc.assert(
    fc.property(lists, (statuses) => {
      const { done, total, percent } = progressOf(statuses);
      expect(percent === 100).toBe(total > 0 && done === total);
      expect(Number.isInteger(percent) && percent >= 0 && percent <= 100).toBe(true);
    }),
  );
  expect(progressOf([...Array<Status>(999).fill('completed'), 'pending']).percent).toBe(99);
});

test.each([
  [[], 'pending'],
  [['pending', 'pending'], 'pending'],
  [['skipped', 'pending'], 'pending'],
  [['completed', 'pending'], 'in_progress'],
  [['completed', 'skipped'], 'completed'],
  [['skipped', 'skipped'], 'skipped'],
  [['completed', 'waiting'], 'waiting'],
  [['in_progress', 'waiting'], 'in_progress'],
  [['completed', 'regressed'], 'regressed'],
  [['blocked', 'failed', 'in_progress'], 'failed'],
] as const)('a phase of %j is %s', (statuses, status) => {
  expect(phaseStatusOf(statuses)).toBe(status);
});

test('completed only when everything is, whatever the order', () => {
  fc.assert(
    fc.property(lists, (statuses) => {
      const status = initiativeStatusOf(statuses);
      expect(isDone(status)).toBe(statuses.length > 0 && statuses.every(isDone));
      expect(initiativeStatusOf(statuses.toReversed())).toBe(status);
    }),
  );
});
