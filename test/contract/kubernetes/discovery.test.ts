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

test.each([
  ['/api/v1', 'pods', ['po'], ['all']],
  ['/api/v1', 'services', ['svc'], ['all']],
  ['/api/v1', 'nodes', ['no'], undefined],
  ['/api/v1', 'namespaces', ['ns'], undefined],
  ['/api/v1', 'configmaps', ['cm'], undefined],
  ['/api/v1', 'persistentvolumeclaims', ['pvc'], undefined],
  ['/api/v1', 'events', ['ev'], undefined],
  ['/api/v1', 'secrets', undefined, undefined],
  ['/apis/apps/v1', 'deployments', ['deploy'], ['all']],
  ['/apis/apps/v1', 'statefulsets', ['sts'], ['all']],
  ['/apis/apps/v1', 'daemonsets', ['ds'], ['all']],
  ['/apis/batch/v1', 'jobs', undefined, ['all']],
  ['/apis/storage.k8s.io/v1', 'storageclasses', ['sc'], undefined],
  ['/apis/kustomize.toolkit.fluxcd.io/v1', 'kustomizations', ['ks'], undefined],
  ['/apis/helm.toolkit.fluxcd.io/v2', 'helmreleases', ['hr'], undefined],
  ['/apis/source.toolkit.fluxcd.io/v1', 'gitrepositories', ['gitrepo'], ['all', 'fluxcd', 'fluxcd-sources']],
])('%s/%s has the short names %j and the categories %j', async (path, resource, shortNames, categories) => {
  const { resources } = (await target.request('GET', path)).body;
  const found = resources.find(({ name }: { name: string }) => name === resource);
  expect({ shortNames: found.shortNames, categories: found.categories }).toEqual({ shortNames, categories });
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
