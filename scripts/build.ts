import { existsSync, globSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
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

/**
 * Node's own modules by getBuiltinModule. An `import` of one evaluates everything it exports, and with it what those
 * exports load lazily: `node:fs` brings readline, `node:crypto` all of WebCrypto, together 15 ms.
 */
const nodeModulesAreLazy: Plugin = {
  name: 'node-modules-are-lazy',
  setup({ onLoad }) {
    onLoad({ filter: /\.m?[jt]s$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replace(NODE_IMPORT, (_, names: string, module: string) => {
        const values = names.replaceAll(/\btype \w+,?/g, '');
        const binding = values.replace('* as ', '').replaceAll(' as ', ': ');
        return `const ${binding} = globalThis.process.getBuiltinModule('${module}');`;
      });
      return contents === text ? undefined : { contents, loader: path.endsWith('ts') ? 'ts' : 'js' };
    });
  },
};

/** `import fs from`, `import * as fs from` and `import { readFile } from`, of a module of Node's. */
const NODE_IMPORT = /^import (\w+|\* as \w+|\{[^}]*\}) from ['"](node:[\w/]+)['"];?$/gm;

/** What bundled CommonJS packages expect to find. */
const COMMONJS = [
  "const require = globalThis.process.getBuiltinModule('node:module').createRequire(import.meta.url);",
  'const { filename: __filename, dirname: __dirname } = import.meta;',
].join('\n');

if (!isUpToDate()) {
  await bundle();
  await writeCommandManifest();
}

/** Folders count too: theirs is the time at which a file was removed. */
function isUpToDate(): boolean {
  if (!existsSync(join(root, 'oclif.manifest.json')) || !existsSync(join(root, 'dist/main.js'))) return false;
  const built = statSync(join(root, 'oclif.manifest.json')).mtimeMs;
  const sources = globSync(['src/**', 'phases/**', 'goals/*.json', 'package.json', 'package-lock.json', 'scripts/build.ts'], { cwd: root });
  return sources.every((file) => file.includes('.generated.') || statSync(join(root, file)).mtimeMs <= built);
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
    // jsonc-parser's main is a format that bundlers cannot follow; its module is not.
    mainFields: ['module', 'main'],
    chunkNames: 'chunks/[name]-[hash]',
    // Optional companions that oclif and listr2 look for at run time and do without.
    external: ['tsx', 'tsx/*', 'ts-node', 'typescript', 'enquirer'],
    // oclif only asks it for the name of the platform.
    alias: { 'wsl-utils': './scripts/no-wsl.ts' },
    banner: { js: COMMONJS },
    plugins: [generatedClientsAreFree, nodeModulesAreLazy],
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
  // oclif only warns of commands that cannot be loaded.
  const missing = plugin.commandIDs.filter((id) => !plugin.commands.some((command) => command.id === id));
  if (missing.length > 0) throw new Error(`these commands cannot be loaded: ${missing.join(', ')}`);
  writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, undefined, 2)}\n`);
}
