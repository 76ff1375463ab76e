import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withRehearsal } from '../cli/rehearsal.ts';
import { type Ran, root, runCommand } from '../cli/run-command.ts';
import { findBlock, readBlocks } from './blocks.ts';

const file = join(root, 'README.md');
const readme = readFileSync(file, 'utf8');

test('the run that it shows is one that happens', async () => {
  const { exit, stderr } = await runCommand([
    'rehearse',
    '--goals',
    join(root, 'goals/goals.json'),
    '--to',
    '2',
    '--fault',
    'retention-off',
  ]);
  expect(exit).toBe(1);
  // How long it took is another thing each time.
  const untimed = (line: string) => line.replace(/\d+\.\d s after/, 'N s after');
  const shown = (readBlocks(file, 'text')[0] ?? []).map(untimed);
  const told = stderr.split('\n').map(untimed);
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.filter((line) => !told.includes(line))).toEqual([]);
  expect(told.filter((line) => shown.includes(line))).toEqual(shown);
});

test('its two commands are scripts of the package', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(readBlocks(file, 'sh')[0]).toEqual(['npm ci && npm run rehearse', 'npm test']);
  expect(Object.keys(scripts)).toEqual(
    expect.arrayContaining(['rehearse', 'test', 'anton-logging', 'bench:start-up', 'test:crash', 'rehearsal:size']),
  );
});

test('every folder of its map is there, and none is left out', () => {
  const map = [...readme.matchAll(/^\| `([a-z]+)\/` \|/gm)].map(([, folder]) => folder);
  expect(map).toEqual(['bin', 'goals', 'phases', 'src', 'test', 'docs', 'bench', 'scripts']);
  for (const folder of map) expect(() => readFileSync(join(root, folder ?? '', '.'))).toThrow('EISDIR');
});

test('the commands that it names do what it says, one after the other', { timeout: 120_000 }, async () => {
  const ran: [string, Ran][] = [];
  await withRehearsal(async ({ checkout }) => {
    await rm(join(checkout, 'goals'), { recursive: true });
    for (const line of [...findBlock(file, /^anton-logging init$/), ...findBlock(file, /^anton-logging approve /)])
      ran.push([line, await runCommand(wordsOf(line))]);
  });
  expect(ran.map(([line, { exit, stderr }]) => (exit === 0 ? line : `${line}: exit ${exit}: ${stderr}`))).toEqual(
    ran.map(([line]) => line),
  );
  expect(ran.at(-2)?.[1].stdout).toContain('completed');
});

/** The words of a command line without the program's name, quotes taken off. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '').slice(1);
}
