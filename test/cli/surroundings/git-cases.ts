import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { scratchFolder } from '../scratch.ts';
import { type Case, claimReadiness, git } from './lab.ts';

async function hook(repository: string, name: string, script: string): Promise<void> {
  const file = join(repository, 'hooks', name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

export const GIT: readonly Case[] = [
  {
    name: 'There is no git',
    arrange: async () => void vi.stubEnv('PATH', await scratchFolder()),
    command: 'plan 1',
    exit: 2,
  },
  {
    name: 'There is no git, and goals are to be drafted',
    arrange: async (lab) => {
      vi.stubEnv('PATH', await scratchFolder());
      await rm(lab.goals);
    },
    command: 'init',
    exit: 2,
  },
  {
    name: 'There is no git, and doctor is asked',
    arrange: async () => void vi.stubEnv('PATH', await scratchFolder()),
    command: 'doctor',
    exit: 5,
  },
  {
    name: 'Not in a repository',
    arrange: async ({ goals }) => {
      vi.spyOn(process, 'cwd').mockReturnValue(await scratchFolder());
      return ['--goals', goals];
    },
    command: 'run --yes',
    exit: 2,
  },
  {
    name: 'Not in a repository, and goals are to be drafted',
    arrange: async () => void vi.spyOn(process, 'cwd').mockReturnValue(await scratchFolder()),
    command: 'init',
    exit: 2,
  },
  {
    name: 'A repository of somebody else, whom git does not trust',
    arrange: async () => void vi.stubEnv('GIT_TEST_ASSUME_DIFFERENT_OWNER', '1'),
    command: 'plan 1',
    exit: 2,
  },
  {
    name: 'The checkout has no remote',
    arrange: async ({ checkout }) => void git(checkout, 'remote', 'remove', 'origin'),
    command: 'run --yes',
    exit: 2,
  },
  {
    name: 'The checkout has no remote, and goals are to be drafted',
    arrange: async ({ checkout, goals }) => {
      git(checkout, 'remote', 'remove', 'origin');
      await rm(goals);
    },
    command: 'init',
    exit: 5,
  },
  {
    name: 'The remote is not there',
    arrange: async (lab) => {
      await claimReadiness(lab);
      await rm(lab.remote, { recursive: true });
    },
    command: 'phase run 1 --yes',
    exit: 5,
    records: true,
  },
  {
    name: 'The remote is not there, and a plan is to be saved',
    arrange: async ({ remote }) => rm(remote, { recursive: true }),
    command: 'plan 1 --out plan.json',
    exit: 2,
  },
  {
    name: 'The remote has no such branch',
    arrange: async (lab) => {
      await claimReadiness(lab);
      git(lab.remote, 'branch', '-m', 'main', 'trunk');
    },
    command: 'phase run 1 --yes',
    exit: 5,
    records: true,
  },
  {
    name: 'The remote has no branch at all',
    arrange: async (lab) => {
      await claimReadiness(lab);
      await rm(lab.remote, { recursive: true });
      git(lab.checkout, 'init', '--quiet', '--bare', lab.remote);
    },
    command: 'phase run 1 --yes',
    exit: 5,
    records: true,
  },
  {
    name: 'A hook of the remote refuses the push',
    arrange: async (lab) => {
      await claimReadiness(lab);
      await hook(lab.remote, 'pre-receive', 'echo "every commit needs a ticket" >&2\nexit 1');
    },
    command: 'phase run 1 --yes',
    exit: 1,
    records: true,
  },
  {
    name: 'The branch is protected',
    arrange: async (lab) => {
      await claimReadiness(lab);
      await hook(
        lab.remote,
        'update',
        'echo "GL-HOOK-ERR: You are not allowed to push code to protected branches on this project." >&2\nexit 1',
      );
    },
    command: 'phase run 1 --yes',
    exit: 1,
    records: true,
  },
  {
    name: 'The remote may be read only',
    arrange: async (lab) => {
      await claimReadiness(lab);
      git(lab.checkout, 'config', 'remote.origin.pushurl', join(lab.checkout, 'nowhere'));
    },
    command: 'phase run 1 --yes',
    exit: 5,
    records: true,
  },
  {
    name: 'Git does not know who commits',
    arrange: async (lab) => {
      await claimReadiness(lab);
      git(lab.checkout, 'config', '--unset', 'user.name');
      git(lab.checkout, 'config', '--unset', 'user.email');
      git(lab.checkout, 'config', 'user.useConfigOnly', 'true');
    },
    command: 'phase run 1 --yes',
    exit: 1,
    records: true,
  },
  {
    name: 'The key that commits are signed with is not there',
    arrange: async (lab) => {
      await claimReadiness(lab);
      git(lab.checkout, 'config', 'commit.gpgsign', 'true');
      git(lab.checkout, 'config', 'gpg.format', 'ssh');
      git(lab.checkout, 'config', 'user.signingkey', '/nowhere/id.pub');
    },
    command: 'phase run 1 --yes',
    exit: 1,
    records: true,
  },
  {
    name: 'A file of the repository is damaged',
    arrange: async (lab) => {
      await claimReadiness(lab);
      const sha = git(lab.checkout, 'rev-parse', 'HEAD:kubernetes/apps/kustomization.yaml').trim();
      await rm(join(lab.checkout, '.git/objects', sha.slice(0, 2), sha.slice(2)));
    },
    command: 'phase run 1 --yes',
    exit: 1,
    records: true,
  },
];
