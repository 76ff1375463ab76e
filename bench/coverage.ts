import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** Log coverage of a large cluster: what it takes in time, memory and requests. */
const PODS = 20_000;
/** MiB that the process with the check may come to, all of it. */
const MEMORY = 256;
/** Pages of 250 pods, one request for each namespace, and one for each pod without a stream whose log is looked at. */
const REQUESTS = PODS / 250 + 200 + 100;
const root = resolve(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'anton-logging-bench-'));

interface Measured {
  readonly milliseconds: number;
  /** MiB, the highest of its life. */
  readonly memory: number;
  readonly saw: string;
}

/** What bundled CommonJS packages expect to find. */
const COMMONJS = "const require = globalThis.process.getBuiltinModule('node:module').createRequire(import.meta.url);";

// As users run it: taking the types off the sources would cost more memory than the check.
const check = join(scratch, 'check.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['bench/coverage-check.ts'],
  outfile: check,
  bundle: true,
  format: 'esm',
  platform: 'node',
  mainFields: ['module', 'main'],
  banner: { js: COMMONJS },
  logLevel: 'warning',
});
const server = fork(join(root, 'bench/coverage-server.ts'), [String(PODS)]);
try {
  const { url } = await told<{ url: string }>(server);
  const kubeconfig = join(scratch, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigFor(url));
  // The same bytes, asked for and parsed once, with nothing made of them.
  const base = await measure(join(root, 'bench/coverage-bytes.ts'), url);
  const before = await requests(url);
  const checked = await measure(check, kubeconfig);
  const made = (await requests(url)) - before;
  const ratio = Math.round((100 * checked.milliseconds) / base.milliseconds) / 100;
  const report = { node: process.version, pods: PODS, ...checked, requests: made, ratio, limits: { memory: MEMORY, requests: REQUESTS } };
  mkdirSync(join(root, 'reports'), { recursive: true });
  writeFileSync(join(root, 'reports/coverage.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  process.stdout.write(
    `coverage of ${PODS} pods: ${made} requests (limit ${REQUESTS}), peak ${checked.memory} MiB (limit ${MEMORY}), ` +
      `${Math.round(checked.milliseconds)} ms, ${ratio} times fetching and parsing the same bytes; saw: ${checked.saw}\n`,
  );
  process.exitCode = made <= REQUESTS && checked.memory <= MEMORY ? 0 : 1;
} finally {
  server.kill();
  rmSync(scratch, { recursive: true, force: true });
}

/** In a process of its own, whose heap can't grow beyond the bound. */
async function measure(script: string, argument: string): Promise<Measured> {
  const child = fork(script, [argument], { execArgv: [`--max-old-space-size=${MEMORY}`] });
  return told<Measured>(child);
}

/** The one message of a child process. */
function told<T>(child: ReturnType<typeof fork>): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('exit', (code) => reject(new Error(`${child.spawnargs.at(-2)} ended with ${code}`)));
  });
}

async function requests(url: string): Promise<number> {
  return Number(await (await fetch(`${url}/requests`)).text());
}

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    clusters: [{ name: 'bench', cluster: { server } }],
    users: [{ name: 'bench', user: { token: 'bench' } }],
  });
}
