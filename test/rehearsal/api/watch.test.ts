import { expect, test } from 'vitest';
import { serve } from './serve.ts';
import { configMap, merge, targetAt, useTarget } from './target.ts';

const target = useTarget();

type Events = ReturnType<typeof target.watch>;

async function take(events: Events, count: number): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const { type, object } of events) {
    seen.push(`${type} ${object.metadata.name}${object.data?.k ? `=${object.data.k}` : ''}`);
    if (seen.length === count) break;
  }
  return seen;
}

async function prepare(): Promise<{ path: string; version: string }> {
  const path = `/api/v1/namespaces/${await target.namespace()}/configmaps`;
  await target.request('POST', path, { body: configMap('a', { k: '1' }, { labels: { app: 'x' } }) });
  return { path, version: (await target.request('GET', path)).body.metadata.resourceVersion };
}

test('tells in order what happened since a version, and what happens then', async () => {
  const { path, version } = await prepare();
  await target.request('PATCH', `${path}/a`, merge({ data: { k: '2' } }));
  const events = target.watch(`${path}?watch=1&resourceVersion=${version}`);
  const seen = take(events, 4);
  await target.request('PATCH', `${path}/a`, merge({ data: { k: '3' } }));
  await target.request('DELETE', `${path}/a`);
  await target.request('POST', path, { body: configMap('a', { k: '4' }) });
  expect(await seen).toEqual(['MODIFIED a=2', 'MODIFIED a=3', 'DELETED a=3', 'ADDED a=4']);
});

test('without a version it begins with what is there', async () => {
  const { path } = await prepare();
  expect(await take(target.watch(`${path}?watch=true&labelSelector=app%3Dx`), 1)).toEqual(['ADDED a=1']);
});

test('what comes into a selection is added, what leaves it is deleted', async () => {
  const { path, version } = await prepare();
  const seen = take(target.watch(`${path}?watch=1&resourceVersion=${version}&labelSelector=app%3Dx`), 3);
  await target.request('PATCH', `${path}/a`, merge({ metadata: { labels: { app: 'y' } } }));
  await target.request('POST', path, { body: configMap('b', {}) });
  await target.request('PATCH', `${path}/b`, merge({ metadata: { labels: { app: 'x' } } }));
  await target.request('PATCH', `${path}/b`, merge({ data: { k: '5' } }));
  expect(await seen).toEqual(['DELETED a=1', 'ADDED b', 'MODIFIED b=5']);
});

test('ends after timeoutSeconds', async () => {
  const { path, version } = await prepare();
  const types = [];
  for await (const { type } of target.watch(`${path}?watch=1&resourceVersion=${version}&timeoutSeconds=1&labelSelector=app%3Dx`))
    types.push(type);
  expect(types).toEqual([]);
});

// Another server sends bookmarks when it likes to, seldom within seconds.
test('ends with a bookmark for whoever asked', async () => {
  const { api, world } = await serve();
  const events = [];
  const path = `/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=${world.store.revision}&allowWatchBookmarks=true&timeoutSeconds=1`;
  for await (const event of targetAt(() => api.url).watch(path)) events.push(event);
  const metadata = { resourceVersion: String(world.store.revision) };
  expect(events).toEqual([{ type: 'BOOKMARK', object: { kind: 'ConfigMap', apiVersion: 'v1', metadata } }]);
  await api.stop();
});

test('from a version that is forgotten there is only an error', async () => {
  const { api } = await serve(undefined, 3);
  const events = [];
  for await (const event of targetAt(() => api.url).watch('/api/v1/pods?watch=1&resourceVersion=1')) events.push(event);
  expect(events).toEqual([
    {
      type: 'ERROR',
      object: expect.objectContaining({
        kind: 'Status',
        code: 410,
        reason: 'Expired',
        message: expect.stringMatching(/^too old resource version: 1 \(\d+\)$/),
      }),
    },
  ]);
  await api.stop();
});
