import fs from 'node:fs/promises';
import { UserError } from '#model/errors.ts';
import { remedyForFile } from './file-trouble.ts';
import { replaceFile } from './replace-file.ts';

const LIMIT = 16 * 1024 * 1024;

/** @throws UserError when it is missing, unreadable or no text */
export async function readPlanFile(file: string): Promise<string> {
  const remedy = 'name a file that "anton-logging plan --out FILE" wrote';
  try {
    const stats = await fs.stat(file);
    if (!stats.isFile()) throw new UserError(`${file} is no file`, remedy);
    if (stats.size > LIMIT) throw new UserError(`${file} is larger than 16 MiB: this is no plan`, remedy);
    return new TextDecoder('utf-8', { fatal: true }).decode(await fs.readFile(file));
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UserError(`there is no plan ${file}`, remedy);
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw new UserError(`${file} is not a text in UTF-8: this is no plan`, remedy);
    throw new UserError(`the plan ${file} can't be read: ${(error as Error).message}`, remedy);
  }
}

/**
 * Saves a plan for its user alone; an earlier plan is replaced, anything else is left alone.
 * @throws UserError when it can't be written, or the file is something else
 */
export async function writePlanFile(file: string, text: string): Promise<void> {
  if (await isSomethingElse(file)) {
    throw new UserError(`${file} is there already, and it is no plan`, 'name another file: only an earlier plan is replaced');
  }
  try {
    await replaceFile(file, text, 0o600);
  } catch (error) {
    throw new UserError(
      `the plan ${file} can't be written: ${(error as Error).message}`,
      remedyForFile(error, 'name a file in a folder that is there and can be written'),
    );
  }
}

/** Whether there is a file already that can't be a plan. */
async function isSomethingElse(file: string): Promise<boolean> {
  try {
    const text = await fs.readFile(file, 'utf8');
    if (text.trim() === '') return false;
    const value: unknown = JSON.parse(text);
    return !(typeof value === 'object' && value !== null && 'basis' in value && 'version' in value);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
