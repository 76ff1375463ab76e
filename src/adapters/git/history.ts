import type { BranchCommit } from '#model/plan.ts';
import { redact } from '#model/redact.ts';
import { type Git, must } from './run.ts';

/** In every commit of this program: the run that made it. */
export const RUN_TRAILER = 'Anton-Logging-Run';
/** In the commits of a run that carries out a saved plan: the plan's digest. */
export const PLAN_TRAILER = 'Anton-Logging-Plan';

/** In every commit, too: the digest of the last record in that run's journal before it. */
export const JOURNAL_TRAILER = 'Anton-Logging-Journal';

export interface JournalledCommit {
  readonly hash: string;
  readonly journal: string;
}

/** The commits that a run made, as they are in the history of another one; oldest first. */
export async function commitsOfRun(git: Git, run: string, tip: string, signal: AbortSignal): Promise<readonly JournalledCommit[]> {
  const trailer = (key: string) => `%(trailers:key=${key},valueonly,separator=%x20)`;
  const format = `--format=%H%x00${trailer(RUN_TRAILER)}%x00${trailer(JOURNAL_TRAILER)}`;
  const log = await must(git, ['log', '--reverse', '--fixed-strings', `--grep=${RUN_TRAILER}: ${run}`, format, tip], { signal });
  return log.split('\n').flatMap((line) => {
    const [hash = '', of, journal = ''] = line.split('\0');
    return of === run ? [{ hash, journal }] : [];
  });
}

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
