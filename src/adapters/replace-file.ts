import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';

const MARK = '.anton-logging-';

/**
 * Replaces a file or makes it, whole or not at all. A link stays, and so do owner and mode unless one is given.
 * @throws the system's error
 */
export async function replaceFile(file: string, text: string, mode?: number): Promise<void> {
  const target = await fs.realpath(file).catch(() => file);
  const before = await fs.stat(target).catch(() => undefined);
  const next = nameBeside(target);
  try {
    await clearLeftovers(target);
    await fs.writeFile(next, text, { flag: 'wx', flush: true, ...(mode !== undefined && { mode }) });
    if (before !== undefined) {
      // Only root may give a file away.
      await fs.chown(next, before.uid, before.gid).catch(() => {});
      await fs.chmod(next, mode ?? before.mode);
    }
    await fs.rename(next, target);
  } catch (error) {
    await fs.rm(next, { force: true });
    throw error;
  }
}

/** For a file that is to become this one: a name by which it is known as ours when we died over it. */
export function nameBeside(file: string): string {
  return `${file}${MARK}${randomUUID()}`;
}

/** Removes what a process that died while it wrote this file left beside it. */
export async function clearLeftovers(file: string): Promise<void> {
  const folder = path.dirname(file);
  const names = await fs.readdir(folder).catch(() => []);
  const left = names.filter((name) => name.startsWith(`${path.basename(file)}${MARK}`));
  await Promise.all(left.map((name) => fs.rm(path.join(folder, name), { force: true })));
}
