import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { findGoalsFile, openGoalsFile } from '#adapters/files.ts';
import { temporary } from './support/server.ts';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await temporary();
  vi.stubEnv('XDG_STATE_HOME', path.join(directory, 'state'));
  file = path.join(directory, 'goals', 'goals.json');
  await mkdir(path.dirname(file));
  await writeFile(file, '{}', { mode: 0o640 });
});

test('the goals file is found upward', async () => {
  await mkdir(path.join(directory, 'a/b'), { recursive: true });
  expect(findGoalsFile(path.join(directory, 'a/b'))).toBe(file);
  expect(findGoalsFile('/')).toBeUndefined();
});

test('updates at the same time all arrive; mode and link stay', async () => {
  await writeFile(file, '0');
  await chmod(file, 0o640);
  const link = path.join(directory, 'link.json');
  await symlink(file, link);
  const files = [openGoalsFile(file), openGoalsFile(link), openGoalsFile(file), openGoalsFile(link)];
  await Promise.all(files.map((goals) => goals.update((text) => String(Number(text) + 1))));
  expect(await readFile(file, 'utf8')).toBe('4');
  expect((await stat(file)).mode & 0o777).toBe(0o640);
});

test('an unchanged text is not written, and a patch that throws leaves the file alone', async () => {
  const before = await stat(file);
  const goals = openGoalsFile(file);
  await goals.update((text) => text);
  await expect(
    goals.update(() => {
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  expect((await stat(file)).ino).toBe(before.ino);
});

test('missing, no file, too large and no text are told as such', async () => {
  const refusal = (message: string) => ({ name: 'UserError', exit: 2, message: expect.stringContaining(message) });
  await expect(openGoalsFile(path.join(directory, 'none')).read()).rejects.toMatchObject(refusal('there is no goals file'));
  await expect(openGoalsFile(path.join(directory, 'none')).update((text) => text)).rejects.toMatchObject(refusal('there is no goals file'));
  await expect(openGoalsFile(directory).read()).rejects.toMatchObject(refusal('is no file'));
  await writeFile(file, Buffer.from([0xff, 0xfe, 0x00]));
  await expect(openGoalsFile(file).read()).rejects.toMatchObject(refusal('UTF-8'));
  await truncate(file, 6 * 1024 * 1024);
  await expect(openGoalsFile(file).read()).rejects.toMatchObject(refusal('5 MiB'));
});

test.runIf(existsSync('/sys/kernel'))('a lock that can never be made is not waited for', async () => {
  await mkdir(path.join(directory, 'state/anton-logging'), { recursive: true });
  // Not even root may make a folder there.
  await symlink('/sys/kernel', path.join(directory, 'state/anton-logging/locks'));
  const began = performance.now();
  await expect(openGoalsFile(file).update(() => '1')).rejects.toThrow("can't be locked");
  expect(performance.now() - began).toBeLessThan(5_000);
});

test('what a process that died left beside the file goes, and nothing else', async () => {
  const folder = path.dirname(file);
  for (const name of ['goals.json.anton-logging-0b1c', 'goals.json.20240101', 'other.json.anton-logging-0b1c'])
    await writeFile(path.join(folder, name), '{"torn": ');
  await openGoalsFile(file).update((text) => text);
  expect((await readdir(folder)).toSorted()).toEqual(['goals.json', 'goals.json.20240101', 'other.json.anton-logging-0b1c']);
  await writeFile(path.join(folder, 'goals.json.anton-logging-2d3e'), '');
  await openGoalsFile(file).update(() => '1');
  expect(await readdir(folder)).not.toContain('goals.json.anton-logging-2d3e');
});
