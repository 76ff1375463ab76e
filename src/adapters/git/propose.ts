import type { Commit } from '#model/change.ts';
import { digestOf } from '#model/digest.ts';
import { UserError } from '#model/errors.ts';
import type { Author } from '#model/ports.ts';
import { fetchObjects, must } from './run.ts';
import { commitOn, type Target } from './write.ts';

/** A pushed branch that somebody is to merge. */
export interface Proposal {
  readonly branch: string;
  /** Where the remote offers to open a pull request, if its answer to the push said so: known to the process that pushed. */
  readonly url?: string;
}

/** Never pushed: what tells whether branches beside the one that Flux follows could be. */
export const TRIAL = 'refs/heads/anton-logging/trial';

const urls = new Map<string, string>();

/**
 * Pushes the change as a branch on top of the target's tip.
 * @throws UserError when git fails, or the remote does not take the branch
 */
export async function propose(target: Target, change: Commit, author: Author, overwrite: boolean, signal: AbortSignal): Promise<string> {
  const { git, remote } = target;
  const tip = await target.tip(signal);
  const sha = await commitOn(target, tip, change, author, overwrite, signal);
  if (sha === undefined) return `${target.branch} has it already at ${tip.slice(0, 10)}`;
  const branch = branchOf(change);
  const push = await git(['push', remote, `${sha}:refs/heads/${branch}`], { signal });
  const text = `pushed ${sha.slice(0, 10)} as ${remote}/${branch}: ${change.why}`;
  if (push.failed) {
    // The connection may break after the push was accepted, and another machine may have pushed the same.
    if ((await findProposal(target, change, signal)) !== undefined) return text;
    throw new UserError(
      `the push of branch ${branch} to ${remote} was refused: ${push.words}`,
      'allow branches anton-logging/* at the remote (hook, rights), then run again',
    );
  }
  const url = urlIn(push.words);
  if (url !== undefined) urls.set(branch, url);
  return text;
}

/** The branch of this very change, unless the target contains it: then what is missing was taken back, and is to be proposed anew. */
export async function findProposal(target: Target, change: Commit, signal: AbortSignal): Promise<Proposal | undefined> {
  const { git, remote } = target;
  const branch = branchOf(change);
  const ref = `refs/heads/${branch}`;
  const remedy = `make "git fetch ${remote}" work here, then run again`;
  const sha = (await must(git, ['ls-remote', remote, ref], { signal, remedy })).split('\t', 1)[0]?.trim();
  if (sha === undefined || sha === '') return undefined;
  if ((await git(['cat-file', '-e', `${sha}^{commit}`], { signal })).failed) await must(git, fetchObjects(remote, ref), { signal, remedy });
  if (!(await git(['merge-base', '--is-ancestor', sha, await target.tip(signal)], { signal })).failed) return undefined;
  const url = urls.get(branch);
  return { branch, ...(url === undefined ? {} : { url }) };
}

/** The same for the same change, whoever makes it on whatever tip: so that it is found again, and never pushed twice. */
function branchOf({ files, edits = [], why }: Commit): string {
  const digest = digestOf([files, edits]).slice(0, 8);
  const slug = why
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60);
  return `anton-logging/${slug}-${digest}`;
}

/** What the remote itself says, and not where git pushed to. */
function urlIn(words: string): string | undefined {
  const said = words.split('; ').filter((line) => line.startsWith('remote:'));
  return said.map((line) => /https?:\/\/\S+/.exec(line)?.[0]).find((url) => url !== undefined);
}
