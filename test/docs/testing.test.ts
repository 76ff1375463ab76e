import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../cli/run-command.ts';

const page = readFileSync(join(root, 'docs/testing.md'), 'utf8');

test('its table has every script of the package that tests something, and no other', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const named = [...page.matchAll(/^\| `npm (?:run )?([\w:]+)` \|/gm)].map(([, name]) => name ?? '');
  const testing = Object.keys(scripts).filter((name) => /^(test|exam|cluster)\b/.test(name));
  expect(named.toSorted()).toEqual(testing.toSorted());
});

test('every file and folder that it names is there', () => {
  const named = [...page.matchAll(/`((?:test|src)\/[\w./-]+)`/g)].map(([, file]) => file ?? '');
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
