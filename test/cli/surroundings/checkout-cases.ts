import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { runCommand } from '../run-command.ts';
import { scratchFolder } from '../scratch.ts';
import { type Case, COMES_THROUGH, git, type Lab } from './lab.ts';

function goTo(directory: string): void {
  vi.spyOn(process, 'cwd').mockReturnValue(directory);
}

/** The goals of the checkout, in another one. */
async function takeGoals({ goals }: Lab, to: string): Promise<void> {
  await mkdir(join(to, 'goals'), { recursive: true });
  await cp(goals, join(to, 'goals/goals.json'));
}

async function cloneInto(lab: Lab, name: string, ...flags: readonly string[]): Promise<string> {
  const clone = join(await scratchFolder(), name);
  git(lab.checkout, 'clone', '--quiet', ...flags, lab.remote, clone);
  git(clone, 'config', 'user.name', 'Homelab');
  git(clone, 'config', 'user.email', 'homelab@example.org');
  return clone;
}

/** Everything that the homelab has, at the top of the repository and applied from there. */
async function makeFlat({ checkout, cluster: { world } }: Lab): Promise<void> {
  for (const entry of await readdir(join(checkout, 'kubernetes/apps')))
    await rename(join(checkout, 'kubernetes/apps', entry), join(checkout, entry));
  for (const file of ['monitoring/kube-prometheus-stack/ks.yaml', 'airflow/airflow/ks.yaml']) {
    const text = await readFile(join(checkout, file), 'utf8');
    await writeFile(join(checkout, file), text.replace('./kubernetes/apps/', './'));
  }
  // Flat: what was a directory of its own is listed at the top.
  await writeFile(
    join(checkout, 'kustomization.yaml'),
    'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - ./monitoring/kube-prometheus-stack/ks.yaml\n  - ./airflow/airflow/ks.yaml\n',
  );
  for (const list of ['monitoring', 'airflow']) await rm(join(checkout, list, 'kustomization.yaml'));
  git(checkout, 'add', '--all', '--', '.', ':!goals');
  git(checkout, 'commit', '--quiet', '-m', 'flat');
  git(checkout, 'push', '--quiet', 'origin', 'HEAD:main');
  const paths: Readonly<Record<string, string>> = { 'cluster-apps': './', airflow: './airflow/airflow/app' };
  for (const object of world.store.list('kustomize.toolkit.fluxcd.io/v1', 'Kustomization')) {
    const path = paths[object.metadata.name];
    if (path !== undefined) world.store.put({ ...object, spec: { ...(object.spec as object), path } });
  }
}

async function draftGoals({ goals }: Lab, directory: string): Promise<void> {
  await rm(goals, { force: true });
  const { exit, stderr } = await runCommand(['init']);
  expect(exit, stderr).toBe(0);
  expect(JSON.parse(await readFile(goals, 'utf8')).environment.gitops.directory).toBe(directory);
}

/** Files that have nothing to do with the cluster, by the thousand, in one commit. */
function addTree(checkout: string, count: number): void {
  const head = git(checkout, 'rev-parse', 'HEAD').trim();
  const files = Array.from(
    { length: count },
    (_, index) => `M 100644 inline services/${index % 97}/src/${index}.yaml\ndata 8\nkey: {{\n\n`,
  );
  const input = `commit refs/heads/main\ncommitter Somebody <somebody@example.org> 0 +0000\ndata 4\nhuge\nfrom ${head}\n${files.join('')}`;
  execFileSync('git', ['-C', checkout, 'fast-import', '--quiet', '--force'], { input });
  git(checkout, 'reset', '--quiet');
  git(checkout, 'push', '--quiet', 'origin', 'main');
}

export const CHECKOUTS: readonly Case[] = [
  {
    ...COMES_THROUGH,
    name: 'A detached HEAD, edited files and a full index',
    async arrange({ checkout }) {
      git(checkout, 'checkout', '--quiet', '--detach');
      await writeFile(join(checkout, 'staged.txt'), 'mine\n');
      git(checkout, 'add', 'staged.txt');
      await writeFile(join(checkout, 'kubernetes/apps/kustomization.yaml'), 'edited: true\n');
    },
  },
  {
    ...COMES_THROUGH,
    name: 'Another branch than the one that Flux follows',
    arrange: async ({ checkout }) => git(checkout, 'checkout', '--quiet', '-b', 'mine'),
  },
  {
    ...COMES_THROUGH,
    name: 'A branch without a commit',
    async arrange({ checkout }) {
      git(checkout, 'checkout', '--quiet', '--orphan', 'empty');
      git(checkout, 'rm', '-r', '-f', '--quiet', '.');
    },
  },
  {
    ...COMES_THROUGH,
    name: 'A folder deep in the checkout',
    arrange: async ({ checkout }) => goTo(join(checkout, 'kubernetes/apps/monitoring')),
  },
  {
    ...COMES_THROUGH,
    name: 'A linked worktree',
    async arrange(lab) {
      const linked = join(await scratchFolder(), 'linked');
      git(lab.checkout, 'worktree', 'add', '--quiet', '--detach', linked);
      await takeGoals(lab, linked);
      goTo(linked);
    },
  },
  {
    ...COMES_THROUGH,
    name: 'A bare repository',
    async arrange(lab) {
      goTo(await cloneInto(lab, 'homelab.git', '--bare'));
      return ['--goals', lab.goals];
    },
  },
  {
    ...COMES_THROUGH,
    name: 'A shallow clone',
    async arrange(lab) {
      const clone = await cloneInto({ ...lab, remote: `file://${lab.remote}` }, 'shallow', '--depth=1');
      await takeGoals(lab, clone);
      goTo(clone);
    },
  },
  {
    ...COMES_THROUGH,
    name: 'A submodule of another repository',
    async arrange(lab) {
      const outer = join(await scratchFolder(), 'outer');
      git(lab.checkout, 'init', '--quiet', outer);
      git(outer, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', lab.remote, 'homelab');
      for (const [key, value] of [
        ['user.name', 'Homelab'],
        ['user.email', 'homelab@example.org'],
      ] as const)
        git(join(outer, 'homelab'), 'config', key, value);
      await takeGoals(lab, join(outer, 'homelab'));
      goTo(join(outer, 'homelab'));
    },
  },
  {
    ...COMES_THROUGH,
    name: 'A repository with submodules of its own',
    async arrange({ checkout }) {
      git(checkout, 'update-index', '--add', '--cacheinfo', '160000', git(checkout, 'rev-parse', 'HEAD').trim(), 'vendor/charts');
      git(checkout, 'commit', '--quiet', '-m', 'a submodule');
      git(checkout, 'push', '--quiet', 'origin', 'HEAD:main');
    },
  },
];

export const LAYOUTS: readonly Case[] = [
  {
    ...COMES_THROUGH,
    name: 'A monorepo: thousands of files that have nothing to do with the cluster, and goals that init drafts',
    async arrange(lab) {
      addTree(lab.checkout, 5000);
      await draftGoals(lab, 'kubernetes/apps/monitoring');
    },
  },
  {
    ...COMES_THROUGH,
    name: 'A flat repository, which Flux applies from its root, and goals that init drafts',
    async arrange(lab) {
      await makeFlat(lab);
      await draftGoals(lab, '.');
    },
  },
];
