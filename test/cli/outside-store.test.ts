import { expect, test } from 'vitest';
import type { Settings } from '#goals/settings.ts';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { ENDPOINT, makeBuckets, serveAmazon } from './outside-store.ts';
import { runProgram } from './program.ts';
import { withRehearsal } from './rehearsal.ts';
import { goalsWith, removeRook } from './surroundings.ts';

type Run = (...args: readonly string[]) => ReturnType<typeof runProgram>;

/** A cluster without any object store, and one outside that stands in for Amazon's. @param trusts whether its authority is known here */
async function withAmazon(
  storage: NonNullable<Settings['storage']>,
  trusts: boolean,
  use: (run: Run, cluster: EmbeddedCluster) => Promise<void>,
) {
  await using closing = new AsyncDisposableStack();
  await withRehearsal(
    async (cluster) => {
      removeRook(cluster.world);
      makeBuckets(cluster.world);
      const { authority, proxy } = await serveAmazon(cluster.world, closing);
      const env = { HTTPS_PROXY: proxy.url, ...(trusts ? { NODE_EXTRA_CA_CERTS: authority.certificate } : {}) };
      await use((...args) => runProgram(args, { cwd: cluster.checkout, env }), cluster);
      expect(proxy.asked).not.toHaveLength(0);
    },
    await goalsWith({ storage }),
  );
}

test('a whole rollout with the buckets at Amazon: what is needed in the cluster has no leave to ask an object store', async () => {
  await withAmazon({ endpoint: ENDPOINT }, true, async (run, { world }) => {
    const role = await run('doctor', '--role');
    expect(role.stdout).toContain('services/proxy');
    expect(role.stdout).not.toMatch(/rgw|:9000/);
    const rollout = await run('run', '--yes');
    expect(rollout, rollout.stdout + rollout.stderr).toMatchObject({ exitCode: 0 });
    expect(rollout.stderr).toMatch(/0\.1 met .*https:\/\/s3\.eu-central-1\.amazonaws\.com answers as an S3 endpoint does/);
    expect(world.buckets.list('loki-logs', 'fake/')).not.toHaveLength(0);
    expect(world.buckets.list('airflow-logs', 'archive/')).not.toHaveLength(0);
    expect(await run('verify')).toMatchObject({ exitCode: 0 });
  });
}, 120_000);

test("an authority that is not known: doctor says what to name, and that it can't tell", async () => {
  await withAmazon({ endpoint: ENDPOINT }, false, async (run) => {
    const doctor = await run('doctor');
    expect(doctor).toMatchObject({ exitCode: 7 });
    expect(doctor.stdout).toMatch(/its certificate is of an authority that this machine does not know/);
    expect(doctor.stdout).toMatch(/NODE_EXTRA_CA_CERTS.*http_config\.ca_file/s);
  });
}, 60_000);

test('a bucket in another region: doctor names it before anything is written', async () => {
  await withAmazon({ endpoint: 'https://s3.eu-west-1.amazonaws.com' }, true, async (run) => {
    const doctor = await run('doctor');
    expect(doctor).toMatchObject({ exitCode: 5 });
    expect(doctor.stdout).toContain('bucket loki-logs is in region eu-central-1, and was asked for in eu-west-1');
    expect(doctor.stdout).toContain('set environment.storage.region to eu-central-1 and environment.storage.endpoint to');
  });
}, 60_000);
