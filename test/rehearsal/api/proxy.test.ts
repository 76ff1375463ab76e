import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServiceRequest } from '#rehearsal/world.ts';
import { type Served, serve } from './serve.ts';
import { targetAt } from './target.ts';

// Behind a service of another server there would have to be real processes.
let served: Served;
let seen: ServiceRequest | undefined;
const target = targetAt(() => served.api.url);
const SERVICES = '/api/v1/namespaces/monitoring/services';

beforeAll(async () => {
  served = await serve((request) => {
    seen = request;
    return { status: 418, contentType: 'text/x-tea', headers: { 'Set-Cookie': 'pot=1' }, body: 'short and stout' };
  });
  putService('loki', { selector: { app: 'loki' }, ports: [{ name: 'http', port: 3100, targetPort: 3100 }] });
  putService('crashing', { selector: { app: 'crashing' }, ports: [{ name: 'http', port: 3100, targetPort: 3100 }] });
  putService('nobody', { selector: { app: 'nobody' }, ports: [{ name: 'http', port: 80, targetPort: 80 }] });
  putPod('loki', 'True', { running: {} });
  putPod('crashing', 'False', { waiting: { reason: 'CrashLoopBackOff' } });
});
afterAll(() => served.api.stop());

function putService(name: string, spec: object): void {
  served.world.store.put({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'monitoring' }, spec });
}

function putPod(name: string, ready: string, state: object): void {
  served.world.store.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'monitoring', labels: { app: name } },
    spec: { containers: [{ name }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready }], containerStatuses: [{ name, state }] },
  });
}

test('passes method, path, query, host, cookies and body on, but no Authorization', async () => {
  const response = await fetch(`${served.api.url}${SERVICES}/loki:3100/proxy/a%2Fb%20c/d+e?x=%2F&y=1`, {
    method: 'POST',
    headers: { authorization: 'Bearer admin', cookie: 'pot=0' },
    body: 'hot water',
  });
  expect(response.status).toBe(418);
  expect(response.headers.get('content-type')).toBe('text/x-tea');
  expect(response.headers.get('set-cookie')).toBe('pot=1');
  expect(await response.text()).toBe('short and stout');
  expect(seen).toMatchObject({ method: 'POST', path: '/a/b c/d+e', headers: { host: new URL(served.api.url).host, cookie: 'pot=0' } });
  expect([...(seen?.query ?? [])]).toEqual([
    ['x', '/'],
    ['y', '1'],
  ]);
  expect(seen?.body.toString()).toBe('hot water');
  expect(seen?.headers.authorization).toBeUndefined();
});

test('without a path it asks for /', async () => {
  expect((await target.request('GET', `${SERVICES}/loki:3100/proxy`)).status).toBe(418);
  expect(seen?.path).toBe('/');
});

test('an unknown service is 404', async () => {
  const reply = await target.request('GET', `${SERVICES}/x:80/proxy/`);
  expect(reply).toMatchObject({
    status: 404,
    body: { reason: 'NotFound', message: 'services "x" not found', details: { name: 'x', kind: 'services' } },
  });
});

test.each([
  ['nobody:80', 'no endpoints available for service "nobody"'],
  ['crashing:3100', 'no endpoints available for service "crashing:3100"'],
  ['loki:81', 'no service port 81 found for service "loki"'],
])('%s cannot be reached', async (service, message) => {
  const reply = await target.request('GET', `${SERVICES}/${service}/proxy/ready`);
  expect(reply).toMatchObject({ status: 503, body: { kind: 'Status', reason: 'ServiceUnavailable', message, code: 503 } });
});

test("the Date header is the world's time", async () => {
  const response = await fetch(`${served.api.url}/version`);
  expect(Math.abs(Date.parse(response.headers.get('date') ?? '') - served.world.now().getTime())).toBeLessThan(5000);
});
