import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Config } from '@oclif/core/config';
import { build, type Plugin } from 'esbuild';
import { commandFiles } from './command-files.ts';

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

await bundle();
await writeCommandManifest();

/** One entry per command, so that a command loads only what it needs; what several share becomes a chunk. */
async function bundle(): Promise<void> {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const commands = commandFiles(root).map((file) => ({
    in: file,
    out: join('commands', relative(join(root, 'src/commands'), file).replace(/\.ts$/, '')),
  }));
  await build({
    absWorkingDir: root,
    entryPoints: [{ in: 'src/commands/support/main.ts', out: 'main' }, ...commands],
    outdir: 'dist',
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
}

/** What oclif needs to know of each command without loading it. */
async function writeCommandManifest(): Promise<void> {
  const config = await Config.load({ root, pjson: manifest, ignoreManifest: true });
  const [plugin] = config.getPluginsList();
  if (plugin === undefined || !('manifest' in plugin)) throw new Error('oclif made no manifest of dist/commands');
  writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, undefined, 2)}\n`);
}
