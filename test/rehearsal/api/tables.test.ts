import { expect, test } from 'vitest';
import { formatDuration } from '#rehearsal/api/tables/column.ts';
import { WORKLOADS } from '#rehearsal/api/tables/workloads.ts';
import { object } from '#rehearsal/build.ts';
import type { Tree } from '#rehearsal/tree.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [-5_000, '<invalid>'],
  [-1_500, '0s'],
  [119_000, '119s'],
  [2 * MINUTE, '2m'],
  [9 * MINUTE + 5_000, '9m5s'],
  [179 * MINUTE, '179m'],
  [7 * HOUR + 30 * MINUTE, '7h30m'],
  [47 * HOUR, '47h'],
  [7 * DAY + 3 * HOUR, '7d3h'],
  [30 * DAY, '30d'],
  [800 * DAY, '2y70d'],
  [3000 * DAY, '8y'],
])('%d ms are %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

const now = new Date('2026-01-01T00:10:00Z');
const running = { ready: true, restartCount: 0, state: { running: {} } };
const completed = { ready: false, restartCount: 0, state: { terminated: { exitCode: 0, reason: 'Completed' } } };
const crashed = {
  ready: false,
  restartCount: 3,
  state: { waiting: { reason: 'CrashLoopBackOff' } },
  lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:08:00Z' } },
};
const isReady = { conditions: [{ type: 'Ready', status: 'True' }] };

test.each([
  ['runs', { phase: 'Running', containerStatuses: [running] }, '1/1 | Running | 0'],
  ['crashes again and again', { phase: 'Running', containerStatuses: [crashed] }, '0/1 | CrashLoopBackOff | 3 (2m ago)'],
  ['is done', { phase: 'Succeeded', containerStatuses: [completed] }, '0/1 | Completed | 0'],
  ['is half done', { phase: 'Running', containerStatuses: [completed, running], ...isReady }, '1/2 | Running | 0'],
  ['is half done and not ready', { phase: 'Running', containerStatuses: [completed, running] }, '1/2 | NotReady | 0'],
  ['was seen by nobody yet', undefined, '0/1 | Pending | 0'],
])('a pod that %s', (_, status: Tree, text) => {
  const containers = status?.containerStatuses ?? [{}];
  const pod = object('v1', 'Pod', 'default/one', { spec: { containers }, status });
  const cells = WORKLOADS.pods?.slice(1, 4).map(({ cell }) => cell(pod, now));
  expect(cells?.join(' | ')).toBe(text);
});
