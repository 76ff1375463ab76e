import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that is gone when the test is over. */
export async function scratchFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'anton-logging-test-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A file with this content in a folder of its own. */
export async function scratchFile(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(await scratchFolder(), name);
  await writeFile(file, content);
  return file;
}

export function goalsFile(content: string | Uint8Array): Promise<string> {
  return scratchFile('goals.json', content);
}
