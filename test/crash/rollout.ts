import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { listRuns, readRun } from '#adapters/journal.ts';
import { startCluster } from '#rehearsal/cluster.ts';
import { type EndState, readEndState } from './end-state.ts';
import type { Point } from './point.ts';

const root = resolve(import.meta.dirname, '../..');
/** Milliseconds that one process may take, on a busy machine too. A resume that found the Lease taken would end with exit 4 instead. */
const LONGEST = 60_000;

/** What to try: a rollout up to a phase, disturbed by a death or not. */
export type Trial = Point | { readonly to: number };

export interface Rollout {
  /** The phase that each record in the first run's journal belongs to. */
  readonly phases: readonly (number | undefined)[];
  /** How it came to an end that is none; undefined: as it should. */
  readonly trouble?: string;
  readonly endState: EndState;
  /** Milliseconds of each process, in their order. */
  readonly took: readonly number[];
}

/** A rollout on a cluster of its own, which this process serves: `run` in a process that dies at the point, then `resume`. */
export async function rollOut(trial: Trial): Promise<Rollout> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'anton-logging-crash-')));
  const cluster = await startCluster({ directory, goals: await readFile(join(root, 'goals/goals.json'), 'utf8') });
  try {
    const env = await surroundings(directory, cluster);
    const processes: Ended[] = [];
    const start = async (args: readonly string[], options: readonly string[] = []) =>
      processes.push(await runProgram([...options, join(root, 'bin/run.js'), ...args, '--yes'], cluster.checkout, env));
    const run = ['run', '--to', String(trial.to)];
    if ('append' in trial) {
      Object.assign(env, { CRASH_APPEND: String(trial.append), CRASH_MOMENT: trial.moment });
      await start(run, ['--import', join(import.meta.dirname, 'kill-at.js')]);
      await start(['resume']);
    } else await start(run);
    const trouble = troubleOf(processes, 'append' in trial ? ['SIGKILL', 'exit 0'] : ['exit 0']);
    return {
      phases: phasesOf(join(directory, 'state', 'anton-logging', 'runs')),
      ...(trouble === undefined ? {} : { trouble }),
      endState: await readEndState({ directory, cluster }),
      took: processes.map(({ took }) => took),
    };
  } finally {
    await cluster.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function surroundings(directory: string, { kubeconfig, url }: { readonly kubeconfig: string; readonly url: string }) {
  const file = join(directory, 'kubeconfig');
  await writeFile(file, kubeconfig);
  await mkdir(join(directory, 'tmp'));
  return {
    KUBECONFIG: file,
    ANTON_LOGGING_REHEARSAL: url,
    XDG_STATE_HOME: join(directory, 'state'),
    TMPDIR: join(directory, 'tmp'),
    NODE_COMPILE_CACHE: join(tmpdir(), 'anton-logging-crash-compile-cache'),
  };
}

interface Ended {
  /** "SIGKILL" or "exit 0". */
  readonly end: string;
  readonly output: string;
  readonly took: number;
}

async function runProgram(args: readonly string[], cwd: string, env: Record<string, string>): Promise<Ended> {
  const began = performance.now();
  const program = await execa(process.execPath, args, { cwd, env, stdin: 'ignore', all: true, reject: false, timeout: LONGEST });
  const end = program.timedOut ? `no end in ${LONGEST / 1000} s` : (program.signal ?? `exit ${program.exitCode}`);
  return { end, output: program.all, took: performance.now() - began };
}

function troubleOf(processes: readonly Ended[], expected: readonly string[]): string | undefined {
  const wrong = processes.findIndex(({ end }, index) => end !== expected[index]);
  const one = processes[wrong];
  return one && `process ${wrong + 1} ended with ${one.end} instead of ${expected[wrong]}:\n${one.output.slice(-3000)}`;
}

function phasesOf(journals: string): readonly (number | undefined)[] {
  const first = listRuns(journals).at(-1);
  return first === undefined ? [] : readRun(journals, first).map((event) => ('phase' in event ? event.phase : undefined));
}
