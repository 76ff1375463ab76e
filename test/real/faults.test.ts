import fs from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { statusOf } from '#rehearsal/tree.ts';
import { expectOnPage } from '../docs/failure-page.ts';
import { keysOf, makeBucket } from './gateway.ts';
import { removeBucket } from './support/bucket.ts';
import { needReal } from './support/needs.ts';
import { deleteObject, getObject, patchObject } from './support/objects.ts';
import {
  appliedChanges,
  type Ended,
  editGoals,
  expectExit,
  failedChecks,
  newUser,
  redText,
  type User,
  writeGoals,
} from './support/user.ts';

const cluster = needReal();
const real = cluster as NonNullable<typeof cluster>;
const LOKI_POD = { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: 'loki-0' };
const CLAIM_SECRET = { apiVersion: 'v1', kind: 'Secret', namespace: 'monitoring', name: 'loki-bucket' };
const RELEASE_FILE = 'kubernetes/apps/monitoring/loki/app/release.yaml';
let user: User;

/** docs/failures.md tells it like that. */
function expectTold(title: string, { events }: Ended, command = 'phase run 2'): void {
  expectOnPage({ title, cluster: 'real', command: `anton-logging ${command}`, events });
}

beforeAll(async () => {
  if (cluster === undefined) return;
  user = await newUser(cluster, 'grace');
  await writeGoals(user, cluster);
  expectExit(await user.run(['run', '--to', '1']), 0);
});

test('a Git server that refuses the push is quoted, and nothing is half done', async () => {
  const hook = path.join(real.repositories, 'fleet.git', 'hooks', 'pre-receive');
  await fs.writeFile(hook, '#!/bin/sh\necho "pushes to main need a review" >&2\nexit 1\n', { mode: 0o755 });
  const refused = await user.run(['phase', 'run', '2']);
  expectExit(refused, 1);
  expect(redText(refused)).toContain('pushes to main need a review');
  expect(redText(refused)).toContain('allow this push at the remote');
  expectTold('The Git server refuses the push', refused);
  expect(appliedChanges(refused)).toEqual([]);
  await fs.rm(hook);
});

test('a bucket that is gone is named before anything is installed', async () => {
  const owner = await removeBucket(real.s3, 'loki-logs');
  const refused = await user.run(['phase', 'run', '2']);
  expectExit(refused, 5);
  expect(redText(refused)).toContain('404 NoSuchBucket');
  expect(redText(refused)).toContain('environment.storage.bucket.name');
  expectTold('The bucket is gone', refused);
  expect(appliedChanges(refused)).toEqual([]);
  await makeBucket(real.s3, 'loki-logs', await keysOf(real.s3, owner));
});

test('a wrong secret is told from a missing bucket: SignatureDoesNotMatch', async () => {
  const right = (await getObject(real, CLAIM_SECRET))?.data as Record<string, string>;
  await patchObject(real, CLAIM_SECRET, { data: { AWS_SECRET_ACCESS_KEY: Buffer.from('somebody else’s').toString('base64') } });
  const secret = { ...CLAIM_SECRET, name: 'loki-s3-credentials' };
  const held = async () => ((await getObject(real, secret))?.data as Record<string, string> | undefined)?.secret_access_key;
  await expect.poll(held, { timeout: 20_000 }).not.toBe(right.AWS_SECRET_ACCESS_KEY);
  const refused = await user.run(['phase', 'run', '2']);
  expectExit(refused, 5);
  expect(redText(refused)).toContain('403 SignatureDoesNotMatch');
  expect(redText(refused)).toContain('Secret monitoring/loki-s3-credentials');
  expectTold('The object store refuses the secret', refused);
  await patchObject(real, CLAIM_SECRET, { data: right });
  await expect.poll(held, { timeout: 20_000 }).toBe(right.AWS_SECRET_ACCESS_KEY);
});

test('a release that cannot be rendered tells the chart’s own words; with the values mended, resume completes', async () => {
  await editGoals(user, (environment) => {
    environment.loki.values.write = { replicas: 3 };
  });
  const refused = await user.run(['phase', 'run', '2']);
  expectExit(refused, 1);
  expect(redText(refused)).toContain('You have more than zero replicas configured for both the single binary and simple scalable targets.');
  expectTold('The chart refuses the values', refused);
  await editGoals(user, (environment) => {
    delete environment.loki.values.write;
  });
  expectExit(await user.run(['resume']), 0);
});

describe('with Loki rolled out', () => {
  test('a Loki that is stopped is red with its exit code, and resume completes once it runs again', async () => {
    await patchObject(real, LOKI_POD, { metadata: { annotations: { 'anton-logging.test/fault': 'stopped' } } });
    await vi.waitUntil(async () => JSON.stringify(statusOf(await getObject(real, LOKI_POD))).includes('CrashLoopBackOff'), {
      timeout: 20_000,
    });
    const red = await user.run(['phase', 'run', '2']);
    expectExit(red, 1);
    expect(failedChecks(red)).toContain('loki.no-restarts');
    expect(redText(red)).toContain('container loki ended with exit code 137');
    expectTold('Loki is killed, again and again', red);
    // A new pod has no fault, and nothing that it has restarted from.
    await deleteObject(real, LOKI_POD);
    const resumed = await user.run(['resume']);
    expectExit(resumed, 0);
  });

  test('a bad commit that was reverted leaves a pod that never became ready: named, offered, and replaced when allowed', async () => {
    await user.git('pull', '--quiet', 'origin', 'main');
    const file = path.join(user.checkout, RELEASE_FILE);
    const good = await fs.readFile(file, 'utf8');
    await fs.writeFile(file, good.replace('retention_period: 30d', 'retention_period: 30d\n        no_such_limit: true'));
    await user.git('commit', '--quiet', '--message', 'A limit that Loki does not know', '--', RELEASE_FILE);
    await user.git('push', '--quiet', 'origin', 'HEAD:main');
    const source = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' };
    await patchObject(real, source, { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() } } });
    await vi.waitUntil(async () => JSON.stringify(statusOf(await getObject(real, LOKI_POD))).includes('CrashLoopBackOff'), {
      timeout: 60_000,
    });
    await user.git('revert', '--no-edit', 'HEAD');
    await user.git('push', '--quiet', 'origin', 'HEAD:main');

    const red = await user.run(['phase', 'run', '2', '--timeout', '3m']);
    expectExit(red, 1);
    expect(redText(red)).toContain('Pod monitoring/loki-0');
    expect(redText(red)).toContain('kubectl delete pod -n monitoring loki-0');
    expect(redText(red)).toContain('--repair');
    expectTold('A bad commit was reverted, and its pod is in the way', red, 'phase run 2 --timeout 3m');
    const repaired = await user.run(['resume', '--repair']);
    expectExit(repaired, 0);
    expect(appliedChanges(repaired)).toContain('removed Pod monitoring/loki-0');
  });
});
