import { describe, expect, test } from 'vitest';
import { configMap } from './requests.ts';
import { useTarget } from './target.ts';

const target = useTarget();

async function prepare(): Promise<string> {
  const path = `/api/v1/namespaces/${await target.namespace()}/configmaps`;
  for (const [name, labels] of [
    ['c', { app: 'x', tier: 'back' }],
    ['a', { app: 'x' }],
    ['d', {}],
    ['b', { app: 'y' }],
  ] as const) {
    await target.request('POST', path, { body: configMap(name, {}, { labels }) });
  }
  return path;
}

function names(body: { items: { metadata: { name: string } }[] }): readonly string[] {
  return body.items.map(({ metadata }) => metadata.name);
}

test('is ordered by name, and its items carry no type', async () => {
  const { status, body } = await target.request('GET', await prepare());
  expect(status).toBe(200);
  expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: expect.stringMatching(/^\d+$/) } });
  expect(names(body).filter((name) => name !== 'kube-root-ca.crt')).toEqual(['a', 'b', 'c', 'd']);
  expect(body.items[0].kind).toBeUndefined();
  expect((await target.request('GET', '/api/v1/namespaces/nope/configmaps')).body.items).toEqual([]);
});

test('items of a custom kind carry theirs', async () => {
  const path = `/apis/source.toolkit.fluxcd.io/v1/namespaces/${await target.namespace()}/helmrepositories`;
  await target.request('POST', path, { body: helmRepository('a') });
  expect((await target.request('GET', path)).body).toMatchObject({
    kind: 'HelmRepositoryList',
    items: [{ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'HelmRepository', metadata: { name: 'a' } }],
  });
});

test.each([
  ['app%3Dx', ['a', 'c']],
  ['app%3D%3Dx,tier%3Dback', ['c']],
  ['app', ['a', 'b', 'c']],
  ['app,!tier', ['a', 'b']],
  ['app,app%21%3Dx', ['b']],
  ['app+in+(x,y),tier+notin+(back)', ['a', 'b']],
])('selects by labelSelector=%s', async (selector, expected) => {
  expect(names((await target.request('GET', `${await prepare()}?labelSelector=${selector}`)).body)).toEqual(expected);
});

test.each([
  ['metadata.name%3Da', ['a']],
  ['metadata.name%21%3Da,metadata.name%21%3Dkube-root-ca.crt', ['b', 'c', 'd']],
  ['metadata.namespace%3Dnope', []],
])('selects by fieldSelector=%s', async (selector, expected) => {
  expect(names((await target.request('GET', `${await prepare()}?fieldSelector=${selector}`)).body)).toEqual(expected);
});

test('selects events by what they are about', async () => {
  const namespace = await target.namespace();
  const path = `/api/v1/namespaces/${namespace}/events`;
  for (const name of ['a', 'b']) {
    const involvedObject = { kind: 'ConfigMap', namespace, name };
    const event = { apiVersion: 'v1', kind: 'Event', metadata: { name: `about-${name}` }, involvedObject, reason: 'Seen', type: 'Normal' };
    expect((await target.request('POST', path, { body: event })).status).toBe(201);
  }
  const selector = 'involvedObject.name%3Db,involvedObject.kind%3DConfigMap';
  expect(names((await target.request('GET', `${path}?fieldSelector=${selector}`)).body)).toEqual(['about-b']);
});

test('refuses fields that nothing is selected by', async () => {
  expect(await target.request('GET', '/api/v1/namespaces/default/pods?fieldSelector=spec.foo%3Dx')).toMatchObject({
    status: 400,
    body: { reason: 'BadRequest', message: expect.stringContaining('field label not supported: spec.foo') },
  });
});

test('refuses selectors that it does not understand', async () => {
  expect((await target.request('GET', '/api/v1/namespaces/default/configmaps?labelSelector=%3D%3D')).status).toBe(400);
});

describe('in pages', () => {
  test('shows the state of the first page', async () => {
    const path = await prepare();
    const selected = `${path}?labelSelector=app%3Dx&limit=1`;
    const first = (await target.request('GET', selected)).body;
    expect(names(first)).toEqual(['a']);
    await target.request('DELETE', `${path}/c`);
    await target.request('POST', path, { body: configMap('bb', {}, { labels: { app: 'x' } }) });
    const second = (await target.request('GET', `${selected}&continue=${first.metadata.continue}`)).body;
    expect(names(second)).toEqual(['c']);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    // There is more, and only the next page shows that nothing of it is selected.
    const third = (await target.request('GET', `${selected}&continue=${second.metadata.continue}`)).body;
    expect(third.items).toEqual([]);
    expect(third.metadata.continue).toBeUndefined();
  });

  test('counts what remains when nothing is selected', async () => {
    // Of a kind that nobody else makes in a new namespace.
    const path = `/api/v1/namespaces/${await target.namespace()}/secrets`;
    for (const name of ['a', 'b', 'c'])
      await target.request('POST', path, { body: { apiVersion: 'v1', kind: 'Secret', metadata: { name } } });
    const { metadata } = (await target.request('GET', `${path}?limit=1`)).body;
    expect(metadata).toMatchObject({ continue: expect.any(String), remainingItemCount: 2 });
  });

  test('refuses a token that is none', async () => {
    const reply = await target.request('GET', '/api/v1/configmaps?limit=1&continue=garbage');
    expect(reply).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(/^invalid continue token: continue key is not valid/) },
    });
  });

  // The state of now is remembered for minutes, even after a compaction: so the token is one of the very first version. On the real
  // server only kinds that came after that version read it from etcd, where it is gone.
  test('is 410 once that state is forgotten', async () => {
    const path = `/apis/source.toolkit.fluxcd.io/v1/namespaces/${await target.namespace()}/helmrepositories`;
    for (const name of ['a', 'b']) expect((await target.request('POST', path, { body: helmRepository(name) })).status).toBe(201);
    const token = (await target.request('GET', `${path}?limit=1`)).body.metadata.continue;
    await target.forget();
    expect(await target.request('GET', `${path}?limit=1&continue=${atFirstVersion(token)}`)).toMatchObject({
      status: 410,
      body: {
        kind: 'Status',
        status: 'Failure',
        reason: 'Expired',
        message: expect.stringMatching(/^The provided continue parameter is too old to display a consistent list result\. /),
        code: 410,
      },
    });
    expect((await target.request('GET', `${path}?limit=1`)).body.items).toHaveLength(1);
  });
});

function helmRepository(name: string): object {
  const spec = { url: 'http://example.invalid', suspend: true };
  return { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'HelmRepository', metadata: { name }, spec };
}

function atFirstVersion(token: string): string {
  const { v, start } = JSON.parse(Buffer.from(token, 'base64url').toString());
  return Buffer.from(JSON.stringify({ v, rv: 1, start })).toString('base64url');
}
