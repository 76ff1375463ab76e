import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { PartName } from './cluster.ts';
import { keepUp } from './keep-up.ts';
import { type Binary, moduleDirectory, obtainBinaries } from './obtain/binaries.ts';
import { obtainPackages } from './obtain/packages.ts';
import { describeParts, sumUp, type Tally } from './report.ts';
import { SERVED, SESSIONS } from './sessions.ts';
import type { Session, Stage } from './stage.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const VITEST = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const tell = (line: string) => process.stderr.write(`${line}\n`);

type Obtained = Pick<Stage, 'files' | 'debian' | 'definitions' | 'missing'> & { readonly versions: Partial<Record<PartName, string>> };

const [mode = 'test', ...wanted] = process.argv.slice(2);
const obtained = await obtain();
for (const [part, why] of Object.entries(obtained.missing)) tell(`${part} can't be had: ${why}`);
if (mode === 'serve') process.exitCode = await serve();
else process.exitCode = await test(SESSIONS.filter(({ name }) => wanted.length === 0 || wanted.includes(name)));

/** Everything that has to be fetched or built: inside there is no way out. */
async function obtain(): Promise<Obtained> {
  const unable = await whyNoNamespace();
  const binaries: readonly Binary[] = await obtainBinaries(tell, unable);
  const packages = unable ?? (await obtainPackages(tell));
  const missing: Partial<Record<PartName, string>> = {};
  const files: Partial<Record<PartName, string>> = {};
  for (const { part, file, missing: why } of binaries) {
    if (file === undefined) missing[part] = why ?? 'nobody says why';
    else files[part] = file;
  }
  const versions: Partial<Record<PartName, string>> = Object.fromEntries(binaries.map(({ part, version }) => [part, version]));
  if (typeof packages === 'string') Object.assign(missing, { ceph: packages, prometheus: packages });
  else Object.assign(versions, { ceph: packages.versions.radosgw, prometheus: packages.versions.prometheus });
  const definitions = unable === undefined ? await findDefinitions() : [];
  return { files, debian: typeof packages === 'string' ? undefined : packages.root, definitions, missing, versions };
}

async function whyNoNamespace(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'network namespaces are there on Linux only';
  if (process.getuid?.() !== 0) return 'it takes root to make a network namespace';
  const tried = await execa('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...NAMESPACES, 'true'], { reject: false });
  return tried.failed ? `no namespaces can be made: ${tried.stderr.trim() || tried.shortMessage}` : undefined;
}

/** Files of the kinds that Flux, the operator of Prometheus and External Secrets bring, out of their own modules. */
async function findDefinitions(): Promise<readonly string[]> {
  const flux = ['source-controller', 'kustomize-controller', 'helm-controller'].map(
    (name) => ['cluster', `github.com/fluxcd/${name}`, 'config/crd/bases', /\.yaml$/] as const,
  );
  const sources = [
    ...flux,
    [
      'crds',
      'github.com/prometheus-operator/prometheus-operator',
      'example/prometheus-operator-crd',
      /_(prometheuses|prometheusrules|servicemonitors)\.yaml$/,
    ] as const,
    [
      'crds',
      'github.com/external-secrets/external-secrets',
      'config/crds/bases',
      /^external-secrets\.io_(externalsecrets|secretstores)\.yaml$/,
    ] as const,
  ];
  const found = await Promise.all(
    sources.map(async ([folder, module, below, which]) => {
      const directory = await moduleDirectory(folder, module);
      if (directory === undefined) throw new Error(`the module ${module} can't be had: its kinds are needed`);
      const names = await fs.readdir(path.join(directory, below));
      return names.filter((name) => which.test(name) && name !== 'kustomization.yaml').map((name) => path.join(directory, below, name));
    }),
  );
  return found.flat();
}

async function test(sessions: readonly Session[]): Promise<number> {
  const tallies: Tally[] = [];
  for (const session of sessions) {
    tell(`\n== ${session.name}`);
    tallies.push(await runSession(session));
  }
  const { line, exit } = sumUp(tallies);
  process.stdout.write(`${line}\n`);
  return exit;
}

/** A cluster of its own for each session; without one its tests are skipped, each with the reason. */
async function runSession(session: Session): Promise<Tally> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'anton-logging-real-'));
  const results = path.join(directory, 'results.json');
  const vitest = [
    process.execPath,
    VITEST,
    'run',
    '--config',
    path.join(ROOT, 'vitest.real.config.ts'),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
    ...session.tests,
  ];
  try {
    const isPossible = obtained.files.etcd !== undefined && obtained.files['kube-apiserver'] !== undefined;
    if (isPossible) await enter(directory, session, vitest);
    else
      await execa(vitest[0] as string, vitest.slice(1), {
        cwd: ROOT,
        stdio: 'inherit',
        reject: false,
        env: { ANTON_LOGGING_REAL: JSON.stringify({ missing: obtained.missing }) },
      });
    tell(await describeParts(directory, obtained, session));
    const tally = JSON.parse(await fs.readFile(results, 'utf8').catch(() => '{}')) as Tally;
    if (tally.success === true) await fs.rm(directory, { recursive: true, force: true });
    else tell(`What it left is in ${directory}`);
    return tally;
  } catch (error) {
    tell(`session ${session.name}: ${(error as Error).message}`);
    return {};
  }
}

/**
 * The stage in namespaces of its own: when the first process in them ends, for whatever reason, the kernel ends all others, and
 * network and mounts are gone. Bash is that first process, for it reaps what others leave behind.
 */
async function enter(directory: string, session: Session, command: readonly string[]): Promise<number> {
  const { versions: _, ...parts } = obtained;
  const stage: Stage = { ...parts, directory, session, command };
  const file = path.join(directory, 'stage.json');
  await fs.writeFile(file, JSON.stringify(stage));
  const inside = [process.execPath, path.join(import.meta.dirname, 'inside.ts'), file];
  // When this process dies, however it does, so does unshare, and with it the first process inside.
  const words = ['--pdeathsig', 'KILL', 'unshare', ...NAMESPACES, 'bash', '-c', '"$@"; exit $?', 'bash', ...inside];
  const ended = await execa('setpriv', words, { cwd: ROOT, stdio: 'inherit', reject: false });
  return ended.exitCode ?? 1;
}

async function serve(): Promise<number> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'anton-logging-real-'));
  const outside = keepUp(directory, ROOT);
  const exit = await enter(directory, SERVED, ['sleep', 'infinity']);
  await outside;
  await fs.rm(directory, { recursive: true, force: true });
  return exit;
}
