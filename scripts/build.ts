import { existsSync, globSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Config } from '@oclif/core/config';
import { build, type Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Lets the bundler drop client-node's generated API classes, which make up most of its 300 ms of loading and which we don't call. */
const generatedClientsAreFree: Plugin = {
  name: 'generated-clients-are-free',
  setup({ onResolve, resolve: resolveImport }) {
    onResolve({ filter: /^\.{1,2}\// }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === 'seen' || !importer.includes('@kubernetes/client-node')) return undefined;
      const found = await resolveImport(path, { importer, resolveDir, kind, pluginData: 'seen' });
      return found.path.includes('/client-node/dist/gen/') ? { ...found, sideEffects: false } : found;
    });
  },
};

if (!isUpToDate()) {
  await bundle();
  await writeCommandManifest();
}

/** Folders count too: theirs is the time at which a file was removed. */
function isUpToDate(): boolean {
  if (!existsSync(join(root, 'oclif.manifest.json')) || !existsSync(join(root, 'dist/main.js'))) return false;
  const built = statSync(join(root, 'oclif.manifest.json')).mtimeMs;
  const sources = globSync(['src/**', 'phases/**', 'goals/*.json', 'package.json', 'package-lock.json', 'scripts/build.ts'], { cwd: root });
  return sources.every((file) => statSync(join(root, file)).mtimeMs <= built);
}

/**
 * One entry per command, so that a command loads only what it needs; what several share becomes a chunk. Built beside dist/
 * and moved there when it is whole.
 */
async function bundle(): Promise<void> {
  const commands = globSync('src/commands/**/*.ts', { cwd: root, exclude: ['src/commands/support/**'] }).sort();
  const next = join(root, 'dist.next');
  rmSync(next, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: [
      { in: 'src/commands/support/main.ts', out: 'main' },
      ...commands.map((file) => ({ in: file, out: join('commands', relative('src/commands', file).replace(/\.ts$/, '')) })),
    ],
    outdir: next,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    chunkNames: 'chunks/[name]-[hash]',
    // Optional companions that oclif and listr2 look for at run time and do without.
    external: ['tsx', 'tsx/*', 'ts-node', 'typescript', 'enquirer'],
    banner: { js: "import { createRequire as makeRequire } from 'node:module';\nconst require = makeRequire(import.meta.url);" },
    plugins: [generatedClientsAreFree],
    logLevel: 'warning',
  });
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  renameSync(next, join(root, 'dist'));
}

/** What oclif needs to know of each command without loading it. */
async function writeCommandManifest(): Promise<void> {
  const config = await Config.load({ root, pjson: manifest, ignoreManifest: true });
  const [plugin] = config.getPluginsList();
  if (plugin === undefined || !('manifest' in plugin)) throw new Error('oclif made no manifest of dist/commands');
  writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, undefined, 2)}\n`);
}
