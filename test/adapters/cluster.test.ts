import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { systemClock } from '#adapters/clock.ts';
import { openRepository } from '#adapters/git/repository.ts';
import { createAccessReviewer } from '#adapters/kubernetes/access.ts';
import { connect, type Kubernetes } from '#adapters/kubernetes/connect.ts';
import { createLock } from '#adapters/kubernetes/lease.ts';
import { createObserver } from '#adapters/observer.ts';
import { createPerformer } from '#adapters/performer.ts';
import { rehearsalApprovals, rehearsalClock } from '#adapters/rehearsal.ts';
import type { Observer, Performer } from '#model/ports.ts';
import type { BucketRef, Request } from '#model/read.ts';
import { type EmbeddedCluster, startCluster } from '#rehearsal/cluster.ts';
import { logKey } from '#rehearsal/controllers/logs.ts';

const { signal } = new AbortController();
const author = { run: 'run-1', journal: 'abc' };
const SERVICE = { namespace: 'storage', name: 'rook-ceph-rgw-storage', port: 80 };
const BUCKET: BucketRef = {
  endpoint: SERVICE,
  pathStyle: true,
  region: 'us-east-1',
  name: 'loki-chunks',
  credentials: { namespace: 'monitoring', name: 'keys', user: 'access_key_id', password: 'secret_access_key' },
};

let directory: string;
let cluster: EmbeddedCluster;
let kubernetes: Kubernetes;
let observer: Observer;
let performer: Performer;
const read = (request: Request) => observer.read(request, signal);

beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'anton-logging-test-'));
  cluster = await startCluster({ directory });
  const kubeconfig = path.join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig);
  kubernetes = await connect({ kubeconfig });
  const repository = await openRepository({ directory: cluster.checkout, remote: 'origin', branch: 'main' });
  const clock = systemClock();
  observer = createObserver({ kubernetes, repository, clock });
  performer = createPerformer({ kubernetes, repository, clock, overwrite: false });
  cluster.world.buckets.create('loki-chunks');
  cluster.world.buckets.grant('AKIA', 'hunter2/+=', 'loki-chunks');
  const data = { access_key_id: btoa('AKIA'), secret_access_key: btoa('hunter2/+=') };
  cluster.world.store.put({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'monitoring', name: 'keys' }, data });
});

afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});

test('objects, lists, the API server and Git are read from the homelab', async () => {
  const ref = { apiVersion: 'ceph.rook.io/v1', kind: 'CephCluster', namespace: 'storage', name: 'storage' };
  expect(await read({ of: 'object', ref })).toMatchObject({ object: { kind: 'CephCluster' } });
  const nodes = await read({ of: 'list', scope: { group: '', version: 'v1', resource: 'nodes' } });
  expect(nodes).toMatchObject({ served: true, items: [{ kind: 'Node' }, { kind: 'Node' }, { kind: 'Node' }] });
  expect(await read({ of: 'list', scope: { group: 'nowhere.io', version: 'v1', resource: 'things' } })).toMatchObject({ served: false });
  expect(await read({ of: 'api', path: '/version' })).toMatchObject({ status: 200, body: expect.stringContaining('v1.33.4') });
  expect(await read({ of: 'git', look: 'remote' })).toMatchObject({ tip: expect.stringMatching(/^[0-9a-f]{40}$/) });
  const denied = await createAccessReviewer(kubernetes).denied([{ verb: 'list', group: '', resource: 'pods' }], signal);
  expect(denied).toEqual([]);
});

test('the log of a container that was killed, of before and of now, without credentials', async () => {
  const { store, logs } = cluster.world;
  const containers = [{ name: 'loki', image: 'loki', resources: { limits: { memory: '1Mi' } } }];
  const key = logKey(
    store.put({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name: 'hungry' }, spec: { containers } }),
  );
  await vi.waitUntil(() => logs.has(key), { timeout: 5_000, interval: 5 });
  logs.get(key)?.push({ container: 'loki', at: new Date(0), line: 'access_key_id=AKIAIOSFODNN7EXAMPLE secret_access_key=wJalrXUtnFEMI' });
  const ask = (rest: object) => read({ of: 'logs', namespace: 'default', pod: 'hungry', container: 'loki', tail: 5, ...rest });
  const lines = [expect.stringContaining('msg="starting"'), 'access_key_id=*** secret_access_key=***'];
  await vi.waitUntil(async () => JSON.stringify(await ask({ previous: true })).includes('starting'), { timeout: 5_000, interval: 20 });
  expect(await ask({ previous: true })).toEqual({ of: 'logs', lines });
  expect(await ask({})).toEqual({ of: 'logs', lines });
  expect(await read({ of: 'logs', namespace: 'default', pod: 'gone', container: 'loki', tail: 5 })).toEqual({
    of: 'logs',
    lines: undefined,
  });
});

test('six S3 operations over the service proxy, with keys that need encoding', async () => {
  const key = 'a folder/one+two=three.txt';
  expect(await read({ of: 's3', bucket: BUCKET, operation: 'head-bucket' })).toMatchObject({ status: 200 });
  await performer.perform({ do: 's3-put', bucket: BUCKET, key, body: 'héllo' }, author, signal);
  expect(await read({ of: 's3', bucket: BUCKET, operation: 'get', key })).toEqual({ of: 's3', status: 200, body: 'héllo' });
  const body = 'x'.repeat(6 * 1024 * 1024);
  await performer.perform({ do: 's3-put', bucket: BUCKET, key: 'a folder/large', body, multipart: true }, author, signal);
  expect(await read({ of: 's3', bucket: BUCKET, operation: 'list', key: 'a folder/' })).toEqual({
    of: 's3',
    status: 200,
    objects: [
      { key: 'a folder/large', size: body.length, modified: expect.any(String) },
      { key, size: 6, modified: expect.any(String) },
    ],
  });
  await performer.perform({ do: 's3-delete', bucket: BUCKET, key }, author, signal);
  await performer.perform({ do: 's3-delete', bucket: BUCKET, key }, author, signal);
  expect(await read({ of: 's3', bucket: BUCKET, operation: 'get', key })).toMatchObject({ status: 404, code: 'NoSuchKey' });
});

test('a wrong secret is refused, a missing bucket is named, a missing service is the API server’s answer', async () => {
  expect(await read({ of: 's3', bucket: BUCKET, operation: 'list', wrongSecret: true })).toMatchObject({
    status: 403,
    code: 'SignatureDoesNotMatch',
  });
  const missing = { ...BUCKET, name: 'nowhere' };
  expect(await read({ of: 's3', bucket: missing, operation: 'list' })).toMatchObject({
    status: expect.toSatisfy((status) => status >= 403),
  });
  expect(await read({ of: 's3', bucket: missing, operation: 'head-bucket' })).toMatchObject({ status: 404, code: 'NoSuchBucket' });
  const put = performer.perform({ do: 's3-put', bucket: missing, key: 'k', body: '' }, author, signal);
  await expect(put).rejects.toMatchObject({ name: 'UserError', message: expect.stringContaining('nowhere') });
  const endpoint = { ...SERVICE, name: 'none' };
  expect(await read({ of: 's3', bucket: { ...BUCKET, endpoint }, operation: 'list' })).toMatchObject({ status: 404, code: 'NotFound' });
  expect(await read({ of: 's3', bucket: { ...BUCKET, endpoint }, operation: 'head-bucket' })).toMatchObject({
    status: 404,
    code: 'NotFound',
  });
});

test('keys that were exchanged since are read again', async () => {
  expect(await read({ of: 's3', bucket: BUCKET, operation: 'head-bucket' })).toMatchObject({ status: 200 });
  cluster.world.buckets.grant('AKIA', 'new', 'loki-chunks');
  const data = { access_key_id: btoa('AKIA'), secret_access_key: btoa('new') };
  cluster.world.store.put({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'monitoring', name: 'keys' }, data });
  expect(await read({ of: 's3', bucket: BUCKET, operation: 'list', key: 'none' })).toEqual({ of: 's3', status: 200, objects: [] });
});

test('what a limited token may not see is forbidden, services included', async () => {
  const kubeconfig = path.join(directory, 'limited');
  await writeFile(kubeconfig, cluster.kubeconfig.replace('token: admin', 'token: limited'));
  const limited = createObserver({ kubernetes: await connect({ kubeconfig }), clock: systemClock() });
  const forbidden = { name: 'Unobserved', reason: 'forbidden' };
  const prometheus = { namespace: 'monitoring', name: 'kube-prometheus-stack-prometheus', port: 9090 };
  await expect(limited.read({ of: 'http', service: prometheus, path: '/-/ready' }, signal)).rejects.toMatchObject(forbidden);
  await expect(limited.read({ of: 's3', bucket: BUCKET, operation: 'head-bucket' }, signal)).rejects.toMatchObject(forbidden);
});

test('a field that somebody else manages is not taken from them', async () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'monitoring', name: 'theirs' }, data: { mode: 'theirs' } };
  await kubernetes.request('POST', '/api/v1/namespaces/monitoring/configmaps', { body: object, headers: { 'user-agent': 'helm/4' } });
  const ours = { do: 'apply', object: { ...object, data: { mode: 'ours' } } } as const;
  const refusal = { name: 'UserError', message: expect.stringMatching(/conflict.*helm/) };
  await expect(performer.preview(ours, signal)).rejects.toMatchObject(refusal);
  await expect(performer.perform(ours, author, signal)).rejects.toMatchObject(refusal);
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'monitoring', name: 'theirs' };
  expect(await read({ of: 'object', ref })).toMatchObject({ object: { data: { mode: 'theirs' } } });
});

test('Grafana is read with a session, and Prometheus without', async () => {
  const grafana = { namespace: 'monitoring', name: 'kube-prometheus-stack-grafana', port: 80 };
  const login = { namespace: 'monitoring', name: 'kube-prometheus-stack-grafana', user: 'admin-user', password: 'admin-password' };
  expect(await read({ of: 'http', service: grafana, path: '/api/datasources', login })).toMatchObject({ status: 200 });
  expect(await read({ of: 'http', service: grafana, path: '/api/datasources' })).toMatchObject({ status: 401 });
  const prometheus = { namespace: 'monitoring', name: 'kube-prometheus-stack-prometheus', port: 9090 };
  const up = await read({ of: 'http', service: prometheus, path: '/api/v1/query', query: { query: 'up' } });
  expect(up).toMatchObject({ status: 200, body: expect.stringContaining('"success"') });
});

test('a pod is applied, seen by a watch, replaced and removed', async () => {
  const pod = (mark: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'monitoring', name: 'probe' },
    spec: { restartPolicy: 'Never', containers: [{ name: 'probe', image: 'busybox', command: ['printf', '%s\\n'], args: [mark] }] },
  });
  const stop = new AbortController();
  const changed = vi.fn();
  observer.watch({ group: '', version: 'v1', resource: 'pods', namespace: 'monitoring' }, changed, stop.signal);
  await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(1));
  await performer.perform({ do: 'apply', object: pod('one') }, author, signal);
  await vi.waitFor(() => expect(changed.mock.calls.length).toBeGreaterThan(1));
  expect(await performer.preview({ do: 'apply', object: pod('one') }, signal)).toBeUndefined();
  await performer.perform({ do: 'apply', object: pod('two') }, author, signal);
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: 'probe' };
  expect(await read({ of: 'object', ref })).toMatchObject({ object: { spec: { containers: [{ args: ['two'] }] } } });
  await performer.perform({ do: 'remove', object: ref }, author, signal);
  expect(await read({ of: 'object', ref })).toEqual({ of: 'object', object: undefined });
  stop.abort();
});

test('Flux follows a commit when it is asked to', async () => {
  const object = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' };
  const commit = { do: 'commit', why: 'say hello', files: { 'docs/logging/hello.md': '# Hello\n' } } as const;
  await performer.perform(commit, author, signal);
  await performer.perform({ do: 'reconcile', object }, author, signal);
  const { tip } = (await read({ of: 'git', look: 'remote' })) as { tip: string };
  await vi.waitFor(
    async () =>
      expect(await read({ of: 'object', ref: object })).toMatchObject({
        object: { status: { artifact: { revision: expect.stringContaining(tip) } } },
      }),
    { timeout: 5000 },
  );
});

test('the Lease, the clock and the approvals live in the cluster', async () => {
  const clock = await rehearsalClock(kubernetes);
  const lock = createLock({ kubernetes, clock, namespace: 'monitoring', identity: 'a/1/1/1' });
  const held = await lock.acquire('run-1', vi.fn(), signal);
  const other = createLock({ kubernetes, clock, namespace: 'monitoring', identity: 'b/1/1/1' });
  await expect(other.acquire('run-2', vi.fn(), signal)).rejects.toMatchObject({ exit: 4 });
  const later = new Date(Date.now() + 7 * 86_400_000);
  await clock.advanceTo?.(later);
  await held.renew();
  expect(held.valid()).toBe(true);
  await expect(other.acquire('run-2', vi.fn(), signal)).rejects.toMatchObject({ exit: 4 });
  expect(cluster.world.now().getTime()).toBeGreaterThanOrEqual(later.getTime());
  expect(await rehearsalApprovals(kubernetes, clock).find('6.1', 'review')).toMatchObject({ by: 'rehearsal' });
  await held.release();
});
