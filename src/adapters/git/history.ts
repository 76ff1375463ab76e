import type { BranchCommit } from '#model/plan.ts';
import { redact } from '#model/redact.ts';
import { type Git, must } from './run.ts';

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
  const format = `--format=%H%x00%an%x00%s%x00%(trailers:key=${PLAN_TRAILER},valueonly,separator=%x20)`;
  const log = await must(git, ['log', '--reverse', '-z', format, `${earlier}..${later}`], { signal });
  const fields = log.split('\0');
  return Array.from({ length: Math.floor(fields.length / 4) }, (_, index) => {
    const [hash = '', author = '', subject = '', plan = ''] = fields.slice(index * 4, index * 4 + 4);
    return { hash, author, subject: redact(subject), ...(plan.trim() === '' ? {} : { plan: plan.trim() }) };
  });
}
