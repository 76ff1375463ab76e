import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { openGoalsFile } from '#adapters/files.ts';
import { interruptBy } from '#commands/support/interrupt.ts';
import { understandOwn } from '#commands/support/open-goals.ts';
import { runWired } from '#commands/support/run-rollout.ts';
import { surroundings, wireWriting } from '#commands/support/wire.ts';
import type { Event } from '#model/event.ts';
import type { Manifest } from '#model/kubernetes.ts';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { specOf } from '#rehearsal/tree.ts';
import type { World } from '#rehearsal/world.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand } from './run-command.ts';
import { scratchFolder } from './scratch.ts';

const CLAIM = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'airflow', name: 'airflow-logs' };
const VOLUME = { apiVersion: 'v1', kind: 'PersistentVolume', name: 'pvc-airflow-logs' };

const until = (seen: () => boolean) => vi.waitUntil(seen, { timeout: 10_000, interval: 5 });
/** The archive's job, which has ended, has it among its volumes as well. */
const isMounted = ({ store }: World) =>
  store
    .list('v1', 'Pod', 'airflow')
    .some((pod) => pod.metadata.labels?.tier === 'airflow' && JSON.stringify(pod.spec).includes('"airflow-logs"'));

test('a volume that would go with its claim: nothing is removed, one revert brings the claim back, and later it goes on', {
  timeout: 90_000,
}, async () => {
  await withRehearsal(async ({ world, checkout }) => {
    const { store } = world;
    const setPolicy = (policy: string) => {
      const volume = store.get(VOLUME) as Manifest;
      store.put({ ...volume, spec: { ...specOf(volume), persistentVolumeReclaimPolicy: policy } });
    };
    // Somebody changes it while Airflow is taken off its claim.
    const stop = store.subscribe(({ object }) => {
      if (object.kind === 'HelmRelease' && object.metadata.name === 'airflow' && specOf(object).values.logs.persistence.enabled === false) {
        stop();
        setPolicy('Delete');
      }
    });
    const red = await runCommand(['run', '--yes']);
    expect(red.exit).toBe(1);
    expect(red.stderr).toContain('PersistentVolume pvc-airflow-logs has the reclaim policy Delete');
    expect(red.stderr).toContain(`kubectl patch pv pvc-airflow-logs -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'`);
    expect(red.stderr).not.toMatch(/5\.1 did .*removed/);
    expect(store.get(CLAIM)).toBeDefined();
    await until(() => !isMounted(world));

    await goBack(checkout);
    store.put(
      asked(store.get({ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' })),
    );
    await until(() => isMounted(world));

    setPolicy('Retain');
    const green = await runCommand(['resume', '--yes']);
    expect(green.exit, green.stderr).toBe(0);
    expect(store.get(CLAIM)).toBeUndefined();
  });
});

test('interrupted after each thing that it does or finds, the migration comes to the same end', { timeout: 300_000 }, async () => {
  await withRehearsal(async (cluster) => {
    expect((await runCommand(['run', '--to', '4', '--yes'])).exit).toBe(0);
    const runs = await runInPieces(cluster);
    expect(runs.at(-1)?.exit).toBe(0);
    expect(runs.slice(0, -1).every(({ exit }) => exit === 130)).toBe(true);
    const did = runs.flatMap(({ events }) => events).flatMap((event) => (event.type === 'change.applied' ? [event.result] : []));
    const lasting = did
      .filter((result) => !result.startsWith('asked Flux'))
      .map((result) => result.replace(/committed \w+ to/, 'committed to'));
    expect(lasting).toEqual([
      "committed to origin/main: claim bucket airflow-logs for Airflow's logs",
      'committed to origin/main: Airflow logs to S3 as well as to its claim',
      'created Job airflow/airflow-log-archive',
      'committed to origin/main: Airflow without log claims',
      'removed Job airflow/airflow-log-archive',
      'removed PersistentVolumeClaim airflow/airflow-logs',
    ]);
    expect(cluster.world.store.get(CLAIM)).toBeUndefined();
    expect(cluster.world.buckets.list('airflow-logs', 'archive/airflow-logs/dag_id=')).toHaveLength(48);
    const { evidence } = JSON.parse(await readFile(join(cluster.checkout, 'goals/goals.json'), 'utf8')).phases[5].objectives[0];
    expect(evidence.approvals['Removal of claim airflow/airflow-logs'].by).toBe('rehearsal');
    expect(Object.values(evidence.checks).every((check) => (check as { state: string }).state === 'met')).toBe(true);
  });
});

interface Piece {
  readonly exit: number;
  readonly events: readonly Event[];
}

/** Runs 5.1 again and again, each time until something is told that was not told before. */
async function runInPieces({ checkout }: EmbeddedCluster): Promise<readonly Piece[]> {
  const goals = await understandOwn(openGoalsFile(join(checkout, 'goals/goals.json')));
  const wiring = await wireWriting({ kubeconfig: undefined, context: undefined }, goals.environment, false, surroundings());
  const flags = {
    goals: undefined,
    output: 'ndjson',
    color: false,
    verbose: false,
    overwrite: false,
    repair: false,
    timeout: '60s',
  } as never;
  const journals = await scratchFolder();
  const quiet = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const told = new Set<string>();
  const pieces: Piece[] = [];
  try {
    while (pieces.at(-1)?.exit !== 0) {
      const events: Event[] = [];
      const interrupt = new AbortController();
      interruptBy(interrupt.signal);
      const onEvent = (event: Event): void => {
        if (!('objective' in event) || event.objective !== '5.1' || !['check.judged', 'change.applied'].includes(event.type)) return;
        events.push(event);
        const key = event.type === 'change.applied' ? event.result : event.type === 'check.judged' ? `${event.check} ${event.state}` : '';
        if (!told.has(key)) interrupt.abort();
        told.add(key);
      };
      const exit = await runWired({ goals, from: 5, to: 5, apply: true, dryRun: false }, flags, wiring, journals, { onEvent });
      pieces.push({ exit, events });
    }
  } finally {
    quiet.mockRestore();
    interruptBy(new AbortController().signal);
  }
  return pieces;
}

/** What docs/logging/airflow.md says, word by word, but for Flux, which nobody can call here. */
async function goBack(checkout: string): Promise<void> {
  const git = { cwd: checkout, env: { GIT_EDITOR: 'true' } };
  await execa('git', ['pull', '--quiet', 'origin', 'main'], git);
  const document = await readFile(join(checkout, 'docs/logging/airflow.md'), 'utf8');
  const [, script = ''] = /## The way back[\s\S]*?```sh\n([\s\S]*?)```/.exec(document) ?? [];
  const commands = script.trim().split('\n');
  expect(commands.at(-1)).toBe('flux reconcile source git -n flux-system flux-system');
  await execa('sh', ['-ec', commands.slice(0, -1).join('\n')], git);
}

function asked(object: Manifest | undefined): Manifest {
  const { metadata, ...rest } = object as Manifest;
  return { ...rest, metadata: { ...metadata, annotations: { ...metadata.annotations, 'reconcile.fluxcd.io/requestedAt': 'by hand' } } };
}
