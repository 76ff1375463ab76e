import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { repositoryFiles } from './repository.ts';

/** The bare repository that Flux follows, with what a homelab has before the rollout, and a checkout of it as a user has one. */
export async function createRepository(remote: string, checkout: string): Promise<void> {
  await git(dirname(remote), 'init', '--quiet', '--bare', '--initial-branch=main', remote);
  await git(dirname(remote), 'clone', '--quiet', remote, checkout);
  await git(checkout, 'config', 'user.name', 'Homelab');
  await git(checkout, 'config', 'user.email', 'homelab@example.org');
  await writeFiles(checkout, repositoryFiles());
  await git(checkout, 'add', '--all');
  await git(checkout, 'commit', '--quiet', '--message', 'The homelab before the rollout');
  await git(checkout, 'push', '--quiet', '--set-upstream', 'origin', 'main');
}

export async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}

/** The user's own configuration (signing, hooks, templates) stays out. */
async function git(cwd: string, ...args: readonly string[]): Promise<void> {
  const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };
  await execa('git', ['-c', 'init.defaultBranch=main', ...args], { cwd, env });
}
