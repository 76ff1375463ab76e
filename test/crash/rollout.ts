import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { startCluster } from '#rehearsal/cluster.ts';
import { type EndState, readEndState } from './end-state.ts';
import type { Point, Visit } from './point.ts';

const root = resolve(import.meta.dirname, '../..');
const KILL_AT = ['--import', join(import.meta.dirname, 'kill-at.js')];
/** Milliseconds that one process may take, on a busy machine too. A resume that found the Lease taken would end with exit 4 instead. */
const LONGEST = 120_000;
const BY_HAND = '"note": "written by hand"';
/** Milliseconds after which the lock on goals.json counts as left behind, and more. */
const LONG_AGO = 60_000;

/** What is tried: what is done before, and what is killed. */
export const STORIES = {
  run: { before: undefined, command: ['run', '--yes'] },
  rollback: { before: ['run', '--to', '1', '--yes'], command: ['phase', 'rollback', '1', '--lose', 'bucket loki-logs', '--yes'] },
  begin: { before: undefined, command: ['run', '--to', '2', '--yes'] },
  plan: { before: undefined, command: ['plan', '1', '--out', 'plan.json'] },
} as const;
export type Story = keyof typeof STORIES;

/** Where the processes of a story die, one after the other; none: it is not disturbed. */
export interface Trial {
  readonly story: Story;
  readonly deaths: readonly Point[];
  /** Somebody edits goals.json by hand after the first death. */
  readonly edited?: boolean;
}

export interface Rollout {
  /** What the last process did. */
  readonly visits: readonly Visit[];
  /** How many processes did not come to their point: they died where its stretch ended. */
  readonly missed: number;
  /** How it came to an end that is none; undefined: as it should. */
  readonly trouble?: string;
  readonly endState: EndState;
  /** Milliseconds of each process, in their order. */
  readonly took: readonly number[];
}

/** A rollout on a cluster of its own, which this process serves: a command in a process that dies, then `resume` until one comes through. */
export async function rollOut({ story, deaths, edited = false }: Trial): Promise<Rollout> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'anton-logging-crash-')));
  const cluster = await startCluster({ directory, goals: await readFile(join(root, 'goals/goals.json'), 'utf8') });
  try {
    const env = await surroundings(directory, cluster);
    const record = join(directory, 'record');
    const goals = join(cluster.checkout, 'goals', 'goals.json');
    const { before, command } = STORIES[story];
    const processes: Ended[] = [];
    let missed = 0;
    if (before !== undefined) {
      const ended = await runProgram([join(root, 'bin/run.js'), ...before], cluster.checkout, env);
      processes.push({ ...ended, isRight: isRight(ended, undefined, true) });
    }
    for (const [index, death] of [...deaths, undefined].entries()) {
      await rm(record, { force: true });
      if (index === 1 && edited) await writeFile(goals, (await readFile(goals, 'utf8')).replace(/^\{/, `{ ${BY_HAND},`));
      const more = { CRASH_RECORD: record, ...(death && { CRASH_AT: JSON.stringify(death) }) };
      const next = index === 0 || !hasBegun(deaths[index - 1] as Point) ? command : ['resume', '--yes'];
      const args = [...KILL_AT, join(root, 'bin/run.js'), ...next];
      const ended = await runProgram(args, cluster.checkout, { ...env, ...more });
      const recorded = await linesOf(record);
      if (recorded.at(-1) === 'missed') missed += 1;
      processes.push({ ...ended, isRight: isRight(ended, recorded.at(-1) === 'missed' ? undefined : death, death === undefined) });
      await ageLocks(join(directory, 'state', 'anton-logging', 'locks'));
    }
    const isKept = !edited || deaths.length === 0 || (await readFile(goals, 'utf8')).includes(BY_HAND);
    const trouble = troubleOf(processes) ?? (isKept ? undefined : 'goals.json lost what was written by hand');
    return {
      visits: (await linesOf(record)).filter((line) => typeof line !== 'string'),
      missed,
      ...(trouble === undefined ? {} : { trouble }),
      endState: await readEndState({ directory, cluster }),
      took: processes.map(({ took }) => took),
    };
  } finally {
    await cluster.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Before a run has begun, and once it has ended, there is nothing to resume: its user says it again. */
function hasBegun({ stretch }: Point): boolean {
  return stretch !== 'start' && stretch !== 'end';
}

async function linesOf(record: string): Promise<readonly (Visit | string)[]> {
  if (!existsSync(record)) return [];
  return (await readFile(record, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** As if somebody came back after a minute: who holds a file's lock is told by the time alone. */
async function ageLocks(locks: string): Promise<void> {
  if (!existsSync(locks)) return;
  const then = (Date.now() - LONG_AGO) / 1000;
  for (const lock of await readdir(locks)) await utimes(join(locks, lock), then, then);
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
  readonly isRight?: boolean;
}

async function runProgram(args: readonly string[], cwd: string, env: Record<string, string>): Promise<Ended> {
  const began = performance.now();
  const program = await execa(process.execPath, args, { cwd, env, stdin: 'ignore', all: true, reject: false, timeout: LONGEST });
  const end = program.timedOut ? `no end in ${LONGEST / 1000} s` : (program.signal ?? `exit ${program.exitCode}`);
  return { end, output: program.all, took: performance.now() - began };
}

/** Where no file can be written, the program says so and what to do. */
function isRight({ end, output }: Ended, death: Point | undefined, isLast: boolean): boolean {
  if (isLast) return end === 'exit 0';
  if (death?.moment !== 'full' && death?.moment !== 'read-only') return end === 'SIGKILL';
  return /^exit [12]$/.test(end) && /(ENOSPC|EROFS)/.test(output) && output.includes('To fix it: ');
}

function troubleOf(processes: readonly Ended[]): string | undefined {
  const wrong = processes.findIndex((one) => one.isRight !== true);
  const one = processes[wrong];
  return one && `process ${wrong + 1} ended with ${one.end}:\n${one.output.slice(-3000)}`;
}
