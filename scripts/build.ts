import { existsSync, globSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { Config } from '@oclif/core/config';
import { build, type Plugin } from 'esbuild';
import { writeSbom } from './sbom.ts';

const root = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/**
 * Lets the bundler drop client-node's generated API classes, which make up most of its 300 ms of loading and which we don't
 * call. Only the lists of them are marked: asking for each of their 3,000 files would take half a minute.
 */
const generatedClientsAreFree: Plugin = {
  name: 'generated-clients-are-free',
  setup({ onResolve, resolve: resolveImport }) {
    onResolve({ filter: /(gen\/index|models\/all|ObjectSerializer)\.js$/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === 'seen' || !importer.includes('@kubernetes/client-node')) return undefined;
      const found = await resolveImport(path, { importer, resolveDir, kind, pluginData: 'seen' });
      return { ...found, sideEffects: false };
    });
  },
};

/**
 * What is loaded only when it is used, because start-up pays for it otherwise:
 * - Node's own modules, by getBuiltinModule. An `import` of one evaluates everything it exports, and with it what those
 *   exports load lazily: `node:fs` brings readline, `node:crypto` all of WebCrypto, together 15 ms.
 * - packages of functions that most commands never call, by a `require` at the first call, together 15 ms.
 */
const loadOnUse: Plugin = {
  name: 'load-on-use',
  setup({ onLoad }) {
    onLoad({ filter: /\.m?[jt]s$/ }, async ({ path }) => {
      if (path.includes('/client-node/dist/gen/')) return undefined;
      const text = await readFile(path, 'utf8');
      const contents = text
        .replace(
          NODE_IMPORT,
          (_, names: string, module: string) => `const ${bind(names)} = globalThis.process.getBuiltinModule('${module}');`,
        )
        .replace(PACKAGE_IMPORT, (all, names: string, module: string) => (isPure(path) ? callLater(names, module) : all))
        .replace(PACKAGE_REQUIRE, (_, name: string, wrap: string | undefined, module: string) => {
          const target = wrap === undefined ? `require('${module}')` : `__importDefault(require('${module}'))`;
          return `const ${name} = new Proxy({}, { get: (_, key) => ${target}[key] });`;
        });
      return contents === text ? undefined : { contents, loader: path.endsWith('ts') ? 'ts' : 'js' };
    });
  },
};

/** `import fs from`, `import * as fs from` and `import { readFile } from`, of a module of Node's. */
const NODE_IMPORT = /^import (\w+|\* as \w+|\{[^}]*\}) from ['"](node:[\w/]+)['"];?$/gm;
/** `import { stringify } from 'yaml'` and `import * as semver from 'semver'`, where functions are all that is taken. */
const PACKAGE_IMPORT = /^import (\* as \w+|\{[^}]*\}) from '(yaml|semver)';$/gm;
/** `const ejs_1 = __importDefault(require("ejs"));` in oclif's. */
const PACKAGE_REQUIRE = /^const (\w+) = (__importDefault\()?require\("(tinyglobby|minimatch|ejs|lilconfig)"\)\)?;$/gm;

function bind(names: string): string {
  return withoutTypes(names).replace('* as ', '').replaceAll(' as ', ': ');
}

/** Checks and phases take functions of packages, never their classes. */
function isPure(path: string): boolean {
  return /\/(src\/checks|phases)\//.test(path);
}

function callLater(names: string, module: string): string {
  if (names.startsWith('* as ')) return `const ${names.slice(5)} = new Proxy({}, { get: (_, key) => require('${module}')[key] });`;
  const functions = names
    .slice(1, -1)
    .split(',')
    .map((each) => each.trim().split(' as '));
  return functions.map(([name, local = name]) => `const ${local} = (...args) => require('${module}').${name}(...args);`).join(' ');
}

function withoutTypes(names: string): string {
  return names.replaceAll(/\btype \w+,?/g, '');
}

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
  if (['oclif.manifest.json', 'sbom.cdx.json', 'dist/main.js'].some((file) => !existsSync(join(root, file)))) return false;
  const built = statSync(join(root, 'oclif.manifest.json')).mtimeMs;
  const sources = globSync(['src/**', 'phases/**', 'goals/*.json', 'package.json', 'package-lock.json', 'scripts/{build,sbom}.ts'], {
    cwd: root,
  });
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
  const { metafile } = await build({
    metafile: true,
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
    plugins: [generatedClientsAreFree, loadOnUse],
    logLevel: 'warning',
  });
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  renameSync(next, join(root, 'dist'));
  writeSbom(root, Object.keys(metafile.inputs));
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
