import { expect, test } from 'vitest';
import { configMap, merge, type Reply } from './requests.ts';
import { useTarget } from './target.ts';

const target = useTarget(['kube-controller-manager', 'kwok']);
/** As kubectl asks. */
const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

function getTable(path: string): Promise<Reply> {
  return target.request('GET', path, { headers: { accept } });
}

async function rowOf(path: string): Promise<readonly unknown[]> {
  const { status, body } = await getTable(path);
  expect(status).toBe(200);
  expect(body.rows).toHaveLength(1);
  return body.rows[0].cells;
}

async function create(collection: string, body: object): Promise<string> {
  const path = `${collection.replace('NAMESPACE', await target.namespace())}`;
  expect((await target.request('POST', path, { body })).status).toBe(201);
  return path;
}

const FLUX = ['Age', 'Ready', 'Status'];

// Those in brackets are for -o wide.
test.each([
  ['/api/v1/pods', 'Name, Ready, Status, Restarts, Age, [IP], [Node], [Nominated Node], [Readiness Gates]'],
  ['/api/v1/services', 'Name, Type, Cluster-IP, External-IP, Port(s), Age, [Selector]'],
  ['/api/v1/nodes', 'Name, Status, Roles, Age, Version, [Internal-IP], [External-IP], [OS-Image], [Kernel-Version], [Container-Runtime]'],
  ['/api/v1/namespaces', 'Name, Status, Age'],
  ['/api/v1/configmaps', 'Name, Data, Age'],
  ['/api/v1/secrets', 'Name, Type, Data, Age'],
  ['/api/v1/events', 'Last Seen, Type, Reason, Object, [Subobject], [Source], Message, [First Seen], [Count], [Name]'],
  [
    '/api/v1/persistentvolumeclaims',
    'Name, Status, Volume, Capacity, Access Modes, StorageClass, VolumeAttributesClass, Age, [VolumeMode]',
  ],
  ['/apis/apps/v1/deployments', 'Name, Ready, Up-to-date, Available, Age, [Containers], [Images], [Selector]'],
  ['/apis/apps/v1/statefulsets', 'Name, Ready, Age, [Containers], [Images]'],
  [
    '/apis/apps/v1/daemonsets',
    'Name, Desired, Current, Ready, Up-to-date, Available, Node Selector, Age, [Containers], [Images], [Selector]',
  ],
  ['/apis/batch/v1/jobs', 'Name, Status, Completions, Duration, Age, [Containers], [Images], [Selector]'],
  ['/apis/coordination.k8s.io/v1/leases', 'Name, Holder, Age'],
  ['/apis/storage.k8s.io/v1/storageclasses', 'Name, Provisioner, ReclaimPolicy, VolumeBindingMode, AllowVolumeExpansion, Age'],
  ['/apis/rbac.authorization.k8s.io/v1/clusterroles', 'Name, Created At'],
  ['/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations', ['Name', ...FLUX].join(', ')],
  ['/apis/helm.toolkit.fluxcd.io/v2/helmreleases', ['Name', ...FLUX].join(', ')],
  ['/apis/source.toolkit.fluxcd.io/v1/gitrepositories', ['Name', 'URL', ...FLUX].join(', ')],
  ['/apis/source.toolkit.fluxcd.io/v1/helmrepositories', ['Name', 'URL', ...FLUX].join(', ')],
  ['/apis/source.toolkit.fluxcd.io/v1/helmcharts', ['Name', 'Chart', 'Version', 'Source Kind', 'Source Name', ...FLUX].join(', ')],
])('%s have the columns %s', async (path, columns) => {
  const { status, body } = await getTable(`${path}?limit=1`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
  });
  const named = body.columnDefinitions.map(({ name, priority }: { name: string; priority: number }) => (priority > 0 ? `[${name}]` : name));
  expect(named.join(', ')).toBe(columns);
});

const AGE = expect.stringMatching(/^\d+s$/);
const WORDS = expect.any(String);
const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'image' }] } };
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'nope' };

test.each([
  ['/api/v1/namespaces/NAMESPACE/configmaps', configMap('a', { k: '1' }), ['a', 1, AGE]],
  ['/api/v1/namespaces/NAMESPACE/secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }, ['a', 'Opaque', 0, AGE]],
  [
    '/api/v1/namespaces/NAMESPACE/services',
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { selector: { app: 'x', a: 'y' }, ports: [{ port: 80 }] } },
    ['a', 'ClusterIP', WORDS, '<none>', '80/TCP', AGE, 'a=y,app=x'],
  ],
  [
    '/api/v1/namespaces/NAMESPACE/persistentvolumeclaims',
    { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'a' }, spec: claim },
    ['a', 'Pending', '', '', '', 'nope', '<unset>', AGE, 'Filesystem'],
  ],
  [
    '/apis/apps/v1/namespaces/NAMESPACE/deployments',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a' },
      spec: { replicas: 0, selector: { matchLabels: { app: 'x' } }, template },
    },
    ['a', '0/0', 0, 0, AGE, 'c', 'image', 'app=x'],
  ],
  [
    '/apis/source.toolkit.fluxcd.io/v1/namespaces/NAMESPACE/helmrepositories',
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'HelmRepository',
      metadata: { name: 'a' },
      spec: { url: 'http://example.invalid', suspend: true },
    },
    ['a', 'http://example.invalid', AGE, null, null],
  ],
])('a row of %s', async (collection, body, cells) => {
  const path = await create(collection, body);
  expect(await rowOf(`${path}/a`)).toEqual(cells);
});

test('a row of a pod, and of its namespace', async () => {
  const namespace = await target.namespace();
  await target.runPod(namespace, 'one', ['c'], []);
  const cells = await rowOf(`/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Done`);
  expect(cells.slice(0, 4)).toEqual(['one', expect.stringMatching(/^[01]\/1$/), 'Running', '0']);
  expect(await rowOf(`/api/v1/namespaces/${namespace}`)).toEqual([namespace, 'Active', AGE]);
});

test('rows come with metadata, the whole object or nothing, as the query says', async () => {
  const path = await create('/api/v1/namespaces/NAMESPACE/configmaps', configMap('a', { k: '1' }, { labels: { app: 'x' } }));
  const objectOf = async (query: string) => (await getTable(`${path}?labelSelector=app%3Dx${query}`)).body.rows[0].object;
  const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'a', labels: { app: 'x' } } };
  expect(await objectOf('')).toMatchObject(partial);
  expect(await objectOf('&includeObject=Metadata')).toMatchObject(partial);
  expect(await objectOf('&includeObject=Object')).toMatchObject({ kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: '1' } });
  expect(await objectOf('&includeObject=None')).toBeNull();
});

test('a page of a table says where the next begins', async () => {
  const path = await create('/api/v1/namespaces/NAMESPACE/secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } });
  await target.request('POST', path, { body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'b' } } });
  const { metadata, rows } = (await getTable(`${path}?limit=1`)).body;
  expect(metadata).toMatchObject({ continue: expect.any(String), remainingItemCount: 1 });
  expect(rows).toHaveLength(1);
});

test('a watch tells the columns with its first event alone', async () => {
  const path = await create('/api/v1/namespaces/NAMESPACE/configmaps', configMap('a', { k: '1' }, { labels: { app: 'x' } }));
  const events = target.watch(`${path}?watch=true&labelSelector=app%3Dx`, { accept });
  const first = (await events.next()).value;
  expect(first).toMatchObject({ type: 'ADDED', object: { kind: 'Table', rows: [{ cells: ['a', 1, AGE] }] } });
  expect(first?.object.columnDefinitions).toHaveLength(3);
  await target.request('PATCH', `${path}/a`, merge({ data: { l: '2' } }));
  const second = (await events.next()).value;
  expect(second).toMatchObject({ type: 'MODIFIED', object: { kind: 'Table', rows: [{ cells: ['a', 2, AGE] }] } });
  expect(second?.object.columnDefinitions).toBeNull();
  await events.return(undefined);
});

test('a refusal is no table', async () => {
  const { status, body } = await getTable('/api/v1/namespaces/default/configmaps/nope');
  expect([status, body.kind, body.reason]).toEqual([404, 'Status', 'NotFound']);
});
