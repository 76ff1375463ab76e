import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { vi } from 'vitest';
import { listRuns, readRun } from '#adapters/journal.ts';
import { journalDirectory } from '#commands/support/journals.ts';
import { loadGoals } from '#goals/load.ts';
import { type EmbeddedCluster, startCluster } from '#rehearsal/cluster.ts';
import { root, runCommand } from '../run-command.ts';
import { scratchFile, scratchFolder } from '../scratch.ts';

/** What surrounds the program on one user's machine, for one case. */
export interface Lab {
  readonly cluster: EmbeddedCluster;
  /** A copy of the checkout, with goals. */
  readonly checkout: string;
  /** The remote of that checkout: a bare copy of the repository. */
  readonly remote: string;
  readonly goals: string;
  /** $XDG_STATE_HOME */
  readonly state: string;
  /** $KUBECONFIG */
  readonly kubeconfig: string;
  /** What has to be closed afterwards. */
  readonly closing: AsyncDisposableStack;
}

export interface Case {
  readonly name: string;
  /** What is not as it should be. What it gives as an array are words for the command line. */
  arrange(lab: Lab): Promise<unknown>;
  readonly command: string;
  readonly exit: number;
  /** A shell says this first, and then starts the built program: for what only a process of its own can have. */
  readonly shell?: string;
  /** As `shell`, where file systems can be mounted that nobody else sees. */
  readonly mounts?: string;
  /** A program that not every machine has. */
  readonly needs?: 'openssl' | 'ssh-keygen';
  /** It has a cluster of its own, whose Flux follows the remote: it may write. */
  readonly followed?: boolean;
  /** The built program is started at a terminal. */
  readonly terminal?: true;
  /** It may record progress; what the goals declare has to stay. */
  readonly records?: true;
}

/** A rollout that begins, on a cluster of its own. */
export const COMES_THROUGH = { command: 'run --to 1 --yes', exit: 0, followed: true, records: true } as const;

/** What a case printed, with paths and numbers that differ from run to run replaced, and what was lost. */
export interface Told {
  readonly command: string;
  readonly exit: number;
  readonly text: string;
  readonly lost: readonly string[];
}

/** Runs the command of a case in a lab of its own. */
export async function tell(shared: EmbeddedCluster, each: Case): Promise<Told> {
  await using closing = new AsyncDisposableStack();
  const folder = await scratchFolder();
  const cluster = each.followed
    ? await startCluster({ directory: folder, goals: await readFile(join(root, 'goals/goals.json'), 'utf8') })
    : shared;
  if (each.followed) closing.defer(() => cluster.stop());
  const { checkout, remote } = each.followed ? cluster : await copyRepository(cluster, folder);
  const state = join(folder, 'state');
  // Other users than its administrator come by their tokens alone.
  const kubeconfig = await scratchFile('kubeconfig', cluster.kubeconfig.replace('://admin@', '://'));
  vi.stubEnv('KUBECONFIG', kubeconfig);
  vi.stubEnv('XDG_STATE_HOME', state);
  vi.stubEnv('GIT_CONFIG_GLOBAL', '/dev/null');
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'GIT_SSL_CAINFO']) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toLowerCase(), undefined);
  }
  vi.stubEnv('ANTON_LOGGING_REHEARSAL', cluster.url);
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(checkout);
  closing.defer(() => cwd.mockRestore());
  closing.defer(() => void vi.unstubAllEnvs());
  await mkdir(state);
  const lab = { cluster, checkout, remote, state, kubeconfig, closing, goals: join(checkout, 'goals/goals.json') };
  const arranged = await each.arrange(lab);
  const words: readonly string[] = Array.isArray(arranged) ? arranged : [];
  const before = await readOr(lab.goals);
  const work = workOf(process.cwd());
  const journals = unreadableJournals();
  const argv = [...each.command.split(' '), ...words];
  const isOwn = each.shell !== undefined || each.mounts !== undefined || each.terminal === true;
  const { exit, stdout, stderr } = isOwn ? await runProcess(argv, each) : await runCommand(argv);
  const lost = [
    ...(keeps(before, await readOr(lab.goals), each) ? [] : ['goals.json is not as it was']),
    ...unreadableJournals().filter((one) => !journals.includes(one)),
    ...(workOf(process.cwd()) === work ? [] : ['the checkout is not as it was']),
    ...(isHeld(cluster) ? ['the Lease is still held'] : []),
  ];
  const hide = hider([
    [checkout, '~/homelab'],
    [remote, '/srv/homelab.git'],
    [state, '~/.local/state'],
    [kubeconfig, '~/.kube/config'],
    [folder, '~'],
    [cluster.url, 'http://127.0.0.1:6443'],
  ]);
  return { command: hide([each.command, ...words].join(' ')), exit, text: hide(messageOf(stderr, stdout, exit === 0)), lost };
}

async function copyRepository(cluster: EmbeddedCluster, folder: string): Promise<Pick<Lab, 'checkout' | 'remote'>> {
  const [checkout, remote] = [join(folder, 'homelab'), join(folder, 'homelab.git')];
  await Promise.all([cp(cluster.checkout, checkout, { recursive: true }), cp(cluster.remote, remote, { recursive: true })]);
  git(checkout, 'remote', 'set-url', 'origin', remote);
  return { checkout, remote };
}

export function git(directory: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', directory, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The kubeconfig of the lab with some of its text replaced. */
export async function changeKubeconfig({ kubeconfig }: Lab, from: string | RegExp, to: string): Promise<void> {
  const text = await readFile(kubeconfig, 'utf8');
  await writeFile(kubeconfig, text.replace(from, to));
}

/** As a user starts it. With mounts: in namespaces of its own, which end with it. */
async function runProcess(argv: readonly string[], { shell = 'true', mounts, terminal }: Case) {
  const program = [process.execPath, join(root, 'bin/run.js'), ...argv];
  const options = { reject: false, cwd: process.cwd() } as const;
  const ended = terminal
    ? await execa('script', ['-qec', program.map((word) => `'${word}'`).join(' '), '/dev/null'], {
        ...options,
        env: { CI: '1', NO_COLOR: '1' },
      })
    : mounts === undefined
      ? await execa('bash', ['-c', `${shell} && exec "$0" "$@"`, ...program], options)
      : await execa('unshare', ['--user', '--map-root-user', '--mount', 'bash', '-c', `${mounts} && exec "$0" "$@"`, ...program], options);
  return { exit: ended.exitCode ?? -1, stdout: `${ended.stdout.replaceAll('\r', '')}\n`, stderr: `${ended.stderr}\n` };
}

/** Without what was told on the way: the error, else how the run ended, else what is not well. */
function messageOf(stderr: string, stdout: string, isDone: boolean): string {
  const from = (text: string, begin: RegExp) => {
    const lines = text.trimEnd().split('\n');
    const first = lines.findIndex((line) => begin.test(line));
    return first === -1 ? undefined : lines.slice(first).join('\n');
  };
  const message =
    from(stderr, /^(Error: |\s+at )/) ?? from(stdout, /^(failed|refused|unknown|waiting|completed): /) ?? from(stderr, /^Warning: /);
  const notWell = stdout.split('\n').filter((line) => /^ +(failed|unknown) |^ {8,}/.test(line));
  return message ?? (notWell.length === 0 || isDone ? (stdout.split('\n', 1)[0] ?? '') : notWell.join('\n'));
}

function hider(names: readonly (readonly [string, string])[]): (text: string) => string {
  return (text) => {
    let hidden = text;
    for (const [name, shown] of names) hidden = hidden.replaceAll(name, shown);
    return hidden
      .replaceAll(/\/[\w./-]*anton-logging-test-\w+\/?/g, '/tmp/')
      .replaceAll(/127\.0\.0\.1:(?!6443\b|1\b)\d+/g, '127.0.0.1:PORT')
      .replaceAll(/(server certificate verification failed|SSL certificate problem)[^;\n]*/g, 'SSL certificate problem')
      .replaceAll(/\b\d{8}t\d{6}-[0-9a-f]{6}\b/g, 'RUN')
      .replaceAll(/\b[0-9a-f]{40}\b/g, 'SHA')
      .replaceAll(/(nowhere\/anton-logging-)\w{6}/g, '$1XXXXXX')
      .replaceAll(/\b[0-9a-f-]{36}\b/g, 'UUID')
      .replaceAll(/\b[0-9a-f]{32}\b/g, 'DIGEST')
      .replaceAll(root, '~/anton-logging');
  };
}

/** As after phase 0: what comes next writes. */
export async function claimReadiness({ goals }: Lab): Promise<void> {
  const value = JSON.parse(await readFile(goals, 'utf8'));
  for (const objective of value.phases[0].objectives) objective.status = 'completed';
  value.phases[0].status = 'completed';
  await writeFile(goals, `${JSON.stringify(value, undefined, 2)}\n`);
}

async function readOr(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => String(error.code));
}

/** HEAD, index and work tree: nobody's but the user's. */
function workOf(directory: string): string {
  const { stdout } = spawnSync('git', ['-C', directory, 'status', '--porcelain=v2', '--branch', '--', ':!goals', ':!plans'], {
    encoding: 'utf8',
  });
  return (stdout ?? '').replace(/^# branch\.(ab|upstream).*\n/gm, '');
}

function keeps(before: string, after: string, { records }: Case): boolean {
  return before === after || (records === true && loadGoals(before, '').digest === loadGoals(after, '').digest);
}

function unreadableJournals(): readonly string[] {
  try {
    for (const run of listRuns(journalDirectory())) readRun(journalDirectory(), run);
    return [];
  } catch (error) {
    return [`journal: ${(error as Error).message}`];
  }
}

function isHeld({ world }: EmbeddedCluster): boolean {
  return world.store
    .list('coordination.k8s.io/v1', 'Lease')
    .some(({ spec }) => (spec as { holderIdentity?: string }).holderIdentity !== undefined);
}
