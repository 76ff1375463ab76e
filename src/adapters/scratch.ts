import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '#model/errors.ts';

/** A folder of our own for a while. */
export interface Scratch {
  readonly path: string;
  /** Writes a file that only the user can read, and returns its path. */
  write(name: string, text: string): Promise<string>;
  remove(): Promise<void>;
}

/** A new folder in the system's place for temporary files. */
export async function createScratch(name: string): Promise<Scratch> {
  const directory = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), `${name}-`)));
  return {
    path: directory,
    async write(file, text) {
      const target = path.join(directory, file);
      await fs.writeFile(target, text, { mode: 0o600 });
      return target;
    },
    remove: () => fs.rm(directory, { recursive: true, force: true }),
  };
}

/**
 * SHA-256 of a file's bytes, in hexadecimal.
 * @throws UserError when the file can't be read
 */
export async function digestFile(file: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await fs.readFile(file))
      .digest('hex');
  } catch (error) {
    throw new UserError(`${file} can't be read: ${(error as Error).message}`, 'name a file that exists and can be read');
  }
}
