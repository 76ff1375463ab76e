import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const FILES = ['src/goals/validator.generated.js', 'src/goals/validator.generated.d.ts'];

it('the generated validator is that of the schema', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'anton-logging-validator-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const parts = ['package.json', 'goals/goals.schema.json', 'scripts/build-validator.ts', ...FILES];
  for (const part of parts) await cp(join(root, part), join(folder, part));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await execa(process.execPath, [join(folder, 'scripts/build-validator.ts')], { cwd: folder });
  const stale: string[] = [];
  for (const file of FILES) {
    if ((await readFile(join(folder, file), 'utf8')) !== (await readFile(join(root, file), 'utf8'))) stale.push(file);
  }
  expect(stale, 'npm run build renews them').toEqual([]);
});
