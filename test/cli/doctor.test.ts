import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Examination, ExaminedThing } from '#model/examination.ts';
import { becomeLimited } from './limited.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand } from './run-command.ts';
import { scratchFile, scratchFolder } from './scratch.ts';

describe('doctor', () => {
  it('finds all well where a rollout can begin, part by part, and writes nothing', async () => {
    await withRehearsal(async (cluster) => {
      const file = join(cluster.checkout, 'goals/goals.json');
      const goals = await readFile(file, 'utf8');
      const { exit, stdout } = await runCommand(['doctor', '--no-color']);
      expect(exit, stdout).toBe(0);
      expect(stdout.split('\n').filter((line) => /^\w/.test(line))).toEqual([
        'Tools',
        'Goals',
        'Cluster',
        'Repository',
        'What is installed',
        'Permissions of what is left',
        expect.stringMatching(/^(\d+) of \1 are well$/),
      ]);
      expect(stdout).toMatch(/^ {2}met {5}git is at least 2\.31\.0: git version 2\.\d+/m);
      expect(stdout).toContain(`  met     The API server answers: rehearsal (${cluster.url}), a rehearsal\n`);
      expect(stdout).toContain(': helm-controller v1.7.0, ');
      expect(stdout).toMatch(/Permissions of phase 2 \(Loki Deployment\): (\d+) of \1 granted\n/);
      expect(await readFile(file, 'utf8')).toBe(goals);
    });
  });

  it('names what is denied, for each phase that is left, and the command that prints the role: exit 5', async () => {
    await withRehearsal(async (cluster) => {
      vi.stubEnv('ANTON_LOGGING_REHEARSAL', '');
      await becomeLimited(cluster, (rule) => !rule.resources.includes('jobs'));
      const { exit, notWell } = await examine();
      expect(exit).toBe(5);
      expect(notWell.map(({ id, cause }) => [id, cause])).toEqual([
        [
          'permissions.phase-5',
          [
            'get jobs.batch in airflow (name airflow-log-archive)',
            'list jobs.batch in airflow',
            'watch jobs.batch in airflow',
            'create jobs.batch in airflow',
            'patch jobs.batch in airflow (name airflow-log-archive)',
            'delete jobs.batch in airflow (name airflow-log-archive)',
          ],
        ],
        [
          'permissions.looks',
          ['get jobs.batch in airflow (name airflow-log-archive)', 'list jobs.batch in airflow', 'watch jobs.batch in airflow'],
        ],
      ]);
      expect(notWell[0]?.remedy).toContain('anton-logging doctor --role --subject "User:$(kubectl auth whoami');
    });
  });

  it('cannot tell what it may not see: exit 7', async () => {
    await withRehearsal(async (cluster) => {
      vi.stubEnv('ANTON_LOGGING_REHEARSAL', '');
      await becomeLimited(cluster, ({ resources }) => !resources.includes('nodes'));
      const { exit, notWell } = await examine();
      expect(exit, JSON.stringify(notWell)).toBe(7);
      expect(notWell.find(({ id }) => id === 'cluster.nodes-ready')).toMatchObject({
        state: 'unknown',
        saw: 'nodes in all namespaces could not be read',
      });
      expect(notWell.find(({ id }) => id === 'permissions.phase-0')?.cause).toContain('list nodes');
    });
  });

  it('tells what is missing in the cluster', async () => {
    await withRehearsal(async ({ world }) => {
      const definition = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' };
      world.store.remove({ ...definition, name: 'externalsecrets.external-secrets.io' });
      const { exit, notWell } = await examine();
      expect(exit).toBe(5);
      expect(notWell).toEqual([
        {
          part: 'installed',
          id: 'external-secrets.installed',
          title: 'External Secrets is installed',
          state: 'failed',
          saw: 'the API server does not serve externalsecrets.external-secrets.io/v1',
          cause: ['External Secrets is not installed, or is too old or too new for v1'],
          remedy: expect.stringContaining('https://external-secrets.io/'),
        },
      ]);
    });
  });

  it('goes on where something outer is missing: tools and repository without an API server, the cluster without goals', async () => {
    await withRehearsal(async (cluster) => {
      const elsewhere = (await readFile(process.env.KUBECONFIG as string, 'utf8')).replace(new URL(cluster.url).host, '127.0.0.1:1');
      const unreachable = await examine('--kubeconfig', await scratchFile('kubeconfig', elsewhere));
      expect(unreachable.exit).toBe(7);
      expect(idsOf(unreachable.notWell)).toEqual(['cluster.answers']);
      expect(idsOf(unreachable.findings)).toEqual(expect.arrayContaining(['tools.git', 'cluster.kubeconfig', 'git.remote-usable']));

      const noContext = await examine('--context', 'moon');
      expect(noContext.exit).toBe(5);
      expect(noContext.notWell).toMatchObject([{ id: 'cluster.kubeconfig', remedy: 'choose one with --context: rehearsal' }]);

      const noGoals = await examine('--goals', '/nowhere/goals.json');
      expect(noGoals.exit).toBe(5);
      expect(idsOf(noGoals.notWell)).toEqual(['goals.load']);
      expect(idsOf(noGoals.findings)).toEqual(expect.arrayContaining(['cluster.version-supported', 'cluster.clock-agrees']));

      vi.spyOn(process, 'cwd').mockReturnValue(await scratchFolder());
      const noCheckout = await examine('--goals', join(cluster.checkout, 'goals/goals.json'));
      expect(noCheckout.exit).toBe(5);
      expect(idsOf(noCheckout.notWell)).toEqual(['git.checkout']);
    });
  });

  it('prints causes and remedy below what is not well', async () => {
    await withRehearsal(async ({ checkout }) => {
      const goals = JSON.parse(await readFile(join(checkout, 'goals/goals.json'), 'utf8'));
      const environment = { ...goals.environment, gitops: { ...goals.environment?.gitops, branch: 'trunk' } };
      const file = await scratchFile('goals.json', '');
      await writeFile(file, JSON.stringify({ ...goals, environment }));
      const { exit, stdout } = await runCommand(['doctor', '--no-color', '--goals', file]);
      expect(exit).toBe(5);
      expect(stdout).toMatch(
        /^ {2}failed {2}The Git remote can be read and would take a push: origin \(.*\) has no branch trunk\n {12}Flux follows a branch that is not there\n {10}to fix it: name the right one in environment\.gitops\.branch\n/m,
      );
      expect(stdout).toMatch(/\d+ of \d+ are well, \d+ not met\n$/);
    });
  });
});

/** Whatever is not well has a remedy. */
async function examine(...flags: readonly string[]): Promise<Examination & { readonly notWell: readonly ExaminedThing[] }> {
  const { exit, stdout } = await runCommand(['doctor', '-o', 'json', ...flags]);
  const examination: Examination = JSON.parse(stdout);
  const notWell = examination.findings.filter(({ state }) => state !== 'met');
  expect(notWell.filter(({ remedy = '' }) => remedy === '')).toEqual([]);
  expect(examination.exit).toBe(exit);
  return { ...examination, notWell };
}

function idsOf(things: readonly ExaminedThing[]): readonly string[] {
  return things.map(({ id }) => id);
}
