import { expect, it, vi } from 'vitest';
import { git } from '../adapters/support/git.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand } from './run-command.ts';

it.each(['run', 'phase run 1', 'resume'])('%s: without a terminal and without --yes nothing is written', async (line) => {
  await withRehearsal(async ({ checkout, url }) => {
    // A rehearsal never asks.
    vi.stubEnv('ANTON_LOGGING_REHEARSAL', '');
    const tip = git(checkout, 'ls-remote', 'origin');
    const { exit, stdout, stderr } = await runCommand(line.split(' '));
    expect([exit, stdout]).toEqual([2, '']);
    const remote = git(checkout, 'remote', 'get-url', 'origin').trim();
    expect(stderr).toContain(
      `  context:    rehearsal\n  API server: ${url}\n  repository: origin (${remote})\n  branch:     main\nError: nobody can be asked`,
    );
    expect(stderr).toContain('To fix it: say --yes when this is the right cluster and repository');
    expect(git(checkout, 'ls-remote', 'origin')).toBe(tip);
  });
});
