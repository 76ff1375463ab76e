import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Commit } from '#model/change.ts';
import { UserError } from '#model/errors.ts';
import { isUntouched, markGenerated } from './generated.ts';
import { type Git, must } from './run.ts';

/** A file in the tree of a commit. */
export interface Blob {
  readonly mode: string;
  readonly text: string;
}

/** The files at or below the paths in a commit. */
export async function readFiles(git: Git, commit: string, paths: readonly string[], signal: AbortSignal): Promise<Map<string, Blob>> {
  const files = new Map<string, Blob>();
  if (paths.length === 0) return files;
  const listing = await must(git, ['ls-tree', '-r', '-z', '--full-tree', commit, '--', ...paths], { signal });
  const entries = listing.split('\0').flatMap((line) => {
    const match = /^(\d+) blob ([0-9a-f]+)\t(.+)$/s.exec(line);
    return match === null ? [] : [{ mode: match[1] as string, sha: match[2] as string, file: match[3] as string }];
  });
  const texts = await Promise.all(entries.map(({ sha }) => must(git, ['cat-file', 'blob', sha], { signal })));
  for (const [index, { mode, file }] of entries.entries()) files.set(file, { mode, text: texts[index] as string });
  return files;
}

/** What a commit would make of the tip. */
export interface Built {
  /** The new tree; the tip's own when everything is there already. */
  readonly tree: string;
  /** Generated files at the tip that somebody else has written or changed. */
  readonly foreign: readonly string[];
}

/**
 * Builds the tree of a commit on a tip with an index of its own: the user's index and work tree are not looked at.
 * @throws UserError when a file can't be edited
 */
export async function buildTree(
  git: Git,
  tip: string,
  change: Commit,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Built> {
  const wanted = await wantedFiles(git, tip, change, signal);
  const foreign: string[] = [];
  const lines: string[] = [];
  for (const [file, { before, after }] of wanted) {
    if (before?.text === after) continue;
    if (before !== undefined && file in change.files && !isUntouched(file, before.text)) foreign.push(file);
    if (after === undefined) {
      lines.push(`0 ${'0'.repeat(40)}\t${file}`);
      continue;
    }
    const sha = (await must(git, ['hash-object', '-w', '--stdin'], { input: after, env, signal })).trim();
    lines.push(`${before?.mode ?? '100644'} ${sha}\t${file}`);
  }
  const tipTree = (await must(git, ['rev-parse', `${tip}^{tree}`], { signal })).trim();
  if (lines.length === 0) return { tree: tipTree, foreign };
  return withTemporary(async (directory) => {
    const options = { env: { ...env, GIT_INDEX_FILE: path.join(directory, 'index') }, signal };
    await must(git, ['read-tree', tip], options);
    await must(git, ['update-index', '-z', '--index-info'], { ...options, input: `${lines.join('\0')}\0` });
    return { tree: (await must(git, ['write-tree'], options)).trim(), foreign };
  });
}

/** A folder that is gone afterwards. */
export async function withTemporary<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'anton-logging-'));
  try {
    return await use(directory);
  } finally {
    await fs.rm(directory, { recursive: true, force: true });
  }
}

async function wantedFiles(
  git: Git,
  tip: string,
  change: Commit,
  signal: AbortSignal,
): Promise<Map<string, { before: Blob | undefined; after: string | undefined }>> {
  const edits = Map.groupBy(change.edits ?? [], (edit) => edit.file);
  const present = await readFiles(git, tip, [...Object.keys(change.files), ...edits.keys()], signal);
  const wanted = new Map<string, { before: Blob | undefined; after: string | undefined }>();
  for (const [file, content] of Object.entries(change.files)) {
    wanted.set(file, { before: present.get(file), after: content === null ? undefined : markGenerated(file, content) });
  }
  // Loaded where it is needed: YAML takes its time.
  const { editYaml } = await import('./edit.ts');
  for (const [file, editsOfFile] of edits) {
    const before = present.get(file);
    if (before === undefined) {
      throw new UserError(
        `${file} is to be edited, but the branch has no such file`,
        `name the right file in the goals' environment, or add ${file}`,
      );
    }
    wanted.set(file, { before, after: editYaml(file, before.text, editsOfFile) });
  }
  return wanted;
}
