import path from 'node:path';
import type { Commit } from '#model/change.ts';
import type { GitOps } from '#model/environment.ts';
import { Unobserved, UserError } from '#model/errors.ts';
import type { BranchCommit } from '#model/plan.ts';
import type { Author } from '#model/ports.ts';
import type { CheckoutAnswer, DifferencesAnswer, FilesAnswer, RemoteAnswer } from '#model/read.ts';
import { redactUrls } from '#model/redact.ts';
import { findDifferences } from './differences.ts';
import { commitsBetween } from './history.ts';
import { findProposal, type Proposal, propose, TRIAL } from './propose.ts';
import { fetchObjects, type Git, gitIn, must, noRepository } from './run.ts';
import { readFiles, withTemporary } from './tree.ts';
import { buildOrRefuse, commitToBranch, showDiff, type Target } from './write.ts';

/** A branch of a remote, seen from a checkout. The checkout's work tree, index and branches are never touched. */
export interface Repository {
  readonly remoteName: string;
  readonly branch: string;
  /** The remote's branch. Never rejects for what git says: that is the answer. */
  tip(signal: AbortSignal): Promise<RemoteAnswer>;
  /** As `tip`, and whether it would take a push. */
  remote(signal: AbortSignal): Promise<RemoteAnswer>;
  /** @throws Unobserved when the remote or the branch can't be read */
  checkout(signal: AbortSignal): Promise<CheckoutAnswer>;
  /** @throws Unobserved when the remote or the branch can't be read */
  files(paths: readonly string[], signal: AbortSignal, endings?: readonly string[]): Promise<FilesAnswer>;
  /**
   * What came to the branch after this commit, oldest first; undefined: the branch has no such commit (any more).
   * @throws Unobserved as `files`
   */
  since(commit: string, signal: AbortSignal): Promise<readonly BranchCommit[] | undefined>;
  /** @throws Unobserved as `files` */
  differences(wanted: Pick<Commit, 'files' | 'edits'>, signal: AbortSignal): Promise<DifferencesAnswer>;
  /**
   * The commit as a diff; undefined when the tip has it already. Writes nothing into the repository.
   * @throws UserError when a generated file was edited by hand and is not to be overwritten, or git fails
   */
  diff(change: Commit, overwrite: boolean, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Commits on the remote's tip and pushes, fast-forward only; a lost race is rebuilt on the new tip.
   * @throws UserError as `diff`, and when the push is refused
   */
  commit(change: Commit, author: Author, overwrite: boolean, signal: AbortSignal): Promise<{ readonly sha: string; readonly text: string }>;
  /**
   * Commits on the remote's tip as `commit`, and pushes that as a branch of its own, to be merged by somebody.
   * @throws UserError as `commit`
   */
  propose(change: Commit, author: Author, overwrite: boolean, signal: AbortSignal): Promise<string>;
  /**
   * The branch by which the change was proposed, while it is there and not merged.
   * @throws UserError when the remote can't be read
   */
  proposal(change: Commit, signal: AbortSignal): Promise<Proposal | undefined>;
}

export interface RepositoryOptions {
  /** Any directory of a checkout, or a bare repository. */
  readonly directory: string;
  readonly remote: string;
  readonly branch: string;
  /** Where a push has to be taken: on the branch itself, or beside it. */
  readonly delivery?: GitOps['delivery'];
}

/** @throws UserError when there is no git, no repository or no such remote */
export async function openRepository({ directory, remote, branch, delivery = 'push' }: RepositoryOptions): Promise<Repository> {
  const outer = gitIn(directory);
  const located = await outer(['rev-parse', '--path-format=absolute', '--git-common-dir', '--is-inside-work-tree']);
  if (located.failed) throw noRepository(directory, located.words);
  const [gitDirectory = '', inWorkTree] = located.stdout.trim().split('\n');
  const top = inWorkTree === 'true' ? (await must(outer, ['rev-parse', '--show-toplevel'])).trim() : gitDirectory;
  const git = gitIn(top);
  const remotes = (await must(git, ['remote'])).trim().split('\n');
  if (!remotes.includes(remote)) {
    const known = remotes.filter((name) => name !== '').join(', ') || 'none';
    throw new UserError(
      `the Git repository ${top} has no remote "${remote}" (it has: ${known})`,
      `git remote add ${remote} URL, or name another in environment.gitops.remote`,
    );
  }
  return repositoryOf(git, path.join(gitDirectory, 'objects'), { remote, branch, delivery });
}

function repositoryOf(git: Git, objects: string, { remote, branch, delivery }: Omit<Required<RepositoryOptions>, 'directory'>): Repository {
  const ref = `refs/heads/${branch}`;
  /** Commits whose objects are here: what is there once stays. */
  const present = new Set<string>();
  let url: string | undefined;

  /** The branch at the remote, its objects at hand. `words`: why it can't be had. */
  async function fetchTip(signal: AbortSignal): Promise<{ tip?: string; words?: string }> {
    for (;;) {
      const listed = await git(['ls-remote', remote, ref], { signal });
      if (listed.failed) return { words: listed.words };
      const tip = listed.stdout.split('\t', 1)[0]?.trim();
      if (tip === undefined || tip === '') return {};
      if (present.has(tip)) return { tip };
      if (!(await git(['cat-file', '-e', `${tip}^{commit}`], { signal })).failed) {
        present.add(tip);
        return { tip };
      }
      const fetched = await git(fetchObjects(remote, ref), { signal });
      if (fetched.failed) return { words: fetched.words };
    }
  }

  async function lookAtRemote(signal: AbortSignal): Promise<RemoteAnswer> {
    url ??= redactUrls((await git(['remote', 'get-url', remote], { signal })).stdout.trim());
    const answer = { of: 'remote' as const, remote: `${remote} (${url})`, branch };
    const { tip, words } = await fetchTip(signal);
    if (words !== undefined) return { ...answer, unreachable: words };
    return tip === undefined ? answer : { ...answer, tip };
  }

  async function tipToWriteOn(signal: AbortSignal): Promise<string> {
    const { tip, words } = await fetchTip(signal);
    if (tip !== undefined) return tip;
    if (words !== undefined)
      throw new UserError(`the Git remote ${remote} can't be read: ${words}`, `make "git fetch ${remote}" work here, then run again`);
    throw new UserError(
      `the Git remote ${remote} has no branch "${branch}"`,
      'push that branch, or name another in environment.gitops.branch',
    );
  }

  async function tipToReadFrom(signal: AbortSignal): Promise<string> {
    const { tip, words } = await fetchTip(signal);
    if (tip !== undefined) return tip;
    throw new Unobserved('unreachable', `Git remote ${remote}: ${words ?? `there is no branch "${branch}"`}`);
  }

  const target: Target = { git, remote, branch, tip: tipToWriteOn };

  return {
    remoteName: remote,
    branch,

    tip: lookAtRemote,

    async remote(signal) {
      const answer = await lookAtRemote(signal);
      if (answer.tip === undefined) return answer;
      const place = delivery === 'push' ? ref : TRIAL;
      const push = await git(['push', '--dry-run', '--no-verify', remote, `${answer.tip}:${place}`], { signal });
      // A branch that moved on since is no refusal.
      const refused = push.failed && !/non-fast-forward|fetch first/.test(push.words);
      return { ...answer, ...(refused && { pushRefused: push.words }) };
    },

    async checkout(signal) {
      const tip = await tipToReadFrom(signal);
      // A bare repository has no work tree, and an unborn branch no commits: then there is nothing of the kind.
      const status = await git(['status', '--porcelain=v1', '-z', '--no-renames', '--untracked-files=all'], { signal });
      const commits = await git(['diff', '--name-only', '-z', '--no-renames', `${tip}...HEAD`], { signal });
      const edited = splitNul(status.failed ? '' : status.stdout).map((entry) => entry.slice(3));
      return { of: 'checkout', edited, unpushed: splitNul(commits.failed ? '' : commits.stdout) };
    },

    async files(paths, signal, endings) {
      const tip = await tipToReadFrom(signal);
      const files = await readFiles(git, tip, paths, signal, endings);
      return { of: 'files', tip, files: Object.fromEntries([...files].map(([file, { text }]) => [file, text])) };
    },

    async since(commit, signal) {
      return commitsBetween(git, commit, await tipToReadFrom(signal), signal);
    },

    async differences(wanted, signal) {
      const tip = await tipToReadFrom(signal);
      return { of: 'differences', tip, differences: await findDifferences(git, tip, wanted, signal) };
    },

    async diff(change, overwrite, signal) {
      const tip = await tipToWriteOn(signal);
      return withTemporary(async (directory) => {
        // New objects go into a folder of their own, so that looking leaves nothing behind.
        const env = { GIT_OBJECT_DIRECTORY: directory, GIT_ALTERNATE_OBJECT_DIRECTORIES: objects };
        const text = await showDiff(git, tip, await buildOrRefuse(target, tip, change, overwrite, env, signal), [], env, signal);
        return text === '' ? undefined : text;
      });
    },

    commit: (change, author, overwrite, signal) => commitToBranch(target, change, author, overwrite, signal),
    propose: (change, author, overwrite, signal) => propose(target, change, author, overwrite, signal),
    proposal: (change, signal) => findProposal(target, change, signal),
  };
}

function splitNul(text: string): string[] {
  return text.split('\0').filter((entry) => entry !== '');
}
