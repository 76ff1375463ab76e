import fs from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import type { Event } from '#model/event.ts';
import type { Tree } from '#rehearsal/tree.ts';
import type { RealCluster } from '../cluster.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
/** Milliseconds that one command may take: less than its test. */
const LONGEST = 360_000;

/** How a command ended, and what it told. */
export interface Ended {
  readonly exit: number | undefined;
  readonly signal: string | undefined;
  readonly events: readonly Event[];
  readonly stderr: string;
}

/** Somebody with a checkout of the repository that Flux follows, a kubeconfig, and the program. */
export interface User {
  readonly checkout: string;
  readonly goalsFile: string;
  /** Runs a command that tells its events; `onEvent` may send the process a signal. */
  run(args: readonly string[], onEvent?: (event: Event, send: (signal: NodeJS.Signals) => void) => void): Promise<Ended>;
  /** Attests what no machine can see. */
  approve(objective: string, of: string): Promise<void>;
  git(...args: readonly string[]): Promise<string>;
  /** What a command prints. */
  read(args: readonly string[]): Promise<string>;
}

/** A clone of the repository of its own, and a state folder of its own: nothing of an earlier user's is known here. */
export async function newUser({ directory, git, kubeconfig: admin }: RealCluster, name: string, token = 'admin'): Promise<User> {
  const kubeconfig = path.join(directory, 'users', name, 'kubeconfig');
  await fs.mkdir(path.dirname(kubeconfig), { recursive: true });
  await fs.writeFile(kubeconfig, (await fs.readFile(admin, 'utf8')).replace('"token":"admin"', `"token":"${token}"`), { mode: 0o600 });
  const checkout = path.join(directory, 'users', name, 'checkout');
  const env = {
    KUBECONFIG: kubeconfig,
    XDG_STATE_HOME: path.join(directory, 'users', name, 'state'),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
  };
  await execa('git', ['clone', '--quiet', `${git}/fleet.git`, checkout], { env });
  const inCheckout = async (...args: readonly string[]) => (await execa('git', ['-C', checkout, ...args], { env })).stdout;
  await inCheckout('config', 'user.name', name);
  await inCheckout('config', 'user.email', `${name}@example.org`);
  const tell = async (args: readonly string[]) =>
    (await execa(process.execPath, [path.join(ROOT, 'bin/run.js'), ...args], { cwd: checkout, env })).stdout;
  return {
    checkout,
    goalsFile: path.join(checkout, 'goals', 'goals.json'),
    git: inCheckout,
    read: tell,
    async run(args, onEvent = () => {}) {
      const events: Event[] = [];
      const command = [path.join(ROOT, 'bin/run.js'), ...args, '--yes', '--output', 'ndjson'];
      const child = execa(process.execPath, command, { cwd: checkout, env, stdin: 'ignore', reject: false, timeout: LONGEST });
      for await (const line of child) {
        const event = JSON.parse(line) as Event;
        events.push(event);
        onEvent(event, (signal) => void child.kill(signal));
      }
      const { exitCode, signal, stderr } = await child;
      return { exit: exitCode, signal, events, stderr };
    },
    async approve(objective, of) {
      await tell(['approve', objective, of, '--by', 'Ada Lovelace', '--note', 'seen']);
    },
  };
}

/** What `init` writes, committed and pushed. Only what a test has no time or network for is changed. */
export async function writeGoals(user: User, { charts }: RealCluster, change: (environment: Tree) => void = () => {}): Promise<void> {
  await user.read(['init']);
  const goals: Tree = JSON.parse(await fs.readFile(user.goalsFile, 'utf8'));
  const { environment } = goals;
  for (const name of ['loki', 'alloy'])
    environment[name] = { ...environment[name], chart: { ...environment[name]?.chart, repository: charts } };
  // Loki's first look for what to delete comes one interval after its start: ten minutes by itself.
  environment.loki.values = { loki: { compactor: { compaction_interval: '10s' } } };
  environment.gates = { ...environment.gates, decommission: '10s' };
  // How fast a query is on a machine that runs a whole cluster is no test's business.
  goals.success_metrics.functional.query_performance = 'P95 <60s for 24h queries';
  change(environment);
  await fs.writeFile(user.goalsFile, `${JSON.stringify(goals, undefined, 2)}\n`);
  await user.git('add', '--all');
  await user.git('commit', '--quiet', '--message', 'Goals for logging');
  await user.git('push', '--quiet', 'origin', 'HEAD:main');
}

/** Changes the goals on the disk: what a user does with an editor. */
export async function editGoals(user: User, change: (environment: Tree) => void): Promise<void> {
  const goals: Tree = JSON.parse(await fs.readFile(user.goalsFile, 'utf8'));
  change(goals.environment);
  await fs.writeFile(user.goalsFile, `${JSON.stringify(goals, undefined, 2)}\n`);
}

/** With what the program said when it ended otherwise. */
export function expectExit({ exit, events, stderr }: Ended, wanted: number): void {
  const red = events
    .filter((event) => event.type === 'change.failed' || (event.type === 'check.judged' && event.state !== 'met'))
    .slice(-5);
  expect(exit, `${JSON.stringify([...red, events.at(-1)], undefined, 1)}\n${stderr}`).toBe(wanted);
}

/** The red check or change that ended a run, as one text: what was seen, its causes, the remedy. */
export function redText({ events }: Ended): string {
  const red = events.filter((event) => event.type === 'change.failed' || (event.type === 'check.judged' && event.state !== 'met'));
  return JSON.stringify([red.at(-1), ...red.filter((event) => 'state' in event && event.state === 'failed'), events.at(-1)]);
}

/** Ids of the checks that were judged red for good. */
export function failedChecks({ events }: Ended): readonly string[] {
  return events.flatMap((event) => (event.type === 'check.judged' && event.state === 'failed' ? [event.check] : []));
}

export function appliedChanges({ events }: Pick<Ended, 'events'>): readonly string[] {
  return events.flatMap((event) => (event.type === 'change.applied' ? [event.result] : []));
}
