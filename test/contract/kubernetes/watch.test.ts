import { expect, test } from 'vitest';
import { configMap, merge } from './requests.ts';
import { useTarget } from './target.ts';

const target = useTarget();

type Events = ReturnType<typeof target.watch>;
type Event = Events extends AsyncGenerator<infer E> ? E : never;

async function take(events: Events, count: number): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const { type, object } of events) {
    seen.push(`${type} ${object.metadata.name}${object.data?.k ? `=${object.data.k}` : ''}`);
    if (seen.length === count) break;
  }
  return seen;
}

async function collect(events: Events): Promise<Event[]> {
  const collected: Event[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

async function prepare(): Promise<{ path: string; version: string }> {
  const path = `/api/v1/namespaces/${await target.namespace()}/configmaps`;
  await target.request('POST', path, { body: configMap('a', { k: '1' }, { labels: { app: 'x' } }) });
  return { path, version: (await target.request('GET', path)).body.metadata.resourceVersion };
}

test('tells in order what happened since a version, and what happens then', async () => {
  const { path, version } = await prepare();
  await target.request('PATCH', `${path}/a`, merge({ data: { k: '2' } }));
  // A controller puts its certificate into every new namespace some time.
  const events = target.watch(`${path}?watch=1&resourceVersion=${version}&labelSelector=app%3Dx`);
  const seen = take(events, 4);
  await target.request('PATCH', `${path}/a`, merge({ data: { k: '3' } }));
  await target.request('DELETE', `${path}/a`);
  await target.request('POST', path, { body: configMap('a', { k: '4' }, { labels: { app: 'x' } }) });
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

// That is what bookmarks are for: the version moves on though nothing that is watched does.
test('tells the version in a bookmark, to whoever asked, before it ends', async () => {
  const { path, version } = await prepare();
  const query = `watch=1&resourceVersion=${version}&allowWatchBookmarks=true&timeoutSeconds=4&labelSelector=app%3Dnone`;
  const events = collect(target.watch(`${path}?${query}`));
  const { metadata } = (await target.request('PATCH', `${path}/a`, merge({ data: { k: '2' } }))).body;
  const bookmark = (await events).at(-1);
  expect(new Set((await events).map(({ type }) => type))).toEqual(new Set(['BOOKMARK']));
  expect(bookmark).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ConfigMap', apiVersion: 'v1' } });
  expect(Number(bookmark?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(metadata.resourceVersion));
});

// Of a kind that is younger than that version: for older ones the real server may still have it in memory.
test('from a version that is forgotten there is only an error', async () => {
  await target.forget();
  const path = '/apis/source.toolkit.fluxcd.io/v1/helmrepositories?watch=1&resourceVersion=1';
  expect(await collect(target.watch(path))).toEqual([
    {
      type: 'ERROR',
      object: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: expect.stringMatching(/^too old resource version: 1 \(\d+\)$/),
        reason: 'Expired',
        code: 410,
      },
    },
  ]);
});
