import { describe, expect, test } from 'vitest';
import { configMap, merge } from './requests.ts';
import { useTarget } from './target.ts';

const target = useTarget();

describe('an object that is not there', () => {
  test.each([
    ['/api/v1/namespaces/default/configmaps/x', 'configmaps "x" not found', { name: 'x', kind: 'configmaps' }],
    [
      '/apis/apps/v1/namespaces/default/statefulsets/x',
      'statefulsets.apps "x" not found',
      { name: 'x', group: 'apps', kind: 'statefulsets' },
    ],
  ])('%s', async (path, message, details) => {
    const expected = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'NotFound', details, code: 404 };
    expect(await target.request('GET', path)).toEqual({ status: 404, body: expected });
    expect(await target.request('DELETE', path)).toEqual({ status: 404, body: expected });
  });

  test('neither is its kind, or its group', async () => {
    expect(await target.request('GET', '/apis/apps/v1/bars')).toMatchObject({
      status: 404,
      body: { reason: 'NotFound', message: 'the server could not find the requested resource', details: {} },
    });
    expect(await target.request('GET', '/apis/foo/v1/bars')).toEqual({ status: 404, body: '404 page not found\n' });
  });
});

describe('create', () => {
  test('gives identity, version and time; a second one of that name is refused', async () => {
    const path = `/api/v1/namespaces/${await target.namespace()}/configmaps`;
    const made = await target.request('POST', path, { body: configMap('a', { k: '1' }) });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1', data: { k: '1' } });
    expect(made.body.metadata).toMatchObject({
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      resourceVersion: expect.stringMatching(/^\d+$/),
      creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(made.body.metadata.generation).toBeUndefined();
    const again = await target.request('POST', path, { body: configMap('a', { k: '1' }) });
    expect(again).toMatchObject({
      status: 409,
      body: { reason: 'AlreadyExists', message: 'configmaps "a" already exists', details: { name: 'a', kind: 'configmaps' }, code: 409 },
    });
  });

  test('needs the namespace', async () => {
    const reply = await target.request('POST', '/api/v1/namespaces/nope/configmaps', { body: configMap('a', {}) });
    expect(reply).toMatchObject({
      status: 404,
      body: { message: 'namespaces "nope" not found', details: { name: 'nope', kind: 'namespaces' } },
    });
  });
});

describe('replace', () => {
  const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

  test('with an old resourceVersion is a conflict', async () => {
    const path = `/api/v1/namespaces/${await target.namespace()}/configmaps`;
    const { resourceVersion } = (await target.request('POST', path, { body: configMap('a', { k: '1' }) })).body.metadata;
    const first = await target.request('PUT', `${path}/a`, { body: configMap('a', { k: '2' }, { resourceVersion }) });
    expect(first).toMatchObject({ status: 200, body: { data: { k: '2' } } });
    const second = await target.request('PUT', `${path}/a`, { body: configMap('a', { k: '3' }, { resourceVersion }) });
    expect(second).toMatchObject({
      status: 409,
      body: {
        reason: 'Conflict',
        message: `Operation cannot be fulfilled on configmaps "a": ${MODIFIED}`,
        details: { name: 'a', kind: 'configmaps' },
      },
    });
    expect((await target.request('PUT', `${path}/zz`, { body: configMap('zz', {}) })).status).toBe(404);
  });

  test('with the same content changes nothing', async () => {
    const path = `/api/v1/namespaces/${await target.namespace()}/configmaps`;
    const made = await target.request('POST', path, { body: configMap('a', { k: '1' }) });
    const put = await target.request('PUT', `${path}/a`, { body: made.body });
    expect(put.body.metadata.resourceVersion).toBe(made.body.metadata.resourceVersion);
  });

  test('of a Lease makes one that is gone', async () => {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${await target.namespace()}/leases`;
    const lease = (metadata: object) => ({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: { holderIdentity: 'me' } });
    const made = await target.request('POST', path, { body: lease({ name: 'l' }) });
    await target.request('DELETE', `${path}/l`);
    const { resourceVersion } = made.body.metadata;
    expect((await target.request('PUT', `${path}/l`, { body: lease({ name: 'l', resourceVersion }) })).status).toBe(201);
    expect((await target.request('PUT', `${path}/l`, { body: lease({ name: 'l', resourceVersion }) })).body.reason).toBe('Conflict');
  });
});

describe('merge patch', () => {
  test('sets, and removes with null', async () => {
    const path = `/api/v1/namespaces/${await target.namespace()}/configmaps`;
    await target.request('POST', path, { body: configMap('a', { k: '1', l: '1' }) });
    const patched = await target.request('PATCH', `${path}/a`, merge({ metadata: { annotations: { x: 'y' } }, data: { k: null } }));
    expect(patched).toMatchObject({ status: 200, body: { metadata: { annotations: { x: 'y' } }, data: { l: '1' } } });
    expect(patched.body.data.k).toBeUndefined();
    const stale = await target.request('PATCH', `${path}/a`, merge({ metadata: { resourceVersion: '1' }, data: { k: '2' } }));
    expect(stale).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    expect((await target.request('PATCH', `${path}/none`, merge({ data: {} }))).status).toBe(404);
  });
});

test('the generation counts changes of the spec only, and a client cannot write the status', async () => {
  const path = `/apis/apps/v1/namespaces/${await target.namespace()}/deployments`;
  const labels = { app: 'a' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a' }] } };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template };
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec, status: { readyReplicas: 7 } };
  const made = await target.request('POST', path, { body });
  expect(made.body.metadata.generation).toBe(1);
  expect(made.body.status?.readyReplicas).toBeUndefined();
  const labelled = await target.request('PATCH', `${path}/a`, merge({ metadata: { labels: { x: 'y' } } }));
  expect(labelled.body.metadata.generation).toBe(1);
  const scaled = await target.request('PATCH', `${path}/a`, merge({ spec: { paused: true } }));
  expect(scaled.body.metadata.generation).toBe(2);
});

test('delete says what was deleted', async () => {
  const path = `/api/v1/namespaces/${await target.namespace()}/configmaps`;
  const { uid } = (await target.request('POST', path, { body: configMap('a', {}) })).body.metadata;
  expect(await target.request('DELETE', `${path}/a`)).toEqual({
    status: 200,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: 'a', kind: 'configmaps', uid } },
  });
});
