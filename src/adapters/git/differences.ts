import type { Commit, Edit } from '#model/change.ts';
import { UserError } from '#model/errors.ts';
import type { FileDifference } from '#model/read.ts';
import { isUntouched, markGenerated } from './generated.ts';
import { type Git, must } from './run.ts';
import { readFiles } from './tree.ts';

type Found = Omit<FileDifference, 'last'>;

/** Where a commit is not what these files and edits would have made of it, and the last commit that touched each such file. */
export async function findDifferences(
  git: Git,
  commit: string,
  { files, edits = [] }: Pick<Commit, 'files' | 'edits'>,
  signal: AbortSignal,
): Promise<readonly FileDifference[]> {
  const present = await readFiles(git, commit, [...Object.keys(files), ...edits.map(({ file }) => file)], signal);
  const textOf = (file: string) => present.get(file)?.text;
  const found = [
    ...Object.entries(files).flatMap(([file, content]) => compareFile(file, content, textOf(file))),
    ...(await Promise.all(edits.map((edit) => compareValue(edit, textOf(edit.file))))).flat(),
  ];
  return Promise.all(
    found.map(async (difference) => {
      const last = await lastCommitOf(git, commit, difference.file, signal);
      return last === undefined ? difference : { ...difference, last };
    }),
  );
}

function compareFile(file: string, wanted: string | null, text: string | undefined): readonly Found[] {
  if (wanted === null) return text === undefined ? [] : [{ file, state: 'edited' }];
  if (text === undefined) return [{ file, state: 'missing' }];
  if (text === markGenerated(file, wanted)) return [];
  return [{ file, state: isUntouched(file, text) ? 'outdated' : 'edited' }];
}

/** One value in a user's own file. A text that is no YAML any more has been edited, too. */
async function compareValue(edit: Edit, text: string | undefined): Promise<readonly Found[]> {
  if (text === undefined) return [{ file: edit.file, state: 'missing' }];
  const at = edit.at.join('.');
  // Loaded where it is needed: YAML takes its time.
  const { editYaml } = await import('./edit.ts');
  try {
    return editYaml(edit.file, text, [edit]) === text ? [] : [{ file: edit.file, state: 'edited', at }];
  } catch (error) {
    if (error instanceof UserError) return [{ file: edit.file, state: 'edited', at }];
    throw error;
  }
}

async function lastCommitOf(git: Git, tip: string, file: string, signal: AbortSignal): Promise<FileDifference['last']> {
  const log = await must(git, ['log', '-1', '--format=%H%x00%an%x00%cI%x00%s', tip, '--', file], { signal });
  const [commit, by, at, subject] = log.trimEnd().split('\0');
  return commit === undefined || by === undefined || at === undefined ? undefined : { commit, by, at, subject: subject ?? '' };
}
