import { commitsOfRun, type JournalledCommit } from '#adapters/git/history.ts';
import { gitIn } from '#adapters/git/run.ts';
import { type Chain, readChain } from '#adapters/journal.ts';
import { Unobserved } from '#model/errors.ts';
import { interruptSignal } from './interrupt.ts';
import { journalDirectory } from './journals.ts';
import type { OwnGoals } from './open-goals.ts';

interface JournalVerification {
  readonly run: string;
  readonly records: number;
  /** Of the run, on the branch that Flux follows. */
  readonly commits: number;
  /** Records at the end that no commit vouches for: only their chain does. */
  readonly after: number;
  /** What was edited, as far as it shows; empty: nothing. */
  readonly misfits: readonly string[];
}

/**
 * Holds a run's journal against itself (each record has the digest of the one before it) and against Git, where each commit of the
 * run says which record was the last one then.
 * @throws UserError when there is no such run or no repository, Unobserved when its branch can't be read
 */
export async function verifyJournal(run: string, { environment: { gitops } }: OwnGoals): Promise<JournalVerification> {
  const chain = readChain(journalDirectory(), run);
  const { openRepository } = await import('#adapters/git/repository.ts');
  const directory = process.cwd();
  const repository = await openRepository({ directory, remote: gitops.remote, branch: gitops.branch });
  const { tip, unreachable } = await repository.tip(interruptSignal());
  if (tip === undefined)
    throw new Unobserved('unreachable', `Git remote ${gitops.remote}: ${unreachable ?? `there is no branch "${gitops.branch}"`}`);
  return compareWithCommits(run, chain, await commitsOfRun(gitIn(directory), run, tip, interruptSignal()));
}

function compareWithCommits(run: string, { file, digests, broken }: Chain, commits: readonly JournalledCommit[]): JournalVerification {
  const places = commits.map(({ journal }) => digests.indexOf(journal));
  const misfits = [
    ...(broken === undefined ? [] : [`${file}, line ${broken}: this record is not the one that was written`]),
    ...commits
      .filter((_, index) => places[index] === -1)
      .map(
        ({ hash, journal }) => `commit ${hash.slice(0, 10)} was made after record ${journal.slice(0, 10)}, which the journal does not have`,
      ),
  ];
  const after = digests.length - Math.max(0, ...places.map((place) => place + 1));
  return { run, records: digests.length, commits: commits.length, after, misfits };
}

export function verificationText({ records, commits, after, misfits }: JournalVerification): string {
  if (misfits.length > 0) return ['The journal was edited, or a part of it is lost:', ...misfits.map((line) => `  ${line}`)].join('\n');
  if (commits === 0)
    return `${records} records, their chain is whole; no commit of this run is on the branch, so nothing else vouches for it`;
  const made = commits === 1 ? '1 commit of this run vouches for it' : `${commits} commits of this run vouch for it`;
  return `${records} records, none was edited: ${made}, but not for the last ${after} (those hold by their chain alone)`;
}
