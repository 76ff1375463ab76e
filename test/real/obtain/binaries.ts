import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { PartName } from '../cluster.ts';
import { cacheDirectory, keyOf } from './cache.ts';

const GO = path.join(import.meta.dirname, '..', 'go');
/** A whole cold build takes half an hour on two cores: whatever is not done by then is not to be had today. */
const BUILD_LIMIT = 45 * 60_000;

interface Recipe {
  readonly part: PartName;
  /** Folder below test/real/go: its go.mod and go.sum pin every version. */
  readonly folder: 'cluster' | 'loki';
  /** The module whose version is the part's version. */
  readonly module: string;
  readonly package: string;
}

const KUBERNETES = { folder: 'cluster', module: 'k8s.io/kubernetes' } as const;
/** One module for most of them: what they share is compiled once. */
const RECIPES: readonly Recipe[] = [
  { part: 'etcd', folder: 'cluster', module: 'go.etcd.io/etcd/server/v3', package: 'go.etcd.io/etcd/server/v3' },
  { part: 'kube-apiserver', ...KUBERNETES, package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  { part: 'kube-controller-manager', ...KUBERNETES, package: 'k8s.io/kubernetes/cmd/kube-controller-manager' },
  { part: 'kube-scheduler', ...KUBERNETES, package: 'k8s.io/kubernetes/cmd/kube-scheduler' },
  { part: 'kwok', folder: 'cluster', module: 'sigs.k8s.io/kwok', package: 'sigs.k8s.io/kwok/cmd/kwok' },
  ...(['source-controller', 'kustomize-controller', 'helm-controller'] as const).map(
    (part): Recipe => ({ part, folder: 'cluster', module: `github.com/fluxcd/${part}`, package: `github.com/fluxcd/${part}` }),
  ),
  { part: 'loki', folder: 'loki', module: 'github.com/grafana/loki/v3', package: 'github.com/grafana/loki/v3/cmd/loki' },
];

export interface Binary {
  readonly part: PartName;
  readonly version: string;
  /** Absent: it can't be had. */
  readonly file?: string;
  readonly missing?: string;
}

/**
 * Every Go binary, built unless the cache has it. Never rejects: what can't be had says why.
 * @param unable why none can be used here, whether built or not
 */
export async function obtainBinaries(tell: (line: string) => void, unable?: string): Promise<readonly Binary[]> {
  const go = await execa('go', ['version'], { reject: false });
  const noBuild = go.failed ? 'there is no Go to build it with' : undefined;
  const deadline = Date.now() + BUILD_LIMIT;
  const binaries: Binary[] = [];
  for (const recipe of RECIPES) {
    const version = await versionOf(recipe);
    binaries.push({ part: recipe.part, version, ...(unable === undefined ? await obtain(recipe, version) : { missing: unable }) });
  }
  return binaries;

  async function obtain(recipe: Recipe, version: string): Promise<Pick<Binary, 'file' | 'missing'>> {
    const settings = buildSettings(recipe, version);
    const pins = await Promise.all(['go.mod', 'go.sum'].map((file) => fs.readFile(path.join(GO, recipe.folder, file), 'utf8')));
    const file = cacheDirectory(`${recipe.part}-${version}-${keyOf(...pins, ...settings)}`);
    if (existsSync(file)) return { file };
    if (noBuild !== undefined) return { missing: noBuild };
    if (Date.now() >= deadline) return { missing: `not built: the builds before it took ${BUILD_LIMIT / 60_000} minutes` };
    tell(`building ${recipe.part} ${version} …`);
    const started = Date.now();
    const partial = `${file}.${process.pid}`;
    await fs.mkdir(path.dirname(file), { recursive: true });
    const built = await execa('go', ['build', ...settings, '-o', partial, recipe.package], {
      cwd: path.join(GO, recipe.folder),
      env: await buildEnvironment(),
      reject: false,
      all: true,
      timeout: deadline - Date.now(),
      // Its last words are all that is shown.
      maxBuffer: { all: 50_000_000 },
    });
    if (built.failed) return { missing: built.timedOut ? `not built within ${BUILD_LIMIT / 60_000} minutes` : lastWords(built.all ?? '') };
    await fs.rename(partial, file);
    tell(`built ${recipe.part} ${version} in ${Math.round((Date.now() - started) / 1000)} s`);
    return { file };
  }
}

/** Where the sources of a pinned module lie: for what they bring beside code. Undefined when it can't be had. */
export async function moduleDirectory(folder: 'cluster' | 'crds', module: string): Promise<string | undefined> {
  const options = { cwd: path.join(GO, folder), env: await buildEnvironment(), reject: false } as const;
  const found = await execa('go', ['mod', 'download', '-json', module], options);
  if (found.failed) return undefined;
  return (JSON.parse(found.stdout) as { Dir?: string }).Dir;
}

async function versionOf({ folder, module }: Recipe): Promise<string> {
  const pins = await fs.readFile(path.join(GO, folder, 'go.mod'), 'utf8');
  return new RegExp(`\\s${module} v(\\S+)`).exec(pins)?.[1] ?? 'of unknown version';
}

/** Where a module keeps the version that it says it is: without one kube-apiserver calls itself v0.0.0-master, which a chart with a kubeVersion rule sees. */
const STAMPS: Readonly<Record<string, (version: string) => Readonly<Record<string, string | undefined>>>> = {
  [KUBERNETES.module]: (version) => {
    const [gitMajor, gitMinor] = version.split('.');
    return stampsBelow('k8s.io/component-base/version', { gitVersion: `v${version}`, gitMajor, gitMinor, gitTreeState: 'clean' });
  },
  'github.com/grafana/loki/v3': (version) => stampsBelow('github.com/grafana/loki/v3/pkg/util/build', { Version: version }),
};

function stampsBelow(package_: string, values: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${package_}.${name}`, value]));
}

function buildSettings({ module }: Recipe, version: string): readonly string[] {
  const stamps = Object.entries(STAMPS[module]?.(version) ?? {}).map(([name, value]) => ` -X ${name}=${value}`);
  // Nobody debugs them: no symbols, which spares a part of the compiler's work, too.
  return ['-trimpath', '-gcflags=all=-dwarf=false', `-ldflags=-s -w${stamps.join('')}`];
}

/** Static binaries (Loki runs in a root of its own), the proxy only (never a repository's own host), and only what the pins say. */
async function buildEnvironment(): Promise<Record<string, string>> {
  const { stdout } = await execa('go', ['env', 'GOPROXY'], { reject: false });
  const proxies = stdout.split(',').filter((proxy) => proxy !== 'direct');
  return { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOPROXY: proxies.join(','), GOTOOLCHAIN: 'local', GOGC: '400' };
}

function lastWords(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('go: downloading'));
  return lines.slice(-3).join(' / ').slice(0, 400) || 'go build failed without a word';
}
