import { execFileSync } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listRuns, readRun } from '#adapters/journal.ts';
import type { Event } from '#model/event.ts';
import { type EmbeddedCluster, startCluster } from '#rehearsal/cluster.ts';
import { runProgram } from './program.ts';
import { root } from './run-command.ts';
import { scratchFile, scratchFolder } from './scratch.ts';

const LONG = { timeout: 120_000 };
const RUN = ['run', '--to', '1', '--yes', '-o', 'ndjson'];

describe('the first signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s during a wait: what was done is saved, the Lease is free, exit 130', LONG, async (signal) => {
    const world = await startWorld();
    const run = world.start(RUN);
    await untilEvent(run.stdout as Readable, ({ type }) => type === 'change.applied');
    run.kill(signal);
    expect((await run).exitCode).toBe(130);
    expect(await world.left()).toEqual({ end: 'interrupted', isHeld: false, locks: [] });
    expect((await world.start(['resume', '--yes'])).exitCode).toBe(0);
    expect(new Set(world.commits()).size).toBe(world.commits().length);
  });

  it('Ctrl-C during a push that a hook holds up: it is abandoned, and the hook is not waited for', LONG, async () => {
    const world = await startWorld();
    const folder = await scratchFolder();
    const hook = join(world.cluster.remote, 'hooks/pre-receive');
    await mkdir(join(world.cluster.remote, 'hooks'), { recursive: true });
    await writeFile(hook, `#!/bin/sh\ncd '${folder}'\ntouch began\nuntil [ -e go ]; do sleep 0.1; done\n`);
    await chmod(hook, 0o755);
    onTestFinished(() => writeFile(join(folder, 'go'), ''));
    const run = world.start(RUN);
    await untilFile(folder, 'began');
    run.kill('SIGINT');
    expect((await run).exitCode).toBe(130);
    expect(await world.left()).toEqual({ end: 'interrupted', isHeld: false, locks: [] });
    // Its intent has no outcome.
    const last = world.events().findLast(({ type }) => type.startsWith('change.'));
    expect(last?.type).toBe('change.planned');

    await writeFile(join(folder, 'go'), '');
    expect((await world.start(['resume', '--yes'])).exitCode).toBe(0);
    expect(new Set(world.commits()).size).toBe(world.commits().length);
  });

  it('Ctrl-C at the question: nothing was written', LONG, async () => {
    const world = await startWorld();
    const tip = world.commits();
    const words = [process.execPath, join(root, 'bin/run.js'), 'run', '--to', '1'].map((word) => `'${word}'`).join(' ');
    // A rehearsal would not ask.
    const env = { ...world.env, ANTON_LOGGING_REHEARSAL: '' };
    const terminal = execa('script', ['-qec', words, '/dev/null'], { cwd: world.cluster.checkout, env, reject: false });
    await untilText(terminal.stdout, 'Go on? [y/N]');
    terminal.stdin.write('\x03');
    const { exitCode, stdout } = await terminal;
    expect(stdout).not.toContain('This is a bug');
    expect(exitCode).toBe(130);
    expect(await world.left()).toEqual({ end: undefined, isHeld: false, locks: [] });
    expect(world.commits()).toEqual(tip);
  });
});

it('the second signal stops at once, and what is left can be resumed', LONG, async () => {
  const world = await startWorld();
  const folder = await scratchFolder();
  // A git that does not want to end.
  const git = await scratchFile(
    'git',
    `#!/bin/bash\nif [[ " $* " == *" push --quiet "* ]]; then\n  trap 'touch ${folder}/asked' TERM\n  touch ${folder}/began\n  until [ -e ${folder}/go ]; do sleep 0.1; done\n  exit 1\nfi\nPATH="\${PATH#*:}" exec git "$@"\n`,
  );
  await chmod(git, 0o755);
  const run = world.start(RUN, { PATH: `${join(git, '..')}:${process.env.PATH}` });
  onTestFinished(() => writeFile(join(folder, 'go'), ''));
  await untilFile(folder, 'began');
  run.kill('SIGINT');
  await untilFile(folder, 'asked');
  expect(process.kill(run.pid as number, 0)).toBe(true);
  run.kill('SIGINT');
  expect((await run).exitCode).toBe(130);
  // It did not even say that it ended.
  expect(await world.left()).toMatchObject({ end: undefined, isHeld: true });
  await writeFile(join(folder, 'go'), '');
  expect((await world.start(['resume', '--yes'])).exitCode).toBe(0);
  expect(await world.left()).toEqual({ end: 'completed', isHeld: false, locks: [] });
  expect(new Set(world.commits()).size).toBe(world.commits().length);
});

it.each(['stdout', 'stderr'] as const)('nobody reads %s any more: the run goes on to its end', LONG, async (stream) => {
  const world = await startWorld();
  const run = world.start(stream === 'stdout' ? RUN : ['run', '--to', '1', '--yes']);
  (run[stream] as Readable).once('data', () => (run[stream] as Readable).destroy());
  expect((await run).exitCode).toBe(0);
  expect(await world.left()).toEqual({ end: 'completed', isHeld: false, locks: [] });
});

/** A cluster that this process serves, and the program as a user of it starts it. */
async function startWorld() {
  const directory = await scratchFolder();
  const cluster = await startCluster({ directory, goals: await readFile(join(root, 'goals/goals.json'), 'utf8') });
  onTestFinished(() => cluster.stop());
  const state = await scratchFolder();
  const env = {
    KUBECONFIG: await scratchFile('kubeconfig', cluster.kubeconfig),
    ANTON_LOGGING_REHEARSAL: cluster.url,
    XDG_STATE_HOME: state,
  };
  const journals = join(state, 'anton-logging/runs');
  const events = (): readonly Event[] =>
    listRuns(journals)
      .slice(0, 1)
      .flatMap((run) => readRun(journals, run));
  return {
    cluster,
    env,
    events,
    start: (args: readonly string[], more = {}) => runProgram(args, { cwd: cluster.checkout, env: { ...env, ...more } }),
    /** The subjects of what is on the branch. */
    commits: () => execFileSync('git', ['-C', cluster.remote, 'log', '--format=%s', 'main'], { encoding: 'utf8' }).trim().split('\n'),
    /** How the last run ended, and what it left behind. */
    async left() {
      const last = events().at(-1);
      const locks = join(state, 'anton-logging/locks');
      return {
        end: last?.type === 'run.finished' ? last.state : undefined,
        isHeld: isHeld(cluster),
        locks: existsSync(locks) ? await readdir(locks) : [],
      };
    },
  };
}

function isHeld({ world }: EmbeddedCluster): boolean {
  const leases = world.store.list('coordination.k8s.io/v1', 'Lease');
  return leases.some(({ spec }) => (spec as { holderIdentity?: string }).holderIdentity !== undefined);
}

async function untilEvent(output: Readable, isIt: (event: Event) => boolean): Promise<void> {
  const lines = createInterface({ input: output });
  for await (const line of lines) if (isIt(JSON.parse(line))) return;
  throw new Error('it ended before');
}

async function untilText(output: Readable, text: string): Promise<void> {
  let seen = '';
  for await (const chunk of output.iterator({ destroyOnReturn: false })) {
    seen += chunk;
    if (seen.includes(text)) return;
  }
  throw new Error(`it ended with: ${seen}`);
}

async function untilFile(folder: string, name: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => existsSync(join(folder, name)) && resolve();
  const watcher = watch(folder, look);
  look();
  await promise.finally(() => watcher.close());
}
