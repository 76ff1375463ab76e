import type { BranchCommit } from '#model/plan.ts';
import { redact } from '#model/redact.ts';
import { type Git, must } from './run.ts';

/** In every commit of this program: the run that made it. */
export const RUN_TRAILER = 'Anton-Logging-Run';
/** In the commits of a run that carries out a saved plan: the plan's digest. */
export const PLAN_TRAILER = 'Anton-Logging-Plan';

/** What lies between two commits, oldest first; undefined: the earlier one is no ancestor of the later one. */
export async function commitsBetween(
  git: Git,
  earlier: string,
  later: string,
  signal: AbortSignal,
): Promise<readonly BranchCommit[] | undefined> {
  if (earlier === later) return [];
  if ((await git(['merge-base', '--is-ancestor', earlier, later], { signal })).failed) return undefined;
  const format = `--format=%x1e%H%x00%an%x00%s%x00%(trailers:key=${PLAN_TRAILER},valueonly,separator=%x20)%x00`;
  const log = await must(git, ['log', '--reverse', '-z', '--name-only', '--no-renames', format, `${earlier}..${later}`], { signal });
  const records = log.split('\x1e').slice(1);
  return records.map((record) => {
    const [hash = '', author = '', subject = '', plan = '', ...names] = record.split('\0');
    const files = names.map((name) => name.trim()).filter((name) => name !== '');
    return { hash, author, subject: redact(subject), files, ...(plan.trim() === '' ? {} : { plan: plan.trim() }) };
  });
}
