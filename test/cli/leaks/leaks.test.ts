import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Secret } from '#adapters/secret.ts';
import { bringIn } from '#commands/support/faults.ts';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { withRehearsal } from '../rehearsal.ts';
import { runCommand } from '../run-command.ts';
import { scratchFolder } from '../scratch.ts';
import { git } from '../surroundings/lab.ts';
import { plantSurroundings, secretsOf } from './plant.ts';
import { findLeaks } from './search.ts';

test('no secret of the surroundings reaches an output, a file of ours, a commit, an object or a child process', {
  timeout: 180_000,
}, async () => {
  await withRehearsal(async (cluster) => {
    const closing = new AsyncDisposableStack();
    onTestFinished(() => closing.disposeAsync());
    const planted = await plantSurroundings(cluster, closing);
    const others = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'airflow', name: 'others' } };
    const data = { password: Buffer.from('correct horse battery staple').toString('base64') };
    cluster.world.store.put({ ...others, type: 'Opaque', data });
    const written: Record<string, string> = {};
    const run = async (exit: number, ...argv: string[]) => {
      const ran = await runCommand(argv);
      const name = `${argv.join(' ')} (${Object.keys(written).length})`;
      Object.assign(written, { [`stdout of ${name}`]: ran.stdout, [`stderr of ${name}`]: ran.stderr });
      expect([argv.join(' '), ran.exit], ran.stderr + ran.stdout.slice(-2000)).toEqual([argv.join(' '), exit]);
      return ran;
    };
    const saved = join(await scratchFolder(), 'plan.json');

    vi.stubEnv('KUBECONFIG', planted.plugin);
    await rm(join(cluster.checkout, 'goals'), { recursive: true });
    await run(0, 'init');
    const ofGoals = await plantInGoals(cluster);
    await run(0, 'doctor');
    await run(0, 'plan', '1', '--out', saved);
    await run(0, 'run', '--to', '1', '--yes', '--verbose');
    // All that is to be said about a remote with credentials was said; git is quicker without HTTP.
    git(cluster.checkout, 'remote', 'set-url', 'origin', cluster.remote);
    git(cluster.checkout, 'config', '--unset', 'remote.origin.pushurl');

    vi.stubEnv('KUBECONFIG', planted.bearer);
    bringIn({ name: 'oom-loop' }, cluster.world);
    await run(1, 'phase', 'run', '2', '--yes');
    writeIntoLogs(cluster);
    const red = await run(1, 'resume', '--yes', '-o', 'ndjson');
    expect(red.stdout).toContain('secret_access_key=***');
    await run(0, 'runs', 'show');
    cluster.world.store.remove({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'rehearsal', name: 'fault-oom-loop' });
    await run(0, 'resume', '--yes');
    // Grafana is asked with its login.
    await run(1, 'phase', 'validate', '4');
    for (const [command, exit = 0] of COMMANDS) await run(exit, ...command.split(' '));
    const reveal = vi.spyOn(Secret.prototype, 'reveal').mockImplementation(() => {
      throw new TypeError(`password=${secretsOf(cluster)['password of airflow/others']} is not a string`);
    });
    await run(70, 'metrics');
    reveal.mockRestore();

    const markers = { ...planted.markers, ...secretsOf(cluster), 'value in the goals': ofGoals };
    const ofCluster = ['monitoring/loki-bucket', 'monitoring/kube-prometheus-stack-grafana', 'airflow/others'];
    expect(Object.keys(markers).join()).toMatch(new RegExp(ofCluster.map((name) => `(?=.* of ${name})`).join('')));
    const files = { ...(await readAll(process.env.XDG_STATE_HOME ?? '')), ...(await readAll(process.env.TMPDIR ?? '')) };
    expect(Object.keys(files).some((file) => file.endsWith('.ndjson'))).toBe(true);
    const everywhere = { ...written, ...files, plan: await readFile(saved, 'utf8'), 'a git of ours': await planted.startedGits() };
    expect(findLeaks(markers, everywhere)).toEqual([]);
    // What is written into the values of a release is meant to stand in the repository, and thus in the cluster.
    const { 'value in the goals': _, ...rest } = markers;
    const delivered = {
      commits: git(cluster.remote, 'log', '-p', '--all', '--format=fuller'),
      'goals.json': await readFile(join(cluster.checkout, 'goals/goals.json'), 'utf8'),
      objects: JSON.stringify([...cluster.state.objects].filter(([kind]) => kind !== 'v1/Secret').map(([, objects]) => [...objects])),
    };
    expect(findLeaks(rest, delivered)).toEqual([]);
    expect(findLeaks({ value: ofGoals }, delivered)).toContain('value in commits');
  });
});

/** And how they end when not with 0: not all phases are completed. */
const COMMANDS: readonly (readonly [command: string, exit?: number])[] = [
  ['goals validate'],
  ['doctor --role'],
  ['plan 3 -o json'],
  ['status'],
  ['status --offline'],
  ['status -o json'],
  ['status -o markdown'],
  ['metrics'],
  ['phase show 2'],
  ['verify --probe -o junit', 7],
  ['runs list'],
  ['runs show -o ndjson'],
  ['unlock --force --yes'],
];

/** Beside a name that says what it is, as values of a chart have it. */
async function plantInGoals({ checkout }: EmbeddedCluster): Promise<string> {
  const file = join(checkout, 'goals/goals.json');
  const goals = JSON.parse(await readFile(file, 'utf8'));
  const value = 'a-value-that-goals-hold';
  goals.environment.loki = { ...goals.environment.loki, values: { loki: { ui: { password: value } } } };
  await writeFile(file, JSON.stringify(goals, undefined, 2));
  return value;
}

/** As a program does that logs its configuration. */
function writeIntoLogs(cluster: EmbeddedCluster): void {
  const keys = Object.entries(secretsOf(cluster));
  for (const lines of cluster.world.logs.values())
    for (const [name, value] of keys)
      lines.push({ ...(lines.at(-1) as (typeof lines)[number]), line: `secret_access_key=${value} of ${name}` });
}

/** Whatever lies in a folder of ours. Nobody else may read it. */
async function readAll(folder: string): Promise<Record<string, string>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = found.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    expect([path, ((await stat(path)).mode & 0o077).toString(8)]).toEqual([path, '0']);
    return entry.isFile() ? [[path, await readFile(path, 'utf8')]] : [];
  });
  return Object.fromEntries((await Promise.all(texts)).flat());
}
