import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../cli/run-command.ts';

const page = readFileSync(join(root, 'docs/testing.md'), 'utf8');

test('every command of its table is a script of the package', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const named = [...page.matchAll(/^\| `npm (?:run )?([\w:]+)` \|/gm)].map(([, name]) => name ?? '');
  expect(named).toEqual(['test', 'test:real', 'cluster:real', 'test:crash']);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
});

test('every file and folder that it names is there', () => {
  const named = [...page.matchAll(/`((?:test|src)\/[\w./-]+)`/g)].map(([, file]) => file ?? '');
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
