import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withRehearsal } from './rehearsal.ts';
import { root, runCommand, runEvents } from './run-command.ts';

const REAL = join(root, '../shared/real-goals');
/** Keys below which a run may write, and the ones that it may change. */
const OURS = new Set(['status', 'started_date', 'completion_date', 'completed_date', 'evidence', 'observed', 'last_updated']);

describe.skipIf(!existsSync(REAL))('real goals files (they are read where they are; skipped where the folder is missing)', () => {
  test.each(['logging-mid-rollout.json', 'logging-clean-slate.json'])(
    '%s is rolled out to its end, and written back with nothing but progress and evidence',
    { timeout: 90_000 },
    async (name) => {
      const file = join(REAL, name);
      await withRehearsal(async ({ checkout }) => {
        const { exit, events } = await runEvents(['run', '--yes']);
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
        expect(events.at(-1)).toMatchObject({ type: 'run.finished', state: 'completed', exit: 0 });
        expect(exit).toBe(0);
        const before = JSON.parse(readFileSync(file, 'utf8'));
        const after = JSON.parse(readFileSync(join(checkout, 'goals/goals.json'), 'utf8'));
        expect(differences(before, after)).toEqual([]);
        expect(after.phases.map(({ status }: { status: string }) => status)).toEqual(Array(7).fill('completed'));
      }, file);
    },
  );

  test('goals of another rollout show, but do not run', async () => {
    const file = join(REAL, 'ceph-with-skips.json');
    expect(await runCommand(['goals', 'validate', file])).toMatchObject({ exit: 0 });
    expect((await runCommand(['status', '--offline', '--goals', file])).stdout).toContain('Backup Current State');
    const { exit, stderr } = await runCommand(['run', '--yes', '--goals', file]);
    expect(exit).toBe(2);
    expect(stderr).toContain('there are no phases for that rollout');
  });
});

/** Pointers of what differs, apart from what is ours to write. */
function differences(before: unknown, after: unknown, pointer = ''): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) return [pointer];
  const [old, now] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((key) => !OURS.has(key));
  return keys.flatMap((key) => differences(old[key], now[key], `${pointer}/${key}`));
}
