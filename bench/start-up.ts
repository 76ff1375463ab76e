import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const RUNS = 15;
const root = resolve(import.meta.dirname, '..');
const launcher = join(root, 'bin/run.js');
const goals = join(root, 'goals/goals.json');

const CASES = [
  { name: 'node -e 0', args: ['-e', '0'], limit: undefined },
  { name: '--version', args: [launcher, '--version'], limit: 1.5 },
  { name: '--help', args: [launcher, '--help'], limit: undefined },
  { name: 'status --offline', args: [launcher, 'status', '--offline', '--goals', goals], limit: 5 },
];

// An extra certificate file adds about 37 ms to every Node process and belongs to the machine, not to us.
const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;
const scratch = mkdtempSync(join(tmpdir(), 'anton-logging-bench-'));
const env = { ...environment, NODE_COMPILE_CACHE: join(scratch, 'cache'), XDG_STATE_HOME: join(scratch, 'state') };

// In turn, so that a slow moment of the machine meets all of them.
const samples = CASES.map((): number[] => []);
for (let run = -1; run < RUNS; run += 1) {
  for (const [index, { args }] of CASES.entries()) {
    const took = time(args);
    // The first round fills the compile cache.
    if (run >= 0) samples[index]?.push(took);
  }
}

const base = median(samples[0] ?? []);
const results = CASES.map(({ name, limit }, index) => {
  const milliseconds = median(samples[index] ?? []);
  return { name, milliseconds: round(milliseconds), ratio: round(milliseconds / base), limit: limit ?? null };
});
const report = { node: process.version, runs: RUNS, results };
mkdirSync(join(root, 'reports'), { recursive: true });
writeFileSync(join(root, 'reports/start-up.json'), `${JSON.stringify(report, undefined, 2)}\n`);
process.stdout.write(`${['', 'median ms', 'times node -e 0', 'limit'].map(pad).join('')}\n`);
for (const { name, milliseconds, ratio, limit } of results) {
  process.stdout.write(`${[name, milliseconds, ratio, limit ?? '-'].map(pad).join('')}\n`);
}
process.exitCode = results.some(({ ratio, limit }) => limit !== null && ratio > limit) ? 1 : 0;

function time(args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  const took = performance.now() - start;
  if (status !== 0) throw new Error(`${args.join(' ')} exited with ${status}: ${stderr}`);
  return took;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function round(number: number): number {
  return Math.round(number * 100) / 100;
}

function pad(cell: string | number): string {
  return String(cell).padEnd(18);
}
