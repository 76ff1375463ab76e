import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runStateOf, worstExit } from '#engine/exit.ts';
import { EXIT, type Exit } from '#model/errors.ts';

/** As the contract of the command line has it: "Several apply: …". */
const WORST_FIRST: readonly Exit[] = [70, 130, 2, 4, 6, 1, 7, 5, 3, 0];

test('of several exit codes the worst counts, in whatever order they came', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...WORST_FIRST)), (exits) => {
      const expected = WORST_FIRST.find((exit) => exits.includes(exit)) ?? 0;
      expect(worstExit(exits)).toBe(expected);
      expect(worstExit(exits.toReversed())).toBe(expected);
    }),
  );
});

test('the list knows every exit code', () => {
  expect([...WORST_FIRST].toSorted()).toEqual(Object.values(EXIT).toSorted());
});

test.each([
  [0, 'completed'],
  [1, 'failed'],
  [6, 'failed'],
  [70, 'failed'],
  [2, 'refused'],
  [4, 'refused'],
  [5, 'refused'],
  [7, 'unknown'],
  [3, 'waiting'],
  [130, 'interrupted'],
] as const)('exit %i is %s', (exit, state) => {
  expect(runStateOf(exit)).toBe(state);
});
