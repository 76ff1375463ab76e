import fs from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { commitTimes } from './support/commit-times.ts';
import { readEndState, UNDISTURBED } from './support/end-state.ts';
import { needReal } from './support/needs.ts';
import { appliedChanges, expectExit, newUser, type User, writeGoals } from './support/user.ts';

const cluster = needReal();
let user: User;

beforeAll(async () => {
  if (cluster === undefined) return;
  user = await newUser(cluster, 'ada');
  await writeGoals(user, cluster);
});

test('the whole rollout goes through real parts up to what a person has to approve', async () => {
  const ended = await user.run(['run']);
  expectExit(ended, 3);
  expect(ended.events.at(-1)).toMatchObject({
    state: 'waiting',
    phases: [0, 1, 2, 3, 4].map((phase) => ({ phase, state: 'completed' })).concat([{ phase: 5, state: 'waiting' }]),
  });
  expect(ended.events.map(({ seq }) => seq)).toEqual(ended.events.map((_, index) => index + 1));
  for (const line of commitTimes(ended.events)) process.stderr.write(`  ${line}\n`);
  await fs.writeFile(UNDISTURBED, JSON.stringify(await readEndState(cluster as never, user)));
});

test('with the approvals it completes: a week of quiet is in the history of Prometheus', async () => {
  await user.approve('5.1', 'Removal of claim airflow/airflow-logs');
  await user.approve('6.1', 'Documentation reviewed and approved');
  await user.approve('6.2', 'Team training completed');
  const ended = await user.run(['resume']);
  expectExit(ended, 0);
  expect(ended.events.at(-1)).toMatchObject({ state: 'completed', exit: 0 });
});

test('a second run finds everything done and changes nothing', async () => {
  const ended = await user.run(['run']);
  expectExit(ended, 0);
  expect(appliedChanges(ended)).toEqual([]);
});
