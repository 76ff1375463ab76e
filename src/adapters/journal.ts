import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { digestOf } from '#model/digest.ts';
import { UserError } from '#model/errors.ts';
import type { Event } from '#model/event.ts';
import type { Journal } from '#model/ports.ts';
import { makeFolder, remedyForFile } from './file-trouble.ts';

const GENESIS = '0'.repeat(64);
const EXTENSION = '.ndjson';
/** Of the first record. Older journals, which have none, are read as they are: events only come to have more fields. */
const VERSION = 1;

/** Where this program keeps its own files: $XDG_STATE_HOME/anton-logging, by default below ~/.local/state. */
export function stateDirectory(env: NodeJS.ProcessEnv): string {
  const base = env.XDG_STATE_HOME;
  // The specification has relative paths ignored.
  const root = base !== undefined && path.isAbsolute(base) ? base : path.join(env.HOME ?? os.homedir(), '.local', 'state');
  return path.join(root, 'anton-logging');
}

/**
 * Begins the journal of a run: one JSON record a line, each with the digest of the one before it, the first with the format's version.
 * Synchronous on purpose: no write to the world may begin before its intent is on the disk.
 * @throws UserError when the folder can't be written or the run has a journal already
 */
export function createJournal(directory: string, run: string): Journal {
  const file = path.join(directory, `${run}${EXTENSION}`);
  const descriptor = attempt(file, () => {
    makeFolder(directory);
    const opened = fs.openSync(file, 'ax', 0o600);
    syncDirectory(directory);
    return opened;
  });
  let head = GENESIS;
  return {
    get head() {
      return head;
    },
    append(event) {
      const record = { ...event, ...(head === GENESIS && { version: VERSION }), prev: head };
      const digest = digestOf(record);
      const line = Buffer.from(`${JSON.stringify({ ...record, digest })}\n`);
      attempt(file, () => {
        for (let written = 0; written < line.length; ) written += fs.writeSync(descriptor, line, written);
        // A verdict that a power failure takes is judged again; what was intended and what was done has to be known.
        if (event.type !== 'check.judged') fs.fsyncSync(descriptor);
      });
      head = digest;
    },
  };
}

/** The runs that have a journal, latest first. */
export function listRuns(directory: string): readonly string[] {
  if (!fs.existsSync(directory)) return [];
  return attempt(directory, () => {
    const files = fs.readdirSync(directory).filter((name) => name.endsWith(EXTENSION));
    const dated = files.map((name) => ({ name, at: fs.statSync(path.join(directory, name)).birthtimeMs }));
    return dated.sort((a, b) => b.at - a.at || b.name.localeCompare(a.name)).map(({ name }) => name.slice(0, -EXTENSION.length));
  });
}

/**
 * What a run recorded. A last line that was cut off by a crash is dropped.
 * @throws UserError when there is no such run, a record is not the one that was written, or a newer version of this program wrote it
 */
export function readRun(directory: string, run: string): readonly Event[] {
  const { file, events, broken } = readChain(directory, run);
  if (broken === undefined) return events;
  throw new UserError(
    `${file}, line ${broken}: this record is not the one that was written`,
    'the journal was changed; cluster and Git are the truth: "run" goes on from what is there',
  );
}

export interface Chain {
  readonly file: string;
  readonly events: readonly Event[];
  /** Of each of the events. */
  readonly digests: readonly string[];
  /** The line of the first record that is not the one that was written: neither it nor what follows is among the events. */
  readonly broken?: number;
}

/**
 * A run's journal as far as it is the one that was written. A last line that was cut off by a crash is dropped.
 * @throws UserError when there is no such run, or a newer version of this program wrote it
 */
export function readChain(directory: string, run: string): Chain {
  const file = path.join(directory, `${run}${EXTENSION}`);
  if (!listRuns(directory).includes(run))
    throw new UserError(`there is no run "${run}" in ${directory}`, 'see "runs list" for the runs there are');
  const lines = attempt(file, () => fs.readFileSync(file, 'utf8')).split('\n');
  // Whatever follows the last line break is a record that was not finished.
  lines.pop();
  const events: Event[] = [];
  const digests: string[] = [];
  for (const [index, line] of lines.entries()) {
    const { digest, ...record } = parseRecord(line);
    const { version = VERSION, prev, ...event } = record;
    if (index === 0 && Number(version) > VERSION) {
      throw new UserError(
        `${file} was written by a newer version of this program (format ${Number(version)}; this one reads ${VERSION})`,
        'use that version; cluster and Git are the truth: "run" goes on from what is there',
      );
    }
    if (prev !== (digests.at(-1) ?? GENESIS) || digest !== digestOf(record)) return { file, events, digests, broken: index + 1 };
    events.push(event as unknown as Event);
    digests.push(digest as string);
  }
  return { file, events, digests };
}

function parseRecord(line: string): Record<string, unknown> {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null ? (record as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** A new file survives a crash of the machine only once its folder is on the disk, too. */
function syncDirectory(directory: string): void {
  const descriptor = fs.openSync(directory, 'r');
  fs.fsyncSync(descriptor);
  fs.closeSync(descriptor);
}

function attempt<T>(where: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new UserError(
      `the journal at ${where} can't be used: ${(error as Error).message}`,
      remedyForFile(error, 'make that folder writable, or set XDG_STATE_HOME to one that is'),
    );
  }
}
