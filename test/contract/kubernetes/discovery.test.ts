import { expect, test } from 'vitest';
import { knownKinds } from '#model/kubernetes.ts';
import { useTarget } from './target.ts';

const target = useTarget();
const BUILT_IN = ['apps/v1', 'batch/v1', 'coordination.k8s.io/v1', 'rbac.authorization.k8s.io/v1', 'storage.k8s.io/v1'];
const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

// Custom kinds depend on what is installed.
test.each(['v1', ...BUILT_IN])('%s serves the kinds that we know of it', async (groupVersion) => {
  const path = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
  const { status, body } = await target.request('GET', path, { token: 'limited' });
  expect(status).toBe(200);
  expect(body).toMatchObject({ kind: 'APIResourceList', groupVersion });
  for (const known of knownKinds().filter(({ apiVersion }) => apiVersion === groupVersion)) {
    expect(body.resources).toContainEqual(
      expect.objectContaining({
        name: known.resource,
        singularName: known.kind.toLowerCase(),
        namespaced: known.namespaced,
        kind: known.kind,
        verbs: expect.arrayContaining(VERBS),
      }),
    );
  }
});

test('names its versions and groups', async () => {
  expect((await target.request('GET', '/api', { token: 'limited' })).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
  const { body } = await target.request('GET', '/apis', { token: 'limited' });
  expect(body).toMatchObject({ kind: 'APIGroupList', apiVersion: 'v1' });
  for (const groupVersion of BUILT_IN) {
    const [name, version] = groupVersion.split('/');
    const entry = { groupVersion, version };
    expect(body.groups).toContainEqual({ name, versions: [entry], preferredVersion: entry });
  }
});

test('a group that is not there is 404', async () => {
  expect(await target.request('GET', '/apis/foo/v1')).toEqual({ status: 404, body: '404 page not found\n' });
});
