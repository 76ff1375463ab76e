import { expect, test } from 'vitest';
import { useTarget } from './target.ts';

// The kubelet is simulated on both, so this is about what the API server decides: not about previous logs, times or following.
let pods: string;
const target = useTarget(['kube-controller-manager', 'kwok'], async (target) => {
  const namespace = await target.namespace();
  pods = `/api/v1/namespaces/${namespace}/pods`;
  await target.runPod(namespace, 'one', ['c'], ['first', 'last']);
  await target.runPod(namespace, 'two', ['c', 'd'], ['first', 'last']);
});

test.each(['one/log', 'one/log?container=c', 'two/log?container=d', 'one/log?sinceSeconds=3600'])('%s is plain text', async (path) => {
  const response = await target.send('GET', `${pods}/${path}`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain');
  expect(await response.text()).toBe('first\nlast\n');
});

test('tailLines are the last ones', async () => {
  expect(await target.request('GET', `${pods}/one/log?tailLines=1`)).toEqual({ status: 200, body: 'last\n' });
});

test.each([
  ['one/log?container=nope', 'container nope is not valid for pod one'],
  ['two/log', 'a container name must be specified for pod two, choose one of: [c d]'],
  ['two/log?previous=true', 'a container name must be specified for pod two, choose one of: [c d]'],
])('%s is refused', async (path, message) => {
  expect(await target.request('GET', `${pods}/${path}`)).toEqual({
    status: 400,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'BadRequest', code: 400 },
  });
});

test('needs the pod, and the right to read its log', async () => {
  expect(await target.request('GET', `${pods}/none/log`)).toMatchObject({
    status: 404,
    body: { reason: 'NotFound', message: 'pods "none" not found', details: { name: 'none', kind: 'pods' } },
  });
  const { status, body } = await target.request('GET', `${pods}/one/log`, { token: 'limited' });
  expect(status).toBe(403);
  expect(body.message).toMatch(
    /^pods "one" is forbidden: User "limited" cannot get resource "pods\/log" in API group "" in the namespace /,
  );
});
