import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createGoalsFile } from '#adapters/files.ts';
import { secret, service } from '#rehearsal/build.ts';
import { withRehearsal } from './rehearsal.ts';
import { runCommand, runEvents } from './run-command.ts';
import { scratchFile, scratchFolder } from './scratch.ts';

test('what it writes stops at gates alone, and runs to the end once they are passed', { timeout: 120_000 }, async () => {
  await withBareRehearsal(async ({ checkout, url }) => {
    const init = await runCommand(['init']);
    expect(init).toMatchObject({ exit: 0, stderr: '' });
    expect(init.stdout).toMatchSnapshot();
    expect(await readdir(join(checkout, 'goals'))).toEqual(['goals.json', 'goals.schema.json']);
    expect(await runCommand(['goals', 'validate', '--strict'])).toMatchObject({ exit: 0 });

    // Without the rehearsal's clock and approvals, as anywhere else.
    vi.stubEnv('ANTON_LOGGING_REHEARSAL', '');
    const stopped = await runEvents(['run', '--yes']);
    expect(stopped.exit).toBe(3);
    const gates = stopped.events.filter(({ type }) => type === 'gate.waiting');
    expect(gates.map(({ objective, gate, remedy }) => ({ objective, gate, remedy }))).toEqual([
      {
        objective: '5.1',
        gate: 'airflow.removal-approved',
        remedy: 'anton-logging approve 5.1 "Removal of claim airflow/airflow-logs" --by NAME --note TEXT',
      },
    ]);
    vi.stubEnv('ANTON_LOGGING_REHEARSAL', url);
    expect(await runCommand(['run', '--yes'])).toMatchObject({ exit: 0 });
  });
});

test('a cluster with neither Airflow, Grafana, External Secrets nor a default StorageClass runs to the end, too', {
  timeout: 120_000,
}, async () => {
  await withBareRehearsal(async ({ world }) => {
    const remove = (apiVersion: string, kind: string, name: string, namespace?: string) =>
      world.store.remove({ apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) });
    for (const group of ['secretstores', 'externalsecrets']) {
      remove('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${group}.external-secrets.io`);
    }
    remove('v1', 'Service', 'kube-prometheus-stack-grafana', 'monitoring');
    remove('v1', 'PersistentVolumeClaim', 'airflow-logs', 'airflow');
    const storageClass = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' };
    world.store.remove({ ...storageClass, name: 'ceph-block' });
    world.store.put({ ...storageClass, metadata: { name: 'ceph-block' }, provisioner: 'storage.rbd.csi.ceph.com' });
    const init = await runCommand(['init', '-o', 'json']);
    const { settings } = JSON.parse(init.stdout) as { settings: { pointer: string; value: unknown; from: string }[] };
    expect(settings.filter(({ value }) => value === null).map(({ pointer, from }) => `${pointer}: ${from}`)).toEqual([
      '/environment/externalSecrets: the cluster has no External Secrets (external-secrets.io/v1)',
      '/environment/grafana: there is no Service of Grafana: what needs one is skipped',
      '/environment/airflow: HelmRelease airflow/airflow keeps its logs on no claim: its migration is skipped',
    ]);
    const run = await runCommand(['run', '--yes']);
    expect(`${run.exit} ${run.stdout}`).toMatch(/^0 /);
  });
});

test('so does one without Rook and Prometheus, once the buckets and Secrets are made that it names', { timeout: 120_000 }, async () => {
  await withBareRehearsal(async ({ world }) => {
    for (const name of ABSENT_KINDS) world.store.remove({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name });
    world.store.remove({ apiVersion: 'v1', kind: 'Service', namespace: 'storage', name: 'rook-ceph-rgw-storage' });
    const minio = service('storage/minio', { app: 'rook-ceph-rgw' }, 9000, 8080);
    world.store.put({ ...minio, metadata: { ...minio.metadata, labels: { app: 'minio' } } });
    const { stdout } = await runCommand(['init']);
    expect(stdout).toContain('"http://minio.storage.svc:9000"');
    expect(stdout.slice(stdout.indexOf('To do'))).toMatchSnapshot();
    const keys = { access_key_id: 'access', secret_access_key: 'key' };
    for (const bucket of ['loki-logs', 'airflow-logs']) {
      world.buckets.create(bucket);
      world.buckets.grant('access', 'key', bucket);
    }
    const place = { endpoint: 'http://minio.storage.svc:9000', bucket: 'loki-logs', region: 'us-east-1' };
    world.store.put(secret('monitoring/loki-s3-credentials', { ...keys, ...place }));
    world.store.put(secret('airflow/airflow-logs', keys));
    const run = await runCommand(['run', '--yes']);
    expect(run.exit).toBe(0);
  });
});

test('it writes at the top of the checkout, from anywhere in it, or where --goals says', async () => {
  await withBareRehearsal(async ({ checkout }) => {
    const below = join(checkout, 'kubernetes', 'apps');
    vi.spyOn(process, 'cwd').mockReturnValue(below);
    const { stdout } = await runCommand(['init']);
    expect(stdout).toContain('Written: ../../goals/goals.json.');
    expect(await runCommand(['init', '--goals', 'logging.json'])).toMatchObject({ exit: 0 });
    expect(await readFile(join(below, 'logging.json'), 'utf8')).toBe(await readFile(join(checkout, 'goals/goals.json'), 'utf8'));
  });
});

test('it never replaces a goals file', async () => {
  await withRehearsal(async ({ checkout }) => {
    const file = join(checkout, 'goals/goals.json');
    await writeFile(file, 'mine');
    const { exit, stdout, stderr } = await runCommand(['init']);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toContain(`there is a goals file already: ${file}; nothing was written`);
    expect(await readFile(file, 'utf8')).toBe('mine');
  });
});

test('nor one that came into being meanwhile, and it leaves nothing behind', async () => {
  const folder = await scratchFolder();
  const file = join(folder, 'goals.json');
  const tries = await Promise.allSettled(['a', 'b', 'c'].map((text) => createGoalsFile(file, text, '{}')));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await readdir(folder)).toEqual(['goals.json', 'goals.schema.json']);
  await expect(createGoalsFile(join(file, 'goals.json'), '', '{}')).rejects.toThrow("can't be written");
});

test('what it may not see it does not guess: exit 7, and no file', async () => {
  await withBareRehearsal(async ({ checkout, kubeconfig }) => {
    const limited = await scratchFile('limited', kubeconfig.replace('token: admin', 'token: limited'));
    vi.stubEnv('ANTON_LOGGING_REHEARSAL', '');
    const { exit, stderr } = await runCommand(['init', '--kubeconfig', limited]);
    expect({ exit, stderr }).toEqual({
      exit: 7,
      stderr: expect.stringContaining('could not be read, so that goals for this cluster would be guesswork'),
    });
    expect(await readdir(checkout)).not.toContain('goals');
  });
});

test('outside of a checkout it says where to run', async () => {
  const folder = await scratchFolder();
  await mkdir(join(folder, 'empty'));
  vi.spyOn(process, 'cwd').mockReturnValue(join(folder, 'empty'));
  const { exit, stderr } = await runCommand(['init']);
  expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining('run in a checkout of the repository that Flux follows') });
});

/** Of Rook and of the Prometheus Operator. */
const ABSENT_KINDS = [
  'cephclusters.ceph.rook.io',
  'cephobjectstores.ceph.rook.io',
  'objectbucketclaims.objectbucket.io',
  'prometheuses.monitoring.coreos.com',
  'prometheusrules.monitoring.coreos.com',
  'servicemonitors.monitoring.coreos.com',
];

/** The homelab without a goals file. */
async function withBareRehearsal(use: Parameters<typeof withRehearsal>[0]): Promise<void> {
  await withRehearsal(async (cluster) => {
    await rm(join(cluster.checkout, 'goals'), { recursive: true });
    await use(cluster);
  });
}
