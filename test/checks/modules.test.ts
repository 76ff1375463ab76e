import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Table } from './support.ts';

/**
 * The same cases as in verdicts.test.ts and wording.test.ts, but each module of tables is loaded within a test of its own, and nothing
 * of it before: so `npm run test:mutation` knows which mutant is run by which test, be it code that only runs when it is loaded.
 */
const DIRECTORY = path.join(import.meta.dirname, 'tables');
const modules = (await readdir(DIRECTORY))
  .map((file) => path.basename(file, '.ts'))
  .filter((name) => name !== 'index' && name !== 'measurements');
const wording = await readFile(path.join(import.meta.dirname, '__snapshots__/wording.md'), 'utf8');

beforeEach(() => vi.resetModules());

test.each(modules)('the cases of %s', { timeout: 60_000 }, async (name) => {
  const { expectRow, describeTable } = await import('./judging.ts');
  const { default: tables } = (await import(`./tables/${name}.ts`)) as { readonly default: readonly Table[] };
  for (const table of tables) {
    for (const row of table.rows) if (typeof row.when !== 'function') expectRow(table, row);
    expect(wording).toContain(describeTable(table));
  }
});

test('the cases of measurements', { timeout: 60_000 }, async () => {
  const { expectMeasured } = await import('./judging.ts');
  const { default: tables } = await import('./tables/measurements.ts');
  for (const table of tables) for (const row of table.rows) expectMeasured(table, row);
});

test('the table of reasons', { timeout: 60_000 }, async () => {
  const page = await readFile(path.join(import.meta.dirname, '__snapshots__/reasons.md'), 'utf8');
  const { describeReason } = await import('./judging.ts');
  const { REASONS } = await import('#checks/reasons.ts');
  expect(REASONS.map(describeReason).join('\n')).toBe(page);
});
