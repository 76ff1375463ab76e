import { expect, test } from 'vitest';
import { describeTable } from './judging.ts';
import tables from './tables/index.ts';

/**
 * What a person can read of each check, on one page, so that a change of any word shows where it can be judged: as if it were met at
 * three in the morning. Ids are keys of the evidence in users' goals files, and requests and permissions are what a role is made of.
 * After a change that is meant: `vitest run test/checks -u`.
 */
test('each check says what it is, what it asks for, and what it makes of it', async () => {
  await expect(tables.map(describeTable).join('\n')).toMatchFileSnapshot('./__snapshots__/wording.md');
});
