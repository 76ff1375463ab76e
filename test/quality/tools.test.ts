import { resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const TIMEOUT = 120_000;

/** What the tool says when it is not content; empty when it is. */
async function complaintsOf(tool: string, ...args: readonly string[]): Promise<string> {
  const { all, failed } = await execa(tool, args, { cwd: root, preferLocal: true, reject: false, all: true, env: { NO_COLOR: '1' } });
  return failed ? all : '';
}

describe('the sources', () => {
  it('are formatted, linted, and keep to their layers', { timeout: TIMEOUT }, async () => {
    expect(await complaintsOf('biome', 'check', '--error-on-warnings', '--max-diagnostics=50')).toBe('');
  });

  it('type check', { timeout: TIMEOUT }, async () => {
    expect(await complaintsOf('tsc', '-p', '.')).toBe('');
  });

  it('have no unused file, export or dependency', { timeout: TIMEOUT }, async () => {
    expect(await complaintsOf('knip', '--no-progress')).toBe('');
  });
});
