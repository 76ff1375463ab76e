import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';

/** What the embedded cluster may come to: docs/architecture.md. */
const BOUND = 3500;
const FAULTS = ['oom-loop', 'gateway-404', 'retention-off'];
/** From the sources, not from dist/: Node strips types in place, so that what V8 counts are offsets in these files. */
const REHEARSE = "import Rehearse from '#commands/rehearse.ts'; await Rehearse.run(process.argv.slice(1), { root: process.cwd() });";

/** As V8 writes it: a range has its count, except where a later one inside it says otherwise. */
interface Script {
  readonly url: string;
  readonly functions: readonly {
    readonly functionName: string;
    readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
  }[];
}

const root = resolve(import.meta.dirname, '..');
const files = globSync('src/rehearsal/**/*.ts', { cwd: root }).map((file) => join(root, file));
const size = files.flatMap((file) => codeLinesOf(readFileSync(file, 'utf8'))).length;
const scripts = await coverRehearsals();
const measured = files.map(measure);
const lines = share(measured.flatMap(({ lines }) => lines));
const functions = share(measured.flatMap(({ functions }) => functions));
process.stdout.write(
  `embedded cluster: ${size} code lines (bound ${BOUND}), ${lines} % of its lines and ${functions} % of its functions executed by a whole rehearsal and the three faults\n`,
);
if (size > BOUND) process.exitCode = 1;

async function coverRehearsals(): Promise<readonly Script[]> {
  const directory = mkdtempSync(join(tmpdir(), 'rehearsal-size-'));
  const env = { NODE_V8_COVERAGE: join(directory, 'coverage'), TMPDIR: directory };
  const goals = join(root, 'goals', 'goals.json');
  const rehearse = (flags: readonly string[]) =>
    execa(process.execPath, ['--input-type=module', '--eval', REHEARSE, '--', '--goals', goals, ...flags], { cwd: root, env });
  try {
    await Promise.all([[], ...FAULTS.map((fault) => ['--fault', fault])].map(rehearse));
    const written = globSync('coverage/*.json', { cwd: directory });
    return written.flatMap((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')).result as readonly Script[]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Which code lines and which named functions of a file any of the runs came through. A file of types alone is never loaded. */
function measure(file: string): { readonly lines: readonly boolean[]; readonly functions: readonly boolean[] } {
  const text = readFileSync(file, 'utf8');
  const runs = scripts.filter(({ url }) => url === pathToFileURL(file).href);
  const executed = new Uint8Array(text.length);
  const calls = new Map<string, boolean>();
  for (const run of runs) {
    const ranges = run.functions.flatMap((each) => each.ranges);
    const inThisRun = new Uint8Array(text.length);
    for (const { startOffset, endOffset, count } of ranges) inThisRun.fill(Math.min(count, 1), startOffset, endOffset);
    for (const [at, count] of inThisRun.entries()) executed[at] = (executed[at] ?? 0) | count;
    for (const { functionName, ranges } of run.functions) {
      const key = `${functionName} ${ranges[0]?.startOffset}`;
      if (functionName !== '') calls.set(key, (calls.get(key) ?? false) || (ranges[0]?.count ?? 0) > 0);
    }
  }
  const lines = codeLinesOf(text).map(({ start, end }) => executed.subarray(start, end).includes(1));
  return runs.length === 0 ? { lines: [], functions: [] } : { lines, functions: [...calls.values()] };
}

/** Lines that are neither blank nor comment only; from their first character to their last. */
function codeLinesOf(text: string): readonly { readonly start: number; readonly end: number }[] {
  let offset = 0;
  let inComment = false;
  return text.split('\n').flatMap((line) => {
    const start = offset + line.length - line.trimStart().length;
    const end = offset + line.trimEnd().length;
    offset += line.length + 1;
    const code = line.trim();
    const comment = inComment || code.startsWith('//') || code.startsWith('/*');
    inComment = (inComment || code.startsWith('/*')) && !code.endsWith('*/');
    return code === '' || comment ? [] : [{ start, end }];
  });
}

function share(executed: readonly boolean[]): number {
  return Math.round((100 * executed.filter(Boolean).length) / executed.length);
}
