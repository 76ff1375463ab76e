import { expect, test } from 'vitest';
import { openRepository } from '#adapters/git/repository.ts';
import { createObserver } from '#adapters/observer.ts';
import type { Commit } from '#model/change.ts';
import { git, pushFiles, repositoryWith } from './support/git.ts';

const { signal } = new AbortController();
const author = { run: 'run-1', journal: 'abc' };
const LIST = 'resources:\n  - ./one # first\n';
const wanted: Commit = {
  do: 'commit',
  why: 'deploy Loki',
  files: { 'apps/loki/ks.yaml': 'kind: Kustomization\n', 'docs/runbook.md': '# Runbook\n', 'apps/old.yaml': null },
  edits: [
    { file: 'apps/kustomization.yaml', at: ['resources'], add: './loki' },
    { file: 'apps/airflow.yaml', at: ['spec', 'values', 'a'], set: 1 },
  ],
};

async function lab() {
  const { bare, checkout } = await repositoryWith({ 'apps/kustomization.yaml': LIST, 'apps/airflow.yaml': 'spec: {}\n' });
  const repository = await openRepository({ directory: checkout, remote: 'origin', branch: 'main' });
  const { sha } = await repository.commit(wanted, author, false, signal);
  git(checkout, 'pull', '--quiet', 'origin', 'main');
  const look = async (change: Pick<Commit, 'files' | 'edits'> = wanted) => (await repository.differences(change, signal)).differences;
  return { bare, checkout, repository, sha, look };
}

test('as it was committed there is none', async () => {
  const { look, repository, sha } = await lab();
  expect(await look()).toEqual([]);
  expect(await repository.differences({ files: {} }, signal)).toEqual({ of: 'differences', tip: sha, differences: [] });
});

test('what somebody changed is told with who, when and in which commit', async () => {
  const { look, checkout, bare } = await lab();
  git(checkout, 'config', 'user.name', 'Ada Lovelace');
  git(checkout, 'rm', '--quiet', 'docs/runbook.md');
  await pushFiles(checkout, { 'apps/loki/ks.yaml': 'kind: Mine\n', 'apps/old.yaml': 'a: 1\n', 'apps/kustomization.yaml': LIST }, 'by hand');
  await pushFiles(checkout, { 'apps/airflow.yaml': 'spec: [\n' }, 'broken');
  await pushFiles(checkout, { unrelated: 'a' }, 'unrelated');
  const [broken, byHand] = git(bare, 'log', '--format=%H', '-2', 'main~1').trim().split('\n');
  const last = { commit: byHand, by: 'Ada Lovelace', at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), subject: 'by hand' };
  expect(await look()).toEqual([
    { file: 'apps/loki/ks.yaml', state: 'edited', last },
    { file: 'docs/runbook.md', state: 'missing', last },
    { file: 'apps/old.yaml', state: 'edited', last },
    { file: 'apps/kustomization.yaml', state: 'edited', at: 'resources', last },
    { file: 'apps/airflow.yaml', state: 'edited', at: 'spec.values.a', last: { ...last, commit: broken, subject: 'broken' } },
  ]);
});

test('what is as we left it, but is wanted otherwise, is outdated; what never was there is missing', async () => {
  const { look } = await lab();
  const files = { 'apps/loki/ks.yaml': 'kind: New\n', 'apps/new.yaml': 'a: 1\n' };
  expect(await look({ files, edits: [{ file: 'apps/none.yaml', at: ['a'], set: 1 }] })).toEqual([
    { file: 'apps/loki/ks.yaml', state: 'outdated', last: expect.objectContaining({ by: 'Somebody', subject: 'deploy Loki' }) },
    { file: 'apps/new.yaml', state: 'missing' },
    { file: 'apps/none.yaml', state: 'missing' },
  ]);
});

test('looking leaves nothing behind, and an unreachable remote is no answer', async () => {
  const { checkout, repository } = await lab();
  const before = git(checkout, 'count-objects', '-v') + git(checkout, 'status', '--porcelain');
  const observer = createObserver({ kubernetes: {} as never, repository, clock: { now: () => new Date(), sleep: async () => {} } });
  const request = { of: 'git', look: 'differences', files: { 'apps/loki/ks.yaml': 'other\n' } } as const;
  expect(await observer.read(request, signal)).toMatchObject({ differences: [{ state: 'outdated' }] });
  expect(git(checkout, 'count-objects', '-v') + git(checkout, 'status', '--porcelain')).toBe(before);
  git(checkout, 'remote', 'set-url', 'origin', '/nowhere');
  await expect(repository.differences({ files: {} }, signal)).rejects.toMatchObject({ name: 'Unobserved', reason: 'unreachable' });
});
