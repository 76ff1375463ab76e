import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { root } from './run-command.ts';
import { scratchFolder } from './scratch.ts';

/** By what a file of the package has to be there for. */
const FILES = [
  /^(package\.json|README\.md|LICENSE)$/,
  /^bin\/(run|node-version)\.js$/,
  /^(oclif\.manifest|sbom\.cdx)\.json$/,
  /^dist\/(main|commands\/[\w/-]+|chunks\/[\w/.-]+)\.js$/,
  /^goals\/goals(\.schema)?\.json$/,
];

test('the packed tarball has what is needed and no more, and passes a whole rehearsal in an empty folder', {
  timeout: 120_000,
}, async () => {
  const folder = await scratchFolder();
  const { tarball, files } = await pack(folder);
  expect(files.filter((file) => !FILES.some((form) => form.test(file)))).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'README.md',
      'bin/run.js',
      'dist/main.js',
      'goals/goals.json',
      'goals/goals.schema.json',
      'sbom.cdx.json',
    ]),
  );

  // As npm lays it out, less the dependencies: the bundle has in it what it needs of them, and there is none to be found here.
  const installed = join(folder, 'node_modules', 'anton-logging');
  await mkdir(installed, { recursive: true });
  await execa('tar', ['--extract', '--file', tarball, '--strip-components', '1', '--directory', installed]);
  const { bin, version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  const program = join(folder, 'node_modules', '.bin', 'anton-logging');
  await mkdir(join(program, '..'));
  await symlink(join('..', 'anton-logging', bin['anton-logging']), program);

  const empty = join(folder, 'empty');
  await mkdir(empty);
  const env = { PATH: process.env.PATH ?? '', HOME: empty, TMPDIR: folder };
  const run = (...args: string[]) => execa(process.execPath, [program, ...args], { cwd: empty, env, extendEnv: false, reject: false });
  expect(await run('--version')).toMatchObject({ exitCode: 0, stdout: `anton-logging ${version}` });
  expect((await run('complete', 'bash')).exitCode).toBe(0);
  expect(JSON.parse((await run('goals', 'schema')).stdout)).toHaveProperty('$schema');
  const rehearsal = await run('rehearse');
  expect(rehearsal.exitCode, rehearsal.stderr).toBe(0);
  expect(rehearsal.stdout).toMatch(/completed: 7 of 7 phases completed$/);
});

/** Without the network, and without building again: `npm test` has just done it. */
async function pack(folder: string): Promise<{ readonly tarball: string; readonly files: readonly string[] }> {
  const args = ['pack', '--json', '--ignore-scripts', '--offline', '--logs-max', '0', '--pack-destination', folder];
  const [packed] = JSON.parse((await execa('npm', args, { cwd: root })).stdout);
  return { tarball: join(folder, packed.filename), files: packed.files.map(({ path }: { path: string }) => path) };
}
