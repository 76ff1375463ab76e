import { expect, test } from 'vitest';
import { bringIn } from '#commands/support/faults.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand } from './run-command.ts';

const WEEK = 7 * 86_400_000;

test('a gap in the history is not quiet: the soak takes a week from there, not from before', { timeout: 120_000 }, async () => {
  await withRehearsal(async ({ world }) => {
    expect((await runCommand(['run', '--to', '5', '--yes'])).exit).toBe(0);
    const before = world.now().getTime();
    bringIn({ name: 'history-gap' }, world);
    const { exit, stderr } = await runCommand(['run', '--yes']);
    expect(exit, stderr).toBe(0);
    expect(world.now().getTime() - before).toBeGreaterThan(WEEK);
  });
});

test('without a gap the weeks before count', { timeout: 120_000 }, async () => {
  await withRehearsal(async ({ world }) => {
    expect((await runCommand(['run', '--to', '5', '--yes'])).exit).toBe(0);
    const before = world.now().getTime();
    expect((await runCommand(['run', '--yes'])).exit).toBe(0);
    expect(world.now().getTime() - before).toBeLessThan(WEEK);
  });
});
