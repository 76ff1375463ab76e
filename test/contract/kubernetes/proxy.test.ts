import { expect, test } from 'vitest';
import type { ServiceRequest } from '#rehearsal/world.ts';
import { useTarget } from './target.ts';

let services: string;
let seen: ServiceRequest | undefined;
const target = useTarget(['kube-controller-manager'], async (target) => {
  const namespace = await target.namespace();
  services = `/api/v1/namespaces/${namespace}/services`;
  await target.expose(namespace, 'teapot', {
    ready: true,
    process: (request) => {
      seen = request;
      return { status: 418, contentType: 'text/x-tea', headers: { 'Set-Cookie': ['pot=1; Path=/', 'lid=2'] }, body: 'short and stout' };
    },
  });
  await target.expose(namespace, 'crashing', { ready: false });
  await target.expose(namespace, 'silent', { ready: true });
  await target.expose(namespace, 'nobody');
});

test('passes method, path, query, host, cookies and body on, but no Authorization', async () => {
  const path = `${services}/teapot:3100/proxy/a%2Fb%20c/d+e?x=%2F&y=1&z=a+b`;
  const response = await target.send('POST', path, { headers: { cookie: 'pot=0; lid=1', 'x-scope-orgid': 'me' }, body: 'hot water' });
  expect(response.status).toBe(418);
  expect(response.headers.get('content-type')).toBe('text/x-tea');
  expect(response.headers.getSetCookie()).toEqual(['pot=1; Path=/', 'lid=2']);
  expect(await response.text()).toBe('short and stout');
  // What came as %2F goes on as a slash.
  expect(seen).toMatchObject({ method: 'POST', path: '/a/b c/d+e', headers: { cookie: 'pot=0; lid=1', 'x-scope-orgid': 'me' } });
  expect(seen?.headers.host).toBe(new URL(response.url).host);
  expect([...(seen?.query ?? [])]).toEqual([
    ['x', '/'],
    ['y', '1'],
    ['z', 'a b'],
  ]);
  expect(seen?.body.toString()).toBe('hot water');
  expect(seen?.headers.authorization).toBeUndefined();
});

test('HEAD has no body', async () => {
  const response = await target.send('HEAD', `${services}/teapot:3100/proxy/`);
  expect(response.status).toBe(418);
  expect(await response.text()).toBe('');
  expect(seen).toMatchObject({ method: 'HEAD', path: '/' });
});

test('an unknown service is 404', async () => {
  expect(await target.request('GET', `${services}/x:80/proxy/`)).toEqual({
    status: 404,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'services "x" not found',
      reason: 'NotFound',
      details: { name: 'x', kind: 'services' },
      code: 404,
    },
  });
});

test.each([
  ['nobody:3100', /^no endpoints available for service "nobody"$/],
  ['crashing:3100', /^no endpoints available for service "crashing:3100"$/],
  ['teapot:81', /^no service port 81 found for service "teapot"$/],
  ['silent:3100', /^error trying to reach service: dial tcp 10\.[\d.]+:\d+: connect: connection refused$/],
])('%s cannot be reached', async (service, message) => {
  const reply = await target.request('GET', `${services}/${service}/proxy/ready`);
  expect(reply).toEqual({
    status: 503,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: expect.stringMatching(message),
      reason: 'ServiceUnavailable',
      code: 503,
    },
  });
});

test('one pod is reached by its own name, past every service', async () => {
  const service = await target.request('GET', `${services}/teapot`);
  const pods = services.replace('/services', '/pods');
  const { targetPort } = service.body.spec.ports[0];
  expect((await target.send('GET', `${pods}/teapot:${targetPort}/proxy/lid?x=1`)).status).toBe(418);
  expect(seen).toMatchObject({ method: 'GET', path: '/lid' });
  expect(await target.request('GET', `${pods}/x:${targetPort}/proxy/`)).toMatchObject({
    status: 404,
    body: { reason: 'NotFound', message: 'pods "x" not found' },
  });
  expect(await target.request('GET', `${pods}/silent:81/proxy/`)).toMatchObject({
    status: 503,
    body: { message: expect.stringMatching(/^error trying to reach service: dial tcp 10\.[\d.]+:81: connect: connection refused$/) },
  });
});
