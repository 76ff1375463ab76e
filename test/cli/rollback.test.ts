import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { git } from '../adapters/support/git.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand } from './run-command.ts';

async function expectExit(wanted: number, ...argv: string[]): Promise<string> {
  const { exit, stdout, stderr } = await runCommand(argv);
  expect(`${argv.join(' ')}: exit ${exit}`, stdout + stderr).toBe(`${argv.join(' ')}: exit ${wanted}`);
  return stdout + stderr;
}

it('a rollout is taken back phase by phase, to the tree that it began with; one that could not push is resumed', {
  timeout: 120_000,
}, async () => {
  await withRehearsal(async ({ checkout, world }) => {
    const file = join(checkout, 'goals/goals.json');
    const tree = () => {
      git(checkout, 'fetch', '--quiet', 'origin');
      return git(checkout, 'rev-parse', 'origin/main^{tree}');
    };
    const releases = () => world.store.list('helm.toolkit.fluxcd.io/v2', 'HelmRelease').map(({ metadata }) => metadata.name);
    const before = { tree: tree(), releases: releases() };
    await expectExit(0, 'run', '--to', '4', '--yes');
    // Approvals are a person's here, and there is none.
    vi.stubEnv('ANTON_LOGGING_REHEARSAL', undefined);
    expect(await expectExit(3, 'run', '--to', '5', '--yes')).toContain('approval: Removal of claim airflow/airflow-logs');

    expect(await expectExit(5, 'phase', 'rollback', '2', '--yes')).toContain(
      'To fix it: roll it back first: anton-logging phase rollback 5\n',
    );
    const refused = await expectExit(5, 'phase', 'rollback', '5', '--yes');
    expect(refused).toContain('rolling back phase 5 would lose bucket airflow-logs, with all logs in it');
    expect(refused).toContain('anton-logging phase rollback 5 --lose "bucket airflow-logs"');
    expect(await expectExit(2, 'phase', 'rollback', '5', '--lose', 'bucket x', '--yes')).toContain(
      'what would be lost: bucket airflow-logs',
    );

    const hook = join(git(checkout, 'remote', 'get-url', 'origin').trim(), 'hooks/pre-receive');
    await writeFile(hook, '#!/bin/sh\necho "not today" >&2\nexit 1\n');
    await chmod(hook, 0o755);
    expect(await expectExit(1, 'phase', 'rollback', '5', '--lose', 'bucket airflow-logs', '--yes')).toContain('not today');
    await rm(hook);
    expect(await expectExit(0, 'resume', '--yes')).toContain('phase 5 is rolled back');
    for (const number of ['4', '3', '2']) await expectExit(0, 'phase', 'rollback', number, '--yes');
    expect(releases()).toEqual(before.releases);
    const last = ['phase', 'rollback', '1', '--lose', 'bucket loki-logs'];
    expect(await expectExit(0, ...last, '--dry-run')).toContain('take back: claim bucket loki-logs');
    await expectExit(0, ...last, '--yes');
    expect(tree()).toBe(before.tree);
    const { initiative, phases } = JSON.parse(await readFile(file, 'utf8'));
    expect(phases.map(({ status }: { status: string }) => status)).toEqual(['completed', ...phases.slice(1).map(() => 'pending')]);
    expect(initiative.status).toBe('in_progress');
  });
});
