import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { systemClock } from '#adapters/clock.ts';
import { createAccessReviewer } from '#adapters/kubernetes/access.ts';
import { createObserver } from '#adapters/observer.ts';
import { Secret } from '#adapters/secret.ts';
import type { Request } from '#model/read.ts';
import { type Handler, json, serve, status } from './support/server.ts';

const { signal } = new AbortController();
const GRAFANA = { namespace: 'monitoring', name: 'grafana', port: 80 };
const LOGIN = { namespace: 'monitoring', name: 'grafana', user: 'admin-user', password: 'admin-password' };
const STATEFULSET = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name: 'loki' };

async function observing(handler: Handler) {
  const { kubernetes } = await serve(handler);
  const observer = createObserver({ kubernetes, clock: systemClock() });
  return { kubernetes, read: (request: Request) => observer.read(request, signal) };
}

test('an object, one that is not there, one that may not be seen, and an answer that is no object', async () => {
  let answer: Parameters<Handler>[1] | undefined;
  const answers: ((response: NonNullable<typeof answer>) => void)[] = [
    (response) => json(response, 200, { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'loki' } }),
    (response) => status(response, 404, 'NotFound', 'statefulsets.apps "loki" not found'),
    (response) => status(response, 403, 'Forbidden', 'statefulsets.apps "loki" is forbidden'),
    (response) => response.writeHead(200).end('<html>'),
    (response) => json(response, 200, { hello: 'world' }),
  ];
  const { read } = await observing((request, response) => {
    expect(request.url).toBe('/apis/apps/v1/namespaces/monitoring/statefulsets/loki');
    answers.shift()?.(response);
  });
  const request = { of: 'object', ref: STATEFULSET } as const;
  expect(await read(request)).toMatchObject({ object: { kind: 'StatefulSet' } });
  expect(await read(request)).toEqual({ of: 'object', object: undefined });
  await expect(read(request)).rejects.toMatchObject({
    name: 'Unobserved',
    reason: 'forbidden',
    message: expect.stringContaining('is forbidden'),
  });
  await expect(read(request)).rejects.toMatchObject({ name: 'Unreadable' });
  await expect(read(request)).rejects.toMatchObject({ name: 'Unreadable' });
});

test('a list is read page by page, begun anew when its state is gone, and "not served" is an answer', async () => {
  const asked: string[] = [];
  let gone = true;
  const { read } = await observing((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://api');
    if (pathname.endsWith('/cephclusters')) return status(response, 404, 'NotFound', 'the server could not find the requested resource');
    const next = searchParams.get('continue');
    asked.push(next ?? 'first');
    if (next !== null && gone) {
      gone = false;
      return status(response, 410, 'Expired', 'the continue token is too old');
    }
    const metadata = next === null ? { continue: 'more' } : {};
    json(response, 200, { apiVersion: 'v1', kind: 'PodList', metadata, items: [{ metadata: { name: next ?? 'first' } }] });
  });
  const pods = await read({ of: 'list', scope: { group: '', version: 'v1', resource: 'pods' }, selector: 'app=loki' });
  expect(pods).toMatchObject({
    served: true,
    items: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'first' } }, { metadata: { name: 'more' } }],
  });
  expect(asked).toEqual(['first', 'more', 'first', 'more']);
  const ceph = await read({ of: 'list', scope: { group: 'ceph.rook.io', version: 'v1', resource: 'cephclusters' } });
  expect(ceph).toEqual({ of: 'list', served: false, items: [] });
});

test('a page with 404 is no answer about what every API server serves', async () => {
  const { read } = await observing((_, response) => response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n'));
  const somebodyElse = { name: 'Unreadable', message: expect.stringContaining('404, and not from the API server itself') };
  await expect(read({ of: 'list', scope: { group: '', version: 'v1', resource: 'pods' } })).rejects.toMatchObject(somebodyElse);
  const apps = { group: 'apps', version: 'v1', resource: 'deployments' };
  await expect(read({ of: 'list', scope: apps })).rejects.toMatchObject(somebodyElse);
  const storage = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name: 'ceph-block' };
  await expect(read({ of: 'object', ref: storage })).rejects.toMatchObject(somebodyElse);
  const rook = { apiVersion: 'ceph.rook.io/v1', kind: 'CephCluster', namespace: 'storage', name: 'storage' };
  expect(await read({ of: 'object', ref: rook })).toEqual({ of: 'object', object: undefined });
  const login = await observing((_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<html>Sign in</html>'));
  await expect(login.read({ of: 'object', ref: rook })).rejects.toMatchObject(somebodyElse);
});

test('of a long list only the fields that are wanted are kept', async () => {
  const { read } = await observing((_, response) =>
    json(response, 200, {
      apiVersion: 'v1',
      kind: 'PodList',
      items: [
        {
          metadata: { name: 'a', namespace: 'n', uid: 'u' },
          spec: { nodeName: 'k', containers: [{ name: 'c', image: 'i' }, { name: 'd' }] },
        },
        { metadata: { name: 'b' }, spec: 'odd', status: { phase: 'Running' } },
      ],
    }),
  );
  const fields = ['spec.containers.name', 'spec.nodeName', 'status.phase', 'metadata.labels'];
  expect(await read({ of: 'list', scope: { group: '', version: 'v1', resource: 'pods' }, fields })).toEqual({
    of: 'list',
    served: true,
    items: [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'a', namespace: 'n' },
        spec: { containers: [{ name: 'c' }, { name: 'd' }], nodeName: 'k' },
      },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'b', namespace: undefined }, spec: {}, status: { phase: 'Running' } },
    ],
  });
});

test('the last lines of a container; one that is gone or has not started has none, and being forbidden to look is no answer', async () => {
  const answers: Record<string, [number, string]> = {
    writes: [200, 'one\n\ntwo\n'],
    silent: [200, ''],
    gone: [404, 'pods "gone" not found'],
    waiting: [400, 'container "c" in pod "waiting" is waiting to start: ContainerCreating'],
    secret: [403, 'pods "secret" is forbidden'],
  };
  const { read } = await observing((request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://api');
    expect(search).toBe('?container=c&tailLines=2&limitBytes=65536&sinceSeconds=3600');
    const [, name = ''] = /^\/api\/v1\/namespaces\/n\/pods\/(\w+)\/log$/.exec(pathname) ?? [];
    const [code, said] = answers[name] ?? [500, ''];
    if (code === 200) response.writeHead(200, { 'content-type': 'text/plain' }).end(said);
    else status(response, code, 'Failure', said);
  });
  const ask = (pod: string) => read({ of: 'logs', namespace: 'n', pod, container: 'c', since: 3600, tail: 2 });
  expect(await ask('writes')).toEqual({ of: 'logs', lines: ['one', 'two'] });
  expect(await ask('silent')).toEqual({ of: 'logs', lines: [] });
  expect(await ask('gone')).toEqual({ of: 'logs', lines: undefined });
  expect(await ask('waiting')).toEqual({ of: 'logs', lines: undefined });
  await expect(ask('secret')).rejects.toMatchObject({ reason: 'forbidden' });
});

test('a log without colours, control characters, credentials and the ends of long lines; of the container before the restart if asked', async () => {
  let asked = '';
  const { read } = await observing((request, response) => {
    asked = new URL(request.url ?? '/', 'http://api').search;
    const said = [
      '\u001b[31mlevel=error\u001b[0m\tpass\u001b[1mword=hunter22',
      `${'a '.repeat(149)}abc`,
      '-----BEGIN PRIVATE KEY-----',
      'c2Vj',
    ];
    response.writeHead(200, { 'content-type': 'text/plain' }).end(said.join('\n'));
  });
  expect(await read({ of: 'logs', namespace: 'n', pod: 'p', container: 'c', tail: 5, previous: true })).toEqual({
    of: 'logs',
    lines: ['level=error password=***', `${'a '.repeat(149)}ab…`, '***'],
  });
  expect(asked).toBe('?container=c&tailLines=5&limitBytes=65536&previous=true');
});

test('a check may name many reads: only some are under way together', async () => {
  let [open, most] = [0, 0];
  const { read } = await observing((_, response) => {
    open += 1;
    most = Math.max(most, open);
    setImmediate(() => {
      open -= 1;
      json(response, 200, {});
    });
  });
  const asked = Array.from({ length: 40 }, (_, port) => read({ of: 'http', service: { ...GRAFANA, port: port + 1 }, path: '/' }));
  await Promise.all(asked);
  expect(most).toBeLessThanOrEqual(16);
});

test('whatever a service answers is an answer; being forbidden to ask is none', async () => {
  let asked = 0;
  const pods: (string | undefined)[] = [];
  const { read } = await observing((request, response) => {
    asked += 1;
    if (request.url?.includes('/pods/')) pods.push(request.url);
    if (request.url?.includes('/services/loki:3100/'))
      return status(response, 503, 'ServiceUnavailable', 'no endpoints available for service "loki"');
    if (request.url?.includes('/services/gateway:80/')) return void response.writeHead(403, { 'content-type': 'text/plain' }).end('nginx');
    status(response, 403, 'Forbidden', 'services "secret" is forbidden');
  });
  const ask = (name: string, port: number) =>
    read({ of: 'http', service: { namespace: 'monitoring', name, port }, path: '/ready', query: { a: 'b' } });
  expect(await ask('loki', 3100)).toMatchObject({ of: 'http', status: 503, body: expect.stringContaining('no endpoints') });
  expect(
    await read({ of: 'http', service: { namespace: 'm', name: 'alloy-x', port: 12345, pod: true }, path: '/' }).catch(String),
  ).toContain('m/alloy-x:12345');
  expect(pods).toEqual(['/api/v1/namespaces/m/pods/alloy-x:12345/proxy/']);
  expect(await ask('gateway', 80)).toMatchObject({ status: 403, body: 'nginx', contentType: 'text/plain' });
  await expect(ask('secret', 80)).rejects.toMatchObject({ reason: 'forbidden', message: expect.stringContaining('monitoring/secret:80') });
  expect(asked).toBe(4);
});

test('to be timed, a service is asked one after the other, until it answers with anything but 200', async () => {
  let [open, together, asked] = [0, 0, 0];
  const { read } = await observing((_, response) => {
    asked += 1;
    open += 1;
    together = Math.max(together, open);
    setImmediate(() => {
      open -= 1;
      json(response, asked === 5 ? 503 : 200, {});
    });
  });
  const request = { of: 'http', service: GRAFANA, path: '/ready', times: 3 } as const;
  const answer = await read(request);
  expect(answer).toMatchObject({ status: 200, took: [expect.any(Number), expect.any(Number), expect.any(Number)] });
  expect([asked, together]).toEqual([3, 1]);
  expect(await read(request)).toMatchObject({ status: 503, took: [expect.any(Number), expect.any(Number)] });
});

test('a login is made once, kept, and made again when the session is over', async () => {
  const seen: string[] = [];
  let session = 0;
  const { read } = await observing((request, response) => {
    if (request.url?.includes('/secrets/')) {
      const data = { 'admin-user': btoa('admin'), 'admin-password': btoa('hunter2') };
      return json(response, 200, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'grafana' }, data });
    }
    if (request.url?.endsWith('/proxy/login')) {
      seen.push(request.body);
      session += 1;
      return json(response, 200, {}, { 'set-cookie': `grafana_session=s${session}; Path=/; HttpOnly` });
    }
    seen.push(request.headers.cookie ?? 'none');
    json(response, request.headers.cookie === `grafana_session=s${session}` ? 200 : 401, {});
  });
  const request = { of: 'http', service: GRAFANA, path: '/api/datasources', login: LOGIN } as const;
  expect(await read(request)).toMatchObject({ status: 200 });
  expect(await read(request)).toMatchObject({ status: 200 });
  session += 1;
  expect(await read(request)).toMatchObject({ status: 200 });
  const login = '{"user":"admin","password":"hunter2"}';
  expect(seen).toEqual([login, 'grafana_session=s1', 'grafana_session=s1', 'grafana_session=s1', login, 'grafana_session=s3']);
});

test('of a Secret only its keys and what is no secret leave the adapter; a missing one is no credential', async () => {
  const { read } = await observing((request, response) => {
    if (!request.url?.endsWith('/loki')) return status(response, 404, 'NotFound', 'not found');
    json(response, 200, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'loki' },
      data: { endpoint: btoa('http://rgw'), key: btoa('hunter2') },
    });
  });
  expect(await read({ of: 'secret', namespace: 'm', name: 'loki', reveal: ['endpoint', 'none'] })).toEqual({
    of: 'secret',
    keys: ['endpoint', 'key'],
    revealed: { endpoint: 'http://rgw' },
  });
  expect(await read({ of: 'secret', namespace: 'm', name: 'none', reveal: [] })).toMatchObject({ keys: undefined });
  await expect(read({ of: 'http', service: GRAFANA, path: '/', login: LOGIN })).rejects.toMatchObject({ reason: 'unauthorized' });
  const secret = new Secret('hunter2');
  expect([`${secret}`, JSON.stringify({ secret }), inspect({ secret }), secret.reveal()]).toEqual([
    '***',
    '{"secret":"***"}',
    '{ secret: *** }',
    'hunter2',
  ]);
});

test('the API server itself answers, and without a checkout Git does not', async () => {
  const { read } = await observing((_request, response) => void response.writeHead(500).end('[-]etcd failed'));
  expect(await read({ of: 'api', path: '/readyz' })).toMatchObject({
    of: 'http',
    status: 500,
    body: '[-]etcd failed',
    date: expect.any(String),
  });
  await expect(read({ of: 'git', look: 'remote' })).rejects.toMatchObject({ name: 'Unobserved' });
});

test('what we may not do is asked of the API server', async () => {
  const { kubernetes } = await observing((request, response) => {
    const { spec } = JSON.parse(request.body);
    json(response, 201, { spec, status: { allowed: spec.resourceAttributes.subresource !== 'proxy' } });
  });
  const pods = { verb: 'list', group: '', resource: 'pods' } as const;
  const proxy = { verb: 'get', group: '', resource: 'services/proxy', namespace: 'monitoring', name: 'loki' } as const;
  expect(await createAccessReviewer(kubernetes).denied([pods, proxy], signal)).toEqual([proxy]);
});
