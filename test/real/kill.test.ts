import fs from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import type { EndState } from '../crash/end-state.ts';
import { readEndState, UNDISTURBED } from './support/end-state.ts';
import { needReal } from './support/needs.ts';
import { expectExit, newUser, type User, writeGoals } from './support/user.ts';

const cluster = needReal();
const real = cluster as NonNullable<typeof cluster>;
let first: User;

beforeAll(async () => {
  if (cluster === undefined) return;
  first = await newUser(cluster, 'ada');
  await writeGoals(first, cluster);
});

test('killed in the middle of phase 2, resumed by somebody with a fresh clone and no journal: the same end', async () => {
  const killed = await first.run(['run'], (event, send) => {
    if (event.type === 'change.applied' && event.phase === 2) send('SIGKILL');
  });
  expect(killed.signal).toBe('SIGKILL');
  const second = await newUser(real, 'grace');
  expectExit(await second.run(['resume']), 3);
  const expected = JSON.parse(await fs.readFile(UNDISTURBED, 'utf8')) as EndState;
  expect(await readEndState(real, second)).toEqual(expected);
});
