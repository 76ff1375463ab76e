import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { git, pushFiles } from '../adapters/support/git.ts';
import { withRehearsal } from './rehearsal.ts';
import { type Ran, root, runCommand } from './run-command.ts';
import { scratchFile, scratchFolder } from './scratch.ts';

async function savePlan(...argv: string[]): Promise<string> {
  const file = join(await scratchFolder(), 'plan.json');
  const { exit, stderr } = await runCommand(['plan', ...argv, '--out', file]);
  expect(exit, stderr).toBe(0);
  return file;
}

async function commitByHand({ checkout }: EmbeddedCluster): Promise<string> {
  git(checkout, 'config', 'user.name', 'Ada Lovelace');
  git(checkout, 'config', 'user.email', 'ada@example.org');
  git(checkout, 'pull', '--quiet', 'origin', 'main');
  await pushFiles(checkout, { 'notes.md': 'mine\n' }, 'a note of mine');
  return git(checkout, 'rev-parse', 'HEAD').trim();
}

const tipOf = ({ checkout }: EmbeddedCluster) => git(checkout, 'ls-remote', 'origin', 'refs/heads/main').slice(0, 40);

function expectRefused({ exit, stdout, stderr }: Ran, ...lines: readonly (string | RegExp)[]): void {
  expect(exit).toBe(2);
  expect(stdout).toBe('');
  for (const line of lines) expect(stderr).toMatch(line);
  expect(stderr).toContain('To fix it: see what a run would do now and save that: anton-logging plan --out FILE; nothing was changed');
}

describe('a saved plan', () => {
  it('is for its user alone, is run as it is, and can be resumed over its own commits', { timeout: 60_000 }, async () => {
    await withRehearsal(async (cluster) => {
      const file = await savePlan('1');
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ version: 1, from: 1, to: 1, nothing_to_do: false });
      expect((await runCommand(['phase', 'run', '0', '--yes'])).exit).toBe(0);

      const ran = await runCommand(['run', '--plan', file, '--yes']);
      expect(ran.exit, ran.stderr).toBe(0);
      expect(ran.stderr).toContain('phases 1 to 1');
      expect(git(cluster.checkout, 'fetch', '--quiet', 'origin')).toBe('');
      expect(git(cluster.checkout, 'log', '-1', '--format=%B', 'origin/main')).toMatch(/^Anton-Logging-Plan: [0-9a-f]{64}$/m);
      // As the run itself says at its end.
      git(cluster.checkout, 'config', 'user.name', 'Ada Lovelace');
      git(cluster.checkout, 'config', 'user.email', 'ada@example.org');
      git(cluster.checkout, 'pull', '--quiet', '--rebase', '--autostash', 'origin', 'main');
      git(cluster.checkout, 'add', 'goals/goals.json');
      git(cluster.checkout, 'commit', '--quiet', '-m', 'Record logging progress');
      git(cluster.checkout, 'push', '--quiet', 'origin', 'HEAD:main');
      const resumed = await runCommand(['resume', '--plan', file, '--yes']);
      expect(resumed.exit, resumed.stderr).toBe(0);

      const hash = await commitByHand(cluster);
      expectRefused(
        await runCommand(['resume', '--plan', file, '--yes']),
        `  repository: commit ${hash.slice(0, 10)} by Ada Lovelace came to main: a note of mine\n`,
      );
    });
  });

  it('is refused after a foreign commit, which is named, and nothing is pushed', { timeout: 60_000 }, async () => {
    await withRehearsal(async (cluster) => {
      const file = await savePlan('0');
      const hash = await commitByHand(cluster);
      const refused = await runCommand(['run', '--plan', file, '--yes']);
      expectRefused(refused, `  repository: commit ${hash.slice(0, 10)} by Ada Lovelace came to main: a note of mine\n`);
      expect(tipOf(cluster)).toBe(hash);
    });
  });

  it('is refused after an edit of what the goals declare, but not after progress', { timeout: 60_000 }, async () => {
    await withRehearsal(async (cluster) => {
      const goals = join(cluster.checkout, 'goals/goals.json');
      const file = await savePlan('1');
      expect((await runCommand(['phase', 'run', '0', '--yes'])).exit).toBe(0);
      const before = await readFile(goals, 'utf8');
      expect(JSON.parse(before).phases[0].status).toBe('completed');
      await writeFile(
        goals,
        JSON.stringify({
          ...JSON.parse(before),
          environment: {
            ...JSON.parse(before).environment,
            loki: { retention: '90d', values: { loki: { storage: { password: 'hunter2' } } } },
          },
        }),
      );
      const tip = tipOf(cluster);
      const refused = await runCommand(['run', '--plan', file, '--yes']);
      expectRefused(refused, /^ {2}goals: \/environment\/loki\/retention: was .+, is 90d$/m, /password: was not there, is \*\*\*$/m);
      expect(refused.stderr).not.toContain('hunter2');
      expect(tipOf(cluster)).toBe(tip);

      await writeFile(goals, before);
      const ran = await runCommand(['run', '--plan', file, '--yes']);
      expect(ran.exit, ran.stderr).toBe(0);
    });
  });

  it('is refused on another cluster, and by another phase', { timeout: 60_000 }, async () => {
    let file = '';
    await withRehearsal(async () => {
      file = await savePlan('1');
      const { exit, stderr } = await runCommand(['phase', 'run', '2', '--plan', file, '--yes']);
      expect([exit, stderr]).toEqual([2, expect.stringContaining('is a plan of phases 1 to 1, not of phase 2')]);
    });
    await withRehearsal(async () => {
      expectRefused(
        await runCommand(['run', '--plan', file, '--yes']),
        /^ {2}cluster: the API server was http:\S+, is http:\S+$/m,
        /^ {2}cluster: it is another one: namespace kube-system had uid \S+, has \S+$/m,
      );
    });
  });

  it('is refused when an object or file that it would change is not what it was', { timeout: 60_000 }, async () => {
    await withRehearsal(async () => {
      const file = await savePlan('1');
      const plan = JSON.parse(await readFile(file, 'utf8'));
      const [part] = plan.phases[0].objectives[0].changes[0].parts;
      part.digest = '0'.repeat(64);
      const other = await scratchFile('plan.json', JSON.stringify(plan));
      expectRefused(
        await runCommand(['run', '--plan', other, '--yes']),
        `  planned change: 1.1 ${part.name}: it would become something else`,
      );
    });
  });

  it('holds no secret, whatever the goals hold', { timeout: 60_000 }, async () => {
    const goals = JSON.parse(await readFile(join(root, 'goals/goals.json'), 'utf8'));
    const extraEnv = [{ name: 'DB_PASSWORD', value: 'hunter2' }];
    goals.environment = {
      ...goals.environment,
      loki: { ...goals.environment?.loki, values: { apiToken: 'hunter2', singleBinary: { extraEnv } } },
    };
    await withRehearsal(
      async () => {
        const file = await savePlan();
        const shown = await runCommand(['plan']);
        for (const text of [await readFile(file, 'utf8'), shown.stdout, (await runCommand(['plan', '-o', 'json'])).stdout]) {
          expect(text).toContain('apiToken');
          expect(text).not.toContain('hunter2');
        }
      },
      await scratchFile('goals.json', JSON.stringify(goals)),
    );
  });

  it('does not replace what is no plan', { timeout: 60_000 }, async () => {
    await withRehearsal(async ({ checkout }) => {
      const goals = join(checkout, 'goals/goals.json');
      const before = await readFile(goals, 'utf8');
      const { exit, stderr } = await runCommand(['plan', '0', '--out', goals]);
      expect([exit, stderr]).toEqual([2, expect.stringContaining(`${goals} is there already, and it is no plan`)]);
      expect(await readFile(goals, 'utf8')).toBe(before);
    });
  });
});

describe('a plan file', () => {
  const goals = join(root, 'goals/goals.json');

  it.each([
    ['that is empty', '', 'FILE is empty'],
    ['that is cut off', '{\n  "version": 1,\n', 'FILE:3:1: the file is cut off'],
    ['of another kind', '{}', 'FILE:1:1: /version is missing: this is no plan'],
    ['of another release', '{\n  "version": 2\n}', 'FILE:2:14: /version is of another release'],
    ['with a wrong field', '{\n  "version": 1,\n  "made": "now",\n  "from": -1\n}', 'FILE:4:11: /from is not what it should be'],
    ['with a field missing', '{\n  "version": 1,\n  "made": "now",\n  "from": 1\n}', 'FILE:1:1: /to is missing'],
  ])('%s is refused before anything is touched', async (_, content, message) => {
    const file = await scratchFile('plan.json', content);
    const { exit, stdout, stderr } = await runCommand(['run', '--plan', file, '--yes', '--goals', goals]);
    expect([exit, stdout, stderr.replaceAll(file, 'FILE')]).toEqual([2, '', expect.stringContaining(message)]);
    expect(stderr).toContain('To fix it: make it anew: anton-logging plan --out FILE; nothing was changed');
  });

  it('that is missing is named', async () => {
    const file = join(await scratchFolder(), 'nowhere.json');
    const { exit, stderr } = await runCommand(['run', '--plan', file, '--yes', '--goals', goals]);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(`there is no plan ${file}`)]);
  });
});
