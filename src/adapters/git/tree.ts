import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Commit } from '#model/change.ts';
import { UserError } from '#model/errors.ts';
import { remedyForFile } from '../file-trouble.ts';
import { isUntouched, markGenerated } from './generated.ts';
import { RUN_TRAILER } from './history.ts';
import { type Git, must, mustBytes } from './run.ts';

/** A file in the tree of a commit. */
export interface Blob {
  readonly mode: string;
  readonly text: string;
}

/**
 * The files at or below the paths in a commit.
 * @param endings only those whose names end so; undefined: all
 */
export async function readFiles(
  git: Git,
  commit: string,
  paths: readonly string[],
  signal: AbortSignal,
  endings?: readonly string[],
): Promise<Map<string, Blob>> {
  const files = new Map<string, Blob>();
  if (paths.length === 0) return files;
  const listing = await must(git, ['ls-tree', '-r', '-z', '--full-tree', commit, '--', ...paths], { signal });
  const entries = listing
    .split('\0')
    .flatMap((line) => {
      const match = /^(\d+) blob ([0-9a-f]+)\t(.+)$/s.exec(line);
      return match === null ? [] : [{ mode: match[1] as string, sha: match[2] as string, file: match[3] as string }];
    })
    .filter(({ file }) => endings === undefined || endings.some((ending) => file.endsWith(ending)));
  const texts = await readBlobs(
    git,
    entries.map(({ sha }) => sha),
    signal,
  );
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
  const changed = [...wanted].filter(([, { before, after }]) => before?.text !== after);
  const foreign = changed.flatMap(([file, { before }]) =>
    before !== undefined && file in change.files && !isUntouched(file, before.text) ? [file] : [],
  );
  if (changed.length === 0) return { tree: (await must(git, ['rev-parse', `${tip}^{tree}`], { signal })).trim(), foreign };
  return withTemporary(async (directory) => {
    const kept = changed.filter(([, { after }]) => after !== undefined);
    const shas = await writeBlobs(
      git,
      directory,
      kept.map(([, { after }]) => after ?? ''),
      env,
      signal,
    );
    const lines = [
      ...kept.map(([file, { before }], index) => `${before?.mode ?? '100644'} ${shas[index]}\t${file}`),
      ...changed.filter((entry) => !kept.includes(entry)).map(([file]) => `0 ${'0'.repeat(40)}\t${file}`),
    ];
    const options = { env: { ...env, GIT_INDEX_FILE: path.join(directory, 'index') }, signal };
    await must(git, ['read-tree', tip], options);
    await must(git, ['update-index', '-z', '--index-info'], { ...options, input: `${lines.join('\0')}\0` });
    return { tree: (await must(git, ['write-tree'], options)).trim(), foreign };
  });
}

/** A folder that is gone afterwards. */
export async function withTemporary<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'anton-logging-')).catch(refuseTemporary);
  try {
    return await use(directory);
  } finally {
    await fs.rm(directory, { recursive: true, force: true });
  }
}

function refuseTemporary(error: Error): never {
  throw new UserError(
    `no temporary folder can be made in ${os.tmpdir()}: ${error.message}`,
    remedyForFile(error, 'make that folder writable, or set TMPDIR to one that is'),
  );
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
    const isRestored = editsOfFile.some(({ restore }) => restore !== undefined);
    const original = isRestored ? await readBeforeOurs(git, tip, file, signal) : undefined;
    wanted.set(file, { before, after: editYaml(file, before.text, editsOfFile, original) });
  }
  return wanted;
}

/** A file as it was before the first commit of this program that changed it; undefined: none has, or it was not there. */
async function readBeforeOurs(git: Git, tip: string, file: string, signal: AbortSignal): Promise<string | undefined> {
  const ours = await must(git, ['log', '--format=%H', `--grep=^${RUN_TRAILER}: `, '--reverse', tip, '--', file], { signal });
  const first = ours.split('\n', 1)[0] ?? '';
  if (first === '') return undefined;
  return (await readFiles(git, `${first}^`, [file], signal)).get(file)?.text;
}

/** One git for all of them: a process for each would cost more than everything else. */
async function readBlobs(git: Git, shas: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  if (shas.length === 0) return [];
  const output = await mustBytes(git, ['cat-file', '--batch'], { input: `${shas.join('\n')}\n`, signal });
  let at = 0;
  return shas.map(() => {
    // "SHA blob SIZE\n", the content, "\n"
    const begin = output.indexOf('\n', at) + 1;
    const end = begin + Number(output.subarray(at, begin).toString().split(' ')[2]);
    at = end + 1;
    return output.subarray(begin, end).toString();
  });
}

async function writeBlobs(
  git: Git,
  directory: string,
  texts: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const files = texts.map((_, index) => path.join(directory, String(index)));
  await Promise.all(texts.map((text, index) => fs.writeFile(files[index] as string, text))).catch(refuseTemporary);
  const shas = await must(git, ['hash-object', '-w', '--no-filters', '--stdin-paths'], {
    input: files.map((file) => `${file}\n`).join(''),
    env,
    signal,
  });
  return shas.trim().split('\n');
}
