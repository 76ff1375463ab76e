import { expect, test } from 'vitest';
import { systemClock } from '#adapters/clock.ts';
import { createPerformer } from '#adapters/performer.ts';
import type { Change } from '#model/change.ts';
import { manualClock } from './support/clock.ts';
import { type Handler, serve, status } from './support/server.ts';
import { createStore } from './support/store.ts';

const { signal } = new AbortController();
const author = { run: 'run-1', journal: 'abc' };
const PODS = '/api/v1/namespaces/monitoring/pods';
const pod = (line: string): Change => ({
  do: 'apply',
  object: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'monitoring', name: 'probe' },
    spec: { containers: [{ name: 'p', args: [line] }] },
  },
});
const LOKI = { namespace: 'monitoring', name: 'loki', port: 3100 };

async function lab(handler?: Handler) {
  const store = createStore();
  const { kubernetes } = await serve(handler ?? store.handler);
  return { store, performer: createPerformer({ kubernetes, clock: systemClock(), overwrite: false }) };
}

test('apply creates, does nothing twice, and replaces a pod whose spec differs', async () => {
  const { store, performer } = await lab();
  expect(await performer.preview(pod('one'), signal)).toBe('create Pod monitoring/probe');
  expect(store.objects.size).toBe(0);
  expect(await performer.perform(pod('one'), author, signal)).toBe('created Pod monitoring/probe');
  expect(await performer.preview(pod('one'), signal)).toBeUndefined();
  expect(await performer.preview(pod('two'), signal)).toContain('delete and create');
  store.asked.length = 0;
  await performer.perform(pod('two'), author, signal);
  expect(store.asked.filter((line) => !line.startsWith('GET'))).toEqual([`DELETE ${PODS}/probe`, `PATCH ${PODS}/probe`]);
  expect(store.objects.get(`${PODS}/probe`)).toMatchObject({ spec: { containers: [{ args: ['two'] }] } });
});

test('apply shows which fields would change', async () => {
  const claim = (storage: string): Change => ({
    do: 'apply',
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'm', name: 'c' }, data: { storage } },
  });
  const { performer } = await lab();
  await performer.perform(claim('1Gi'), author, signal);
  expect(await performer.preview(claim('2Gi'), signal)).toBe('change ConfigMap m/c\n  data.storage: "1Gi" -> "2Gi"');
});

test('remove waits until the object is gone, and says so when there was none', async () => {
  const { store, performer } = await lab();
  await performer.perform(pod('one'), author, signal);
  const remove: Change = { do: 'remove', object: { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: 'probe' } };
  expect(await performer.preview(remove, signal)).toBe('remove Pod monitoring/probe');
  expect(await performer.perform(remove, author, signal)).toBe('removed Pod monitoring/probe');
  expect(store.objects.size).toBe(0);
  expect(await performer.preview(remove, signal)).toBeUndefined();
  expect(await performer.perform(remove, author, signal)).toContain('gone already');
});

test('reconcile sets a token of the run, another one each time', async () => {
  const { store, performer } = await lab();
  const path = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/loki';
  const object = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', namespace: 'flux-system', name: 'loki' };
  await expect(performer.perform({ do: 'reconcile', object }, author, signal)).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('not found'),
  });
  store.objects.set(path, { apiVersion: object.apiVersion, kind: object.kind, metadata: { name: 'loki' } });
  await performer.perform({ do: 'reconcile', object }, author, signal);
  expect(store.objects.get(path)?.metadata.annotations?.['reconcile.fluxcd.io/requestedAt']).toMatch(/^run-1-\d{4}-/);
});

test('pushed lines have rising times; what Loki refuses is told in its words', async () => {
  const times: string[] = [];
  let flushed = 0;
  const { kubernetes } = await serve((request, response) => {
    if (request.url?.endsWith('/proxy/flush')) {
      flushed += 1;
      return void response.writeHead(204).end();
    }
    if (request.body.includes('bad')) return void response.writeHead(400, { 'content-type': 'text/plain' }).end('entry too far behind\n');
    expect(request.headers['content-type']).toBe('application/json');
    times.push(...JSON.parse(request.body).streams[0].values.map(([time]: [string]) => time));
    response.writeHead(204).end();
  });
  const performer = createPerformer({ kubernetes, clock: manualClock(), overwrite: false });
  const push = (...lines: string[]): Change => ({ do: 'push', to: LOKI, labels: { job: 'probe' }, lines, flush: LOKI });
  expect(await performer.perform(push('a', 'b'), author, signal)).toBe(
    'pushed 2 lines to monitoring/loki:3100 and flushed monitoring/loki:3100',
  );
  await performer.perform(push('c'), author, signal);
  const start = BigInt(Date.parse('2026-11-22T12:00:00Z')) * 1_000_000n;
  expect(times).toEqual([start, start + 1n, start + 2n].map(String));
  expect(flushed).toBe(2);
  await expect(performer.perform(push('bad'), author, signal)).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('entry too far behind'),
  });
});

test('a field that the API server does not know is a mistake in the manifest, not its trouble', async () => {
  const message = 'failed to create typed patch object (monitoring/probe; /v1, Kind=Pod): .spec.foo: field not declared in schema';
  const { performer } = await lab((request, response) =>
    request.method === 'PATCH' ? status(response, 500, '', message) : status(response, 404, 'NotFound', 'not found'),
  );
  await expect(performer.perform(pod('one'), author, signal)).rejects.toMatchObject({
    message: `applying Pod monitoring/probe: ${message}`,
    remedy: 'correct what the API server names, then run again',
  });
});

test('a commit without a checkout, and a cluster that forbids a write, are the user’s to mend', async () => {
  const { performer } = await lab((_request, response) => status(response, 403, 'Forbidden', 'pods "probe" is forbidden'));
  await expect(performer.preview({ do: 'commit', files: {}, why: 'x' }, signal)).rejects.toMatchObject({ name: 'UserError' });
  await expect(performer.perform(pod('one'), author, signal)).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('is forbidden'),
  });
});
