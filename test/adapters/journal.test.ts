import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createJournal, listRuns, readRun, stateDirectory } from '#adapters/journal.ts';
import type { Event } from '#model/event.ts';
import { temporary } from './support/server.ts';

const event = (seq: number): Event => ({
  type: 'phase.started',
  time: '2026-11-22T12:00:00Z',
  run: 'r1',
  seq,
  phase: 0,
  name: 'Readiness',
});

test('records are read back as they were appended, and each is chained to the one before', async () => {
  const directory = path.join(await temporary(), 'runs');
  const journal = createJournal(directory, 'r1');
  journal.append(event(1));
  const first = journal.head;
  journal.append(event(2));
  expect(readRun(directory, 'r1')).toEqual([event(1), event(2)]);
  expect(listRuns(directory)).toEqual(['r1']);
  const records = fs
    .readFileSync(path.join(directory, 'r1.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records[1]).toMatchObject({ prev: first, digest: journal.head });
  expect(fs.statSync(path.join(directory, 'r1.ndjson')).mode & 0o777).toBe(0o600);
  expect(fs.statSync(directory).mode & 0o777).toBe(0o700);
});

test('the fields of a run that begins do not collide with those of the chain', async () => {
  const directory = path.join(await temporary(), 'runs');
  const started: Event = {
    type: 'run.started',
    time: '2026-11-22T12:00:00Z',
    run: 'r1',
    seq: 1,
    goals: '/goals.json',
    declared: 'abc',
    from: 0,
    to: 6,
    cluster: 'homelab',
    rehearsal: false,
  };
  createJournal(directory, 'r1').append(started);
  expect(readRun(directory, 'r1')).toEqual([started]);
});

test('a last line that a crash cut off is dropped', async () => {
  const directory = await temporary();
  const journal = createJournal(directory, 'r1');
  journal.append(event(1));
  journal.append(event(2));
  const file = path.join(directory, 'r1.ndjson');
  fs.truncateSync(file, fs.statSync(file).size - 7);
  expect(readRun(directory, 'r1')).toEqual([event(1)]);
});

test('a record that was changed afterwards is found', async () => {
  const directory = await temporary();
  createJournal(directory, 'r1').append(event(1));
  const file = path.join(directory, 'r1.ndjson');
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('Readiness', 'Something'));
  expect(() => readRun(directory, 'r1')).toThrow('line 1');
});

test('a journal without a version is read, one of a version to come is told as such', async () => {
  const directory = await temporary();
  const write = (run: string, version: object) => {
    const record = { ...event(1), ...version, prev: '0'.repeat(64) };
    const digest = createHash('sha256').update(JSON.stringify(record)).digest('hex');
    fs.writeFileSync(path.join(directory, `${run}.ndjson`), `${JSON.stringify({ ...record, digest })}\n`);
  };
  write('old', {});
  write('new', { version: 2 });
  expect(readRun(directory, 'old')).toEqual([event(1)]);
  expect(() => readRun(directory, 'new')).toThrow('newer version of this program (format 2; this one reads 1)');
});

test('an unknown run, a second journal of a run and a folder that is a file are told as such', async () => {
  const directory = await temporary();
  createJournal(directory, 'r1');
  expect(() => createJournal(directory, 'r1')).toThrow('EEXIST');
  expect(() => readRun(directory, '../r1')).toThrow('there is no run');
  expect(() => createJournal(path.join(directory, 'r1.ndjson'), 'r2')).toThrow("can't be used");
  expect(listRuns(path.join(directory, 'none'))).toEqual([]);
});

test('the state directory follows XDG', () => {
  expect(stateDirectory({ XDG_STATE_HOME: '/state', HOME: '/home/x' })).toBe('/state/anton-logging');
  expect(stateDirectory({ XDG_STATE_HOME: 'relative', HOME: '/home/x' })).toBe('/home/x/.local/state/anton-logging');
});
