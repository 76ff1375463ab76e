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

it('a rollout whose claim is still there is taken back phase by phase, to the tree that it began with', { timeout: 120_000 }, async () => {
  await withRehearsal(async ({ checkout, world }) => {
    const file = join(checkout, 'goals/goals.json');
    const tree = () => {
      git(checkout, 'fetch', '--quiet', 'origin');
      return git(checkout, 'rev-parse', 'origin/main^{tree}');
    };
    const before = tree();
    const installed = world.store.list('helm.toolkit.fluxcd.io/v2', 'HelmRelease').map(({ metadata }) => metadata.name);
    await expectExit(0, 'run', '--to', '4', '--yes');

    expect(await expectExit(5, 'phase', 'rollback', '2', '--yes')).toContain(
      'To fix it: roll it back first: anton-logging phase rollback 4\n',
    );
    for (const number of ['4', '3', '2']) await expectExit(0, 'phase', 'rollback', number, '--yes');
    expect(world.store.list('helm.toolkit.fluxcd.io/v2', 'HelmRelease').map(({ metadata }) => metadata.name)).toEqual(installed);

    const refused = await expectExit(5, 'phase', 'rollback', '1', '--yes');
    expect(refused).toContain('rolling back phase 1 would lose bucket loki-logs, with all logs in it');
    expect(refused).toContain('anton-logging phase rollback 1 --lose "bucket loki-logs"');
    expect(await expectExit(0, 'phase', 'rollback', '1', '--lose', 'bucket loki-logs', '--dry-run')).toContain(
      'take back: claim bucket loki-logs',
    );
    await expectExit(0, 'phase', 'rollback', '1', '--lose', 'bucket loki-logs', '--yes');
    expect(tree()).toBe(before);
    const { initiative, phases } = JSON.parse(await readFile(file, 'utf8'));
    expect(phases.slice(1).map(({ status }: { status: string }) => status)).toEqual(phases.slice(1).map(() => 'pending'));
    expect(initiative.status).toBe('in_progress');

    await expectExit(0, 'run', '--to', '2', '--yes');
  });
});

it('Airflow goes back to its claim; a rollback that could not push is resumed as a rollback', { timeout: 120_000 }, async () => {
  await withRehearsal(async ({ checkout }) => {
    const release = 'kubernetes/apps/airflow/airflow/app/helmrelease.yaml';
    const airflow = () => {
      git(checkout, 'fetch', '--quiet', 'origin');
      return git(checkout, 'show', `origin/main:${release}`);
    };
    const before = airflow();
    await expectExit(0, 'run', '--to', '4', '--yes');
    // Approvals are a person's here, and there is none.
    vi.stubEnv('ANTON_LOGGING_REHEARSAL', undefined);
    expect(await expectExit(3, 'run', '--to', '5', '--yes')).toContain('approval: Removal of claim airflow/airflow-logs');
    expect(airflow()).not.toBe(before);

    const hook = join(git(checkout, 'remote', 'get-url', 'origin').trim(), 'hooks/pre-receive');
    await writeFile(hook, '#!/bin/sh\necho "not today" >&2\nexit 1\n');
    await chmod(hook, 0o755);
    const rollback = ['phase', 'rollback', '5', '--lose', 'bucket airflow-logs', '--yes'];
    expect(await expectExit(1, ...rollback)).toContain('not today');
    await rm(hook);
    expect(await expectExit(0, 'resume', '--yes')).toContain('phase 5 is rolled back');
    expect(airflow()).toBe(before);
    const { phases } = JSON.parse(await readFile(join(checkout, 'goals/goals.json'), 'utf8'));
    expect(phases[5].status).toBe('pending');
  });
});

it('without the claim there is no way back', { timeout: 120_000 }, async () => {
  await withRehearsal(async () => {
    await expectExit(0, 'run', '--yes');
    await expectExit(0, 'phase', 'rollback', '6', '--yes');
    const refused = await expectExit(5, 'phase', 'rollback', '5', '--lose', 'bucket airflow-logs', '--yes');
    expect(refused).toContain('claim airflow/airflow-logs is not there any more');
    expect(refused).toContain('which was kept (kubectl get pv)');
  });
});
