import { expect, test } from 'vitest';
import { useTarget } from './target.ts';

const target = useTarget();
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const ssar = (attributes: object) => ({ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: attributes });

async function allowed(resourceAttributes: object): Promise<boolean> {
  const { status, body } = await target.request('POST', REVIEWS, { body: ssar({ resourceAttributes }), token: 'limited' });
  expect(status).toBe(201);
  return body.status.allowed;
}

test('a token that nobody has is 401', async () => {
  const reply = await target.request('GET', '/api/v1/nodes', { token: 'wrong' });
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Unauthorized',
    reason: 'Unauthorized',
    code: 401,
  };
  expect(reply).toEqual({ status: 401, body });
});

test('whoever asks is told who they are, whatever they may do', async () => {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const reply = await target.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body, token: 'limited' });
  expect(reply).toMatchObject({ status: 201, body: { kind: 'SelfSubjectReview', status: { userInfo: { username: 'limited' } } } });
});

test.each([
  [
    'GET',
    '/api/v1/namespaces/default/secrets/x',
    'secrets "x" is forbidden: User "limited" cannot get resource "secrets" in API group "" in the namespace "default"',
  ],
  [
    'GET',
    '/api/v1/namespaces/default/secrets',
    'secrets is forbidden: User "limited" cannot list resource "secrets" in API group "" in the namespace "default"',
  ],
  [
    'GET',
    '/apis/storage.k8s.io/v1/storageclasses?watch=1',
    'storageclasses.storage.k8s.io is forbidden: User "limited" cannot watch resource "storageclasses" in API group "storage.k8s.io" at the cluster scope',
  ],
  [
    'DELETE',
    '/apis/apps/v1/namespaces/default/deployments/x',
    'deployments.apps "x" is forbidden: User "limited" cannot delete resource "deployments" in API group "apps" in the namespace "default"',
  ],
  [
    'POST',
    '/api/v1/namespaces/default/services/x:80/proxy/a',
    'services "x:80" is forbidden: User "limited" cannot create resource "services/proxy" in API group "" in the namespace "default"',
  ],
])('%s %s is forbidden to whom nothing allows it', async (method, path, message) => {
  const reply = await target.request(method, path, { token: 'limited' });
  expect(reply).toMatchObject({ status: 403, body: { kind: 'Status', status: 'Failure', reason: 'Forbidden', message, code: 403 } });
});

test('a role allows what it names, where it is bound', async () => {
  const namespace = await target.namespace();
  const rules = [
    { apiGroups: [''], resources: ['services/proxy'], resourceNames: ['loki:3100'], verbs: ['get'] },
    { apiGroups: ['apps'], resources: ['*'], verbs: ['get', 'list'] },
  ];
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'some' }, rules };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'some' };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'limited' }];
  const binding = { apiVersion: role.apiVersion, kind: 'RoleBinding', metadata: { name: 'some' }, roleRef, subjects };
  await target.request('POST', `${RBAC}/namespaces/${namespace}/roles`, { body: role });
  await target.request('POST', `${RBAC}/namespaces/${namespace}/rolebindings`, { body: binding });
  const get = { verb: 'get', namespace };
  await expect.poll(() => allowed({ ...get, group: 'apps', resource: 'deployments' })).toBe(true);
  expect(await allowed({ ...get, resource: 'services', subresource: 'proxy', name: 'loki:3100' })).toBe(true);
  expect(await allowed({ ...get, resource: 'services', subresource: 'proxy' })).toBe(false);
  expect(await allowed({ ...get, resource: 'services' })).toBe(false);
  expect(await allowed({ ...get, group: 'apps', resource: 'deployments', namespace: 'default' })).toBe(false);
  expect(await allowed({ ...get, group: 'apps', resource: 'deployments', verb: 'delete' })).toBe(false);
  const list = await target.request('GET', `/apis/apps/v1/namespaces/${namespace}/deployments`, { token: 'limited' });
  expect(list).toMatchObject({ status: 200, body: { kind: 'DeploymentList' } });
});

test('a review is understood in protobuf as well: kubectl asks in it', async () => {
  // As "kubectl auth can-i list pods -n default" sends it: type, metadata, attributes, an empty status.
  const body = [
    'k8s\0\n2\n\x17authorization.k8s.io/v1\x12\x17SelfSubjectAccessReview\x12=',
    '\n\x10\n\0\x12\0\x1a\0"\0*\x002\x008\0B\0',
    '\x12\x1f\n\x1d\n\x07default\x12\x04list\x1a\0"\0*\x04pods2\0:\0',
    '\x1a\x08\x08\0\x12\0\x1a\0 \0\x1a\0"\0',
  ].join('');
  const answer = await target.request('POST', REVIEWS, { body, type: 'application/vnd.kubernetes.protobuf' });
  expect(answer).toMatchObject({
    status: 201,
    body: { spec: { resourceAttributes: { namespace: 'default', verb: 'list', resource: 'pods' } }, status: { allowed: true } },
  });
});

test('rights come before existence: what is not served is forbidden, too', async () => {
  expect((await target.request('GET', '/apis/foo/v1/bars', { token: 'limited' })).body.message).toBe(
    'bars.foo is forbidden: User "limited" cannot list resource "bars" in API group "foo" at the cluster scope',
  );
});

test('version and readiness are open to every user', async () => {
  expect((await target.request('GET', '/readyz', { token: 'limited' })).body).toBe('ok');
  expect((await target.request('GET', '/version', { token: 'limited' })).body.gitVersion).toMatch(/^v1\.\d+\.\d+$/);
});

test('the Date header is the time of the server', async () => {
  const { headers } = await target.send('GET', '/version');
  expect(Math.abs(Date.parse(headers.get('date') ?? '') - Date.now())).toBeLessThan(5000);
});

test('one request too many is 429, with the time to come again', async () => {
  const token = await target.throttle();
  for (const [method, path] of [
    ['GET', '/api/v1/nodes'],
    ['POST', '/api/v1/namespaces/default/configmaps'],
    ['GET', '/version'],
  ] as const) {
    const response = await target.send(method, path, { token });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe('Too many requests, please try again later.\n');
  }
});
