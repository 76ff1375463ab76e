import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { PartName } from './cluster.ts';
import { keepUp } from './keep-up.ts';
import { type Binary, obtainBinaries } from './obtain/binaries.ts';
import { findDefinitions } from './obtain/definitions.ts';
import { obtainPackages } from './obtain/packages.ts';
import { describeParts, sumUp, type Tally } from './report.ts';
import { LANES, SERVED } from './sessions.ts';
import type { Session, Stage } from './stage.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const VITEST = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
/** Ctrl-C and a request to end: whatever runs inside is killed, and nothing else begins. */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
const CAPTURED = { cwd: ROOT, reject: false, all: true, cancelSignal: stop.signal } as const;
const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const tell = (line: string) => process.stderr.write(`${line}\n`);

type Obtained = Pick<Stage, 'files' | 'debian' | 'definitions' | 'missing'> & { readonly versions: Partial<Record<PartName, string>> };

const [mode = 'test', ...wanted] = process.argv.slice(2);
const obtained = await obtain();
for (const [part, why] of Object.entries(obtained.missing)) tell(`${part} can't be had: ${why}`);
if (mode === 'serve') process.exitCode = await serve();
else process.exitCode = await test(LANES.map((lane) => lane.filter(({ name }) => wanted.length === 0 || wanted.includes(name))));

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
  if (typeof packages === 'string') Object.assign(missing, { ceph: packages, prometheus: packages, nginx: packages, memcached: packages });
  else {
    const { radosgw: ceph, prometheus, 'nginx-light': nginx, memcached } = packages.versions;
    Object.assign(versions, { ceph, prometheus, nginx, memcached });
  }
  const definitions = unable === undefined ? await findDefinitions(missing) : [];
  return { files, debian: typeof packages === 'string' ? undefined : packages.root, definitions, missing, versions };
}

async function whyNoNamespace(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'network namespaces are there on Linux only';
  if (process.getuid?.() !== 0) return 'it takes root to make a network namespace';
  const tried = await execa('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...NAMESPACES, 'true'], { reject: false });
  return tried.failed ? `no namespaces can be made: ${tried.stderr.trim() || tried.shortMessage}` : undefined;
}

/** Lanes beside each other: mostly they wait. Those of a lane come one after the other, and find what the one before left for them. */
async function test(lanes: readonly (readonly Session[])[]): Promise<number> {
  const names = LANES.flat().map(({ name }) => name);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`there is no session ${unknown.join(', ')}: there are ${names.join(', ')}`);
  const shared = await fs.mkdtemp(path.join(os.tmpdir(), 'anton-logging-real-shared-'));
  process.env.ANTON_LOGGING_REAL_SHARED = shared;
  const tallies: Tally[] = [];
  await Promise.all(
    lanes.map(async (sessions) => {
      for (const session of sessions) tallies.push(await runSession(session));
    }),
  );
  await fs.rm(shared, { recursive: true, force: true });
  const { line, exit } = sumUp(tallies);
  process.stdout.write(`\n${line}\n`);
  return exit;
}

/** A cluster of its own for each session; without one its tests are skipped, each with the reason. What it prints comes when it is over. */
async function runSession(session: Session): Promise<Tally> {
  if (stop.signal.aborted) return {};
  tell(`${session.name}: begins`);
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'anton-logging-real-'));
  const results = path.join(directory, 'results.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const vitest = [process.execPath, VITEST, 'run', '--config', path.join(ROOT, 'vitest.real.config.ts'), ...reporters, ...session.tests];
  const { all, exitCode } = isPossible(session)
    ? await enter(directory, session, vitest)
    : await execa(vitest[0] as string, vitest.slice(1), {
        ...CAPTURED,
        env: { ANTON_LOGGING_REAL: JSON.stringify({ missing: obtained.missing }) },
      });
  const tally = JSON.parse(await fs.readFile(results, 'utf8').catch(() => '{}')) as Tally;
  process.stdout.write(`\n== ${session.name}\n${all}\n${await describeParts(directory, obtained, session)}\n`);
  // An error outside of the tests is in vitest's exit code alone.
  const success = tally.success === true && exitCode === 0;
  if (success || stop.signal.aborted) await fs.rm(directory, { recursive: true, force: true });
  else tell(`What session ${session.name} left is in ${directory}`);
  return { ...tally, success };
}

/** A whole homelab needs everything; a contract can be tried with what there is. */
function isPossible({ homelab }: Session): boolean {
  const needed = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok'] as const;
  return homelab === 'whole' ? Object.keys(obtained.missing).length === 0 : needed.every((part) => obtained.missing[part] === undefined);
}

/**
 * The stage in namespaces of its own: when the first process in them ends, for whatever reason, the kernel ends all others, and
 * network and mounts are gone. Bash is that first process, for it reaps what others leave behind.
 */
async function enter(directory: string, session: Session, command: readonly string[], stdio: 'inherit' | 'pipe' = 'pipe') {
  const { versions: _, ...parts } = obtained;
  const stage: Stage = { ...parts, directory, session, command };
  const file = path.join(directory, 'stage.json');
  await fs.writeFile(file, JSON.stringify(stage));
  const inside = [process.execPath, path.join(import.meta.dirname, 'inside.ts'), file];
  // When this process dies, however it does, so does unshare, and with it the first process inside.
  const words = ['--pdeathsig', 'KILL', 'unshare', ...NAMESPACES, 'bash', '-c', '"$@"; exit $?', 'bash', ...inside];
  return execa('setpriv', words, { ...CAPTURED, stdout: stdio, stderr: stdio, stdin: 'inherit' });
}

async function serve(): Promise<number> {
  const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'anton-logging-real-'));
  const ended = new AbortController();
  const outside = keepUp(directory, ROOT, ended.signal);
  const { exitCode = 1 } = await enter(directory, SERVED, ['sleep', 'infinity'], 'inherit');
  ended.abort();
  await outside;
  await fs.rm(directory, { recursive: true, force: true });
  // Ctrl-C is how it is meant to end.
  return stop.signal.aborted ? 0 : exitCode;
}
