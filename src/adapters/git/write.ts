import type { Commit } from '#model/change.ts';
import { UserError } from '#model/errors.ts';
import type { Author } from '#model/ports.ts';
import { redactLines } from '#model/redact.ts';
import { JOURNAL_TRAILER, PLAN_TRAILER, RUN_TRAILER } from './history.ts';
import { type Git, must } from './run.ts';
import { buildTree } from './tree.ts';

/** The branch of a remote that commits are made for. */
export interface Target {
  readonly git: Git;
  readonly remote: string;
  readonly branch: string;
  /** The branch's tip, its objects at hand. @throws UserError when it can't be had */
  tip(signal: AbortSignal): Promise<string>;
}

const RACES = 5;
const SHOWN_LINES = 40;

/**
 * Commits on the remote's tip and pushes, fast-forward only; a lost race is rebuilt on the new tip.
 * @throws UserError when a generated file was edited by hand and is not to be overwritten, git fails, or the push is refused
 */
export async function commitToBranch(target: Target, change: Commit, author: Author, overwrite: boolean, signal: AbortSignal) {
  const { git, remote, branch } = target;
  for (let race = 1; ; race += 1) {
    const tip = await target.tip(signal);
    const sha = await commitOn(target, tip, change, author, overwrite, signal);
    if (sha === undefined) return { sha: tip, text: `${branch} has it already at ${tip.slice(0, 10)}` };
    const push = await git(['push', '--quiet', remote, `${sha}:refs/heads/${branch}`], { signal });
    const text = `committed ${sha.slice(0, 10)} to ${remote}/${branch}: ${change.why}`;
    if (!push.failed) return { sha, text };
    const now = await target.tip(signal);
    // The connection may break after the push was accepted.
    if (now === sha) return { sha, text };
    if (now === tip)
      throw new UserError(
        `the push to ${remote}/${branch} was refused: ${push.words}`,
        'allow this push at the remote (protected branch, hook, rights), or have branches pushed that somebody merges (environment.gitops.delivery: "pull-request"), then run again',
      );
    if (race === RACES)
      throw new UserError(`${remote}/${branch} moved on ${RACES} times while we tried to push`, 'run again when fewer others push');
  }
}

/** A commit that is nowhere yet but here; undefined: the tip has it all already. */
export async function commitOn(
  target: Target,
  tip: string,
  change: Commit,
  author: Author,
  overwrite: boolean,
  signal: AbortSignal,
): Promise<string | undefined> {
  const tree = await buildOrRefuse(target, tip, change, overwrite, {}, signal);
  const tipTree = (await must(target.git, ['rev-parse', `${tip}^{tree}`], { signal })).trim();
  return tree === tipTree ? undefined : writeCommit(target.git, change, tip, tree, author, signal);
}

/** @throws UserError when somebody else's file would be replaced */
export async function buildOrRefuse(
  { git, remote, branch }: Target,
  tip: string,
  change: Commit,
  overwrite: boolean,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const { tree, foreign } = await buildTree(git, tip, change, env, signal);
  if (foreign.length === 0 || overwrite) return tree;
  const lines = redactLines((await showDiff(git, tip, tree, foreign, env, signal)).trimEnd()).split('\n');
  const more = lines.length > SHOWN_LINES ? `\n… ${lines.length - SHOWN_LINES} more lines` : '';
  throw new UserError(
    `${foreign.join(', ')} at ${remote}/${branch} was not written by this program, or was edited since; it would change so:\n${lines.slice(0, SHOWN_LINES).join('\n')}${more}`,
    'move your values into the goals (environment.loki.values, environment.alloy.values), or let the file be replaced with --overwrite: what it is now stays in the history of Git',
  );
}

export function showDiff(
  git: Git,
  tip: string,
  tree: string,
  files: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  return must(git, ['diff', '--no-color', '--no-ext-diff', '--no-textconv', tip, tree, '--', ...files], { env, signal });
}

async function writeCommit(git: Git, change: Commit, tip: string, tree: string, author: Author, signal: AbortSignal): Promise<string> {
  const signing = await git(['config', '--type=bool', '--get', 'commit.gpgsign'], { signal });
  const plan = author.plan === undefined ? '' : `${PLAN_TRAILER}: ${author.plan}\n`;
  const message = `${change.why}\n\n${RUN_TRAILER}: ${author.run}\n${JOURNAL_TRAILER}: ${author.journal}\n${plan}`;
  const sign = signing.stdout.trim() === 'true' ? ['-S'] : [];
  const remedy = 'set user.name and user.email (and the signing key, if commits are signed) in the Git configuration, then run again';
  return (await must(git, ['commit-tree', tree, '-p', tip, ...sign, '-F', '-'], { input: message, signal, remedy })).trim();
}
