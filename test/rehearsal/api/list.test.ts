import { describe, expect, test } from 'vitest';
import { serve } from './serve.ts';
import { configMap, targetAt, useTarget } from './target.ts';

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

test.each([
  ['app%3Dx', ['a', 'c']],
  ['app%3D%3Dx,tier%3Dback', ['c']],
])('selects by labelSelector=%s', async (selector, expected) => {
  expect(names((await target.request('GET', `${await prepare()}?labelSelector=${selector}`)).body)).toEqual(expected);
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
    expect(second.metadata.continue).toBeUndefined();
  });

  test('counts what remains when nothing is selected', async () => {
    const { body } = await target.request('GET', `${await prepare()}?limit=3`);
    expect(body.metadata).toMatchObject({ continue: expect.any(String), remainingItemCount: body.items[0].metadata.name === 'a' ? 1 : 2 });
  });

  test('refuses a token that is none', async () => {
    const reply = await target.request('GET', '/api/v1/configmaps?limit=1&continue=garbage');
    expect(reply).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(/^invalid continue token: continue key is not valid/) },
    });
  });

  // Another server forgets after minutes: only the embedded one can be made to forget at once.
  test('is 410 once that state is forgotten', async () => {
    const { api } = await serve(undefined, 3);
    const quick = targetAt(() => api.url);
    const { body } = await quick.request('GET', '/api/v1/nodes?limit=1');
    for (const name of ['a', 'b', 'c', 'd'])
      await quick.request('POST', '/api/v1/namespaces/default/configmaps', { body: configMap(name, {}) });
    const late = await quick.request('GET', `/api/v1/nodes?limit=1&continue=${body.metadata.continue}`);
    expect(late).toMatchObject({
      status: 410,
      body: { reason: 'Expired', message: expect.stringMatching(/^The provided continue parameter is too old/) },
    });
    await api.stop();
  });
});
