import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import type { Tree } from '#rehearsal/tree.ts';
import { withRehearsal } from '../rehearsal.ts';
import { runCommand, runEvents } from '../run-command.ts';
import { git } from './lab.ts';

/** What a Git server does whose main is protected: it takes branches, offers a pull request, and lets only a reviewer's merge through. */
const PROTECTED = `#!/bin/sh
while read old new ref; do
  if [ "$ref" = refs/heads/main ] && [ -z "$REVIEWER" ]; then echo "main is protected" >&2; exit 1; fi
  echo "Create a pull request for this branch by visiting:" >&2
  echo "   https://git.example.org/homelab/compare/\${ref#refs/heads/}" >&2
done
`;

async function protectMain({ remote, checkout }: EmbeddedCluster, delivery: 'push' | 'pull-request'): Promise<void> {
  const hook = join(remote, 'hooks/pre-receive');
  await writeFile(hook, PROTECTED);
  await chmod(hook, 0o755);
  const file = join(checkout, 'goals/goals.json');
  const goals = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...goals, environment: { ...goals.environment, gitops: { delivery } } }));
  // A rehearsal would merge as it approves.
  vi.stubEnv('ANTON_LOGGING_REHEARSAL', '');
}

const branchesOf = ({ remote }: EmbeddedCluster) =>
  git(remote, 'for-each-ref', '--format=%(refname:short)', 'refs/heads/anton-logging').trim().split('\n').filter(Boolean);

/** What a reviewer does with the one branch that is not merged. */
function merge({ checkout }: EmbeddedCluster, branch: string, how: 'merge' | 'squash' | 'rebase'): void {
  const work = join(checkout, '..', 'reviewer');
  git(checkout, 'fetch', '--quiet', 'origin');
  git(checkout, 'worktree', 'add', '--quiet', '--force', '--detach', work, 'origin/main');
  const as = ['-c', 'user.name=Reviewer', '-c', 'user.email=reviewer@example.org'];
  git(work, ...as, 'commit', '--quiet', '--allow-empty', '-m', 'meanwhile');
  if (how === 'merge') git(work, ...as, 'merge', '--quiet', '--no-ff', '-m', 'merged', `origin/${branch}`);
  if (how === 'rebase') git(work, ...as, 'cherry-pick', `origin/${branch}`);
  if (how === 'squash') {
    git(work, 'merge', '--quiet', '--squash', `origin/${branch}`);
    git(work, ...as, 'commit', '--quiet', '-m', 'squashed');
  }
  process.env.REVIEWER = '1';
  git(work, 'push', '--quiet', 'origin', 'HEAD:main');
  delete process.env.REVIEWER;
  git(checkout, 'worktree', 'remove', '--force', work);
}

const ofType = (events: readonly Tree[], type: string) => events.filter((event) => event.type === type);

test('a protected main without it: the refusal says how to have branches pushed', { timeout: 120_000 }, async () => {
  await withRehearsal(async (cluster) => {
    await protectMain(cluster, 'push');
    const { exit, stdout } = await runCommand(['run', '--to', '1', '--yes']);
    expect(exit).toBe(1);
    expect(stdout).toContain('the push to origin/main was refused: remote: main is protected');
    expect(stdout).toContain('environment.gitops.delivery: "pull-request"');
  });
});

test('a branch is pushed once, and a run waits until it is merged, however that is done', { timeout: 120_000 }, async () => {
  await withRehearsal(async (cluster) => {
    await protectMain(cluster, 'pull-request');
    const main = git(cluster.remote, 'rev-parse', 'main');
    const plan = await runCommand(['plan', '1']);
    expect(plan.stdout).toContain('1.1 gate    each commit is pushed as a branch, and somebody merges it');
    expect(branchesOf(cluster)).toEqual([]);

    const first = await runCommand(['run', '--to', '1', '--yes']);
    const [one = ''] = branchesOf(cluster);
    expect(first.stdout).toBe(
      `  phase 0  completed\n  phase 1  waiting\nwaiting: branch ${one} of origin waits to be merged into main: claim bucket loki-logs for Loki\n` +
        `To go on: have it reviewed and merged (https://git.example.org/homelab/compare/${one}), then: anton-logging resume; to have it pushed anew, delete the branch at the remote\n`,
    );
    expect(first.exit).toBe(3);
    expect(first.stderr).toContain('branch:     main, by branches that somebody merges');
    expect(one).toMatch(/^anton-logging\/claim-bucket-loki-logs-for-loki-[0-9a-f]{8}$/);
    expect(git(cluster.remote, 'rev-parse', 'main')).toBe(main);
    expect((await runCommand(['status', '--offline'])).stdout).toContain(one);

    const pushed = git(cluster.remote, 'rev-parse', one);
    const again = await runEvents(['resume', '--yes']);
    expect(again.exit).toBe(3);
    expect(ofType(again.events, 'change.planned')).toEqual([]);
    expect(ofType(again.events, 'gate.waiting')).toMatchObject([{ kind: 'merge', gate: 'git.merge', objective: '1.1' }]);
    expect(git(cluster.remote, 'rev-parse', one)).toBe(pushed);

    // Closed and deleted: it is pushed anew.
    git(cluster.remote, 'branch', '-D', one);
    const anew = await runEvents(['resume', '--yes']);
    expect(anew.exit).toBe(3);
    expect(ofType(anew.events, 'change.applied')).toMatchObject([{ result: expect.stringContaining(one) }]);

    merge(cluster, one, 'squash');
    const next = await runEvents(['resume', '--yes']);
    expect(next.exit).toBe(3);
    expect(ofType(next.events, 'objective.finished').slice(-2)).toMatchObject([
      { objective: '1.1', state: 'completed' },
      { objective: '1.2', state: 'waiting' },
    ]);
    const two = branchesOf(cluster).find((branch) => branch !== one) ?? '';
    merge(cluster, two, 'rebase');
    const last = await runEvents(['resume', '--yes']);
    expect(last.exit, JSON.stringify(last.events.at(-1))).toBe(0);
    expect(ofType(last.events, 'change.planned').filter((event) => event.do === 'commit')).toEqual([]);

    const third = await runEvents(['phase', 'run', '2', '--yes']);
    expect(third.exit).toBe(3);
    const three = branchesOf(cluster).find((branch) => branch !== one && branch !== two) ?? '';
    merge(cluster, three, 'merge');
    const done = await runEvents(['resume', '--yes']);
    expect(ofType(done.events, 'objective.finished').find(({ objective }) => objective === '2.1')).toMatchObject({ state: 'completed' });
  });
});
