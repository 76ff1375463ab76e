import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { UserError } from '#model/errors.ts';
import type { GoalsFile } from '#model/ports.ts';
import { makeFolder, remedyForFile } from './file-trouble.ts';
import { stateDirectory } from './journal.ts';
import { clearLeftovers, nameBeside, replaceFile } from './replace-file.ts';

const LIMIT = 5 * 1024 * 1024;
/** Milliseconds after which a lock whose holder no longer touches it is another's to take: the shortest that the library allows. */
const STALE = 5000;
/** How often a lock that another holds is tried for, with pauses of so many milliseconds. */
const TRIES = 100;
const SHORTEST_PAUSE = 20;
const LONGEST_PAUSE = 200;

/** goals/goals.json in this directory or the nearest one above it. */
export function findGoalsFile(directory: string): string | undefined {
  const file = path.join(directory, 'goals', 'goals.json');
  if (existsSync(file)) return file;
  const parent = path.dirname(directory);
  return parent === directory ? undefined : findGoalsFile(parent);
}

export function openGoalsFile(file: string): GoalsFile {
  return {
    path: file,
    read: () => readText(file),
    async update(patch) {
      const release = await lock(file);
      try {
        const before = await readText(file);
        const after = patch(before);
        if (after !== before) await replace(file, after);
        else await clearLeftovers(await fs.realpath(file));
      } finally {
        await release();
      }
    },
  };
}

/** @throws UserError (exit 2) when something is there by that name: what is there is somebody's work */
export function refuseExisting(file: string): void {
  if (existsSync(file)) throw alreadyThere(file);
}

/**
 * Makes a goals file where there is none, whole or not at all, with its schema beside it unless that is there.
 * @throws UserError when it is there already, or can't be written
 */
export async function createGoalsFile(file: string, text: string, schema: string): Promise<void> {
  await create(path.join(path.dirname(file), 'goals.schema.json'), schema, () => {});
  await create(file, text, () => {
    throw alreadyThere(file);
  });
}

/** By a hard link: other than a rename, it replaces nothing. */
async function create(file: string, text: string, whenThere: () => void): Promise<void> {
  const next = nameBeside(file);
  const isThere = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(file);
  try {
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(next, text, { flush: true });
    await fs.link(next, file).finally(() => fs.rm(next));
  } catch (error) {
    if (!isThere(error)) throw notWritable(file, error);
    whenThere();
  }
}

function alreadyThere(file: string): UserError {
  return new UserError(
    `there is a goals file already: ${file}; nothing was written`,
    'keep it, move it away first, or name another file with --goals',
  );
}

function notWritable(file: string, error: unknown): UserError {
  return new UserError(
    `the goals file ${file} can't be written: ${(error as Error).message}`,
    remedyForFile(error, 'make the file and its folder writable'),
  );
}

async function readText(file: string): Promise<string> {
  const remedy = 'name a goals file with --goals or ANTON_LOGGING_GOALS';
  let bytes: Buffer;
  try {
    const stats = await fs.stat(file);
    if (!stats.isFile()) throw new UserError(`${file} is no file`, remedy);
    if (stats.size > LIMIT) throw new UserError(`${file} is larger than 5 MiB: this is no goals file`, remedy);
    bytes = await fs.readFile(file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UserError(
      missing ? `there is no goals file ${file}` : `the goals file ${file} can't be read: ${(error as Error).message}`,
      remedy,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${file} is not a text in UTF-8`, 'save it as UTF-8, or restore it from Git');
  }
}

/** The lock lies beside our own state, not beside the user's file: nothing of ours shows up in the repository. */
async function lock(file: string): Promise<() => Promise<void>> {
  const { default: lockfile } = await import('proper-lockfile');
  const locks = path.join(stateDirectory(process.env), 'locks');
  try {
    const target = await fs.realpath(file);
    makeFolder(locks);
    const lockfilePath = path.join(locks, createHash('sha256').update(target).digest('hex').slice(0, 32));
    return await onceFree(() => lockfile.lock(target, { realpath: false, stale: STALE, lockfilePath }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') await readText(file);
    if ((error as NodeJS.ErrnoException).code === 'ELOCKED')
      throw new UserError(`the goals file ${file} is being written by another process`, 'run this again when that has ended');
    throw new UserError(
      `the goals file ${file} can't be locked: ${(error as Error).message}`,
      remedyForFile(error, `make ${locks} writable, or set XDG_STATE_HOME to a folder that is`),
    );
  }
}

/** The library's own retries do not ask what the trouble is: a read-only disk would be tried for as long as a lock. */
async function onceFree<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1, pause = SHORTEST_PAUSE; ; tries += 1, pause = Math.min(pause * 1.2, LONGEST_PAUSE)) {
    try {
      return await attempt();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED' || tries === TRIES) throw error;
    }
    await setTimeout(pause);
  }
}

async function replace(file: string, text: string): Promise<void> {
  try {
    await replaceFile(file, text);
  } catch (error) {
    throw notWritable(file, error);
  }
}
