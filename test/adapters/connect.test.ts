import { expect, test } from 'vitest';
import { connect } from '#adapters/kubernetes/connect.ts';
import { json, serve, status, temporary, writeKubeconfig } from './support/server.ts';

test('a missing kubeconfig, an unknown context and a server that is not there are the user’s to mend', async () => {
  const directory = await temporary();
  await expect(connect({ kubeconfig: `${directory}/none` })).rejects.toMatchObject({
    name: 'UserError',
    exit: 2,
    message: expect.stringContaining('none'),
  });
  const kubeconfig = await writeKubeconfig('http://127.0.0.1:1');
  await expect(connect({ kubeconfig, context: 'third' })).rejects.toMatchObject({
    name: 'UserError',
    remedy: expect.stringContaining('lab, other'),
  });
  await expect(connect({ kubeconfig })).rejects.toMatchObject({
    name: 'UserError',
    exit: 7,
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('a request carries the token, and no message ever does', async () => {
  let authorization: string | undefined;
  const { kubernetes } = await serve((request, response) => {
    authorization = request.headers.authorization;
    if (request.url === '/reset') return void request.socket.destroy();
    json(response, 200, {});
  });
  await kubernetes.request('GET', '/api');
  expect(authorization).toBe('Bearer secret-token');
  const failure = kubernetes.request('GET', '/reset');
  await expect(failure).rejects.toMatchObject({ name: 'Unobserved', reason: 'unreachable' });
  await failure.catch((error: Error) => expect(`${error.message}${error.stack}`).not.toContain('secret-token'));
});

test('an address that is none is quoted without its credentials', async () => {
  const kubeconfig = await writeKubeconfig('ftp://somebody:hunter22@127.0.0.1');
  await expect(connect({ kubeconfig })).rejects.toThrow('names no address of an API server but "ftp://***@127.0.0.1"');
});

test('429, 503 and broken connections are tried again, up to three times', async () => {
  const asked: Record<string, number> = {};
  const { kubernetes } = await serve((request, response) => {
    const path = request.url ?? '';
    asked[path] = (asked[path] ?? 0) + 1;
    if (path === '/always') return status(response, 503, 'ServiceUnavailable', 'going down');
    if (asked[path] === 1) return json(response, 429, {}, { 'retry-after': '0' });
    if (asked[path] === 2) return status(response, 503, 'ServiceUnavailable', 'going down');
    if (asked[path] === 3) return void request.socket.destroy();
    json(response, 200, { fine: true });
  });
  expect((await kubernetes.request('GET', '/flaky')).body).toBe('{"fine":true}');
  expect((await kubernetes.request('GET', '/always')).status).toBe(503);
  expect(asked).toEqual({ '/flaky': 4, '/always': 4 });
});

test('what may have happened is not repeated: a POST whose answer is lost', async () => {
  let asked = 0;
  const { kubernetes } = await serve((request) => {
    asked += 1;
    request.socket.destroy();
  });
  await expect(kubernetes.request('POST', '/lines', { body: {} })).rejects.toMatchObject({ reason: 'unreachable' });
  expect(asked).toBe(1);
});

test('a server that does not answer in time gives a timeout, and an abort gives the abort', async () => {
  const { kubernetes } = await serve(() => undefined);
  await expect(kubernetes.request('GET', '/slow', { timeout: 50 })).rejects.toMatchObject({ name: 'Unobserved', reason: 'timeout' });
  const stop = new AbortController();
  const waiting = kubernetes.request('GET', '/slow', { signal: stop.signal });
  stop.abort(new Error('interrupted'));
  await expect(waiting).rejects.toThrow('interrupted');
});

test('all requests share the connections of one dispatcher', async () => {
  const ports = new Set<number | undefined>();
  const { kubernetes } = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    json(response, 200, {});
  });
  for (let index = 0; index < 40; index += 1) await kubernetes.request('GET', '/api');
  expect(ports.size).toBeLessThanOrEqual(2);
});
