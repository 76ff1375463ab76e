import { expect, test } from 'vitest';
import { useTarget } from './target.ts';

const target = useTarget();

async function prepare(): Promise<string> {
  return `/apis/coordination.k8s.io/v1/namespaces/${await target.namespace()}/leases`;
}

function lease(holderIdentity: string, metadata: object = {}): object {
  const spec = { holderIdentity, leaseDurationSeconds: 30 };
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l', ...metadata }, spec };
}

function refusal(reason: string, message: string) {
  const details = { name: 'l', group: 'coordination.k8s.io', kind: 'leases' };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code: 409 };
}

test('of two creates at once exactly one wins', async () => {
  const path = await prepare();
  const replies = await Promise.all(['a', 'b'].map((holder) => target.request('POST', path, { body: lease(holder) })));
  const [won, lost] = replies.toSorted((one, other) => one.status - other.status);
  expect(won?.status).toBe(201);
  expect(lost).toEqual({ status: 409, body: refusal('AlreadyExists', 'leases.coordination.k8s.io "l" already exists') });
  expect((await target.request('GET', `${path}/l`)).body.spec).toEqual(won?.body.spec);
});

test('of two updates of the same version exactly one wins', async () => {
  const path = await prepare();
  const { resourceVersion } = (await target.request('POST', path, { body: lease('a') })).body.metadata;
  const update = (holder: string) => target.request('PUT', `${path}/l`, { body: lease(holder, { resourceVersion }) });
  const [won, lost] = (await Promise.all(['b', 'c'].map(update))).toSorted((one, other) => one.status - other.status);
  expect(won?.status).toBe(200);
  const modified = 'the object has been modified; please apply your changes to the latest version and try again';
  const message = `Operation cannot be fulfilled on leases.coordination.k8s.io "l": ${modified}`;
  expect(lost).toEqual({ status: 409, body: refusal('Conflict', message) });
  expect((await target.request('GET', `${path}/l`)).body.spec).toEqual(won?.body.spec);
});

test('an update without a version is refused', async () => {
  const path = await prepare();
  await target.request('POST', path, { body: lease('a') });
  const problem = 'Invalid value: 0: must be specified for an update';
  expect(await target.request('PUT', `${path}/l`, { body: lease('b') })).toMatchObject({
    status: 422,
    body: {
      reason: 'Invalid',
      message: `leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: ${problem}`,
      details: { kind: 'leases', causes: [{ reason: 'FieldValueInvalid', message: problem, field: 'metadata.resourceVersion' }] },
    },
  });
});

test('times keep their microseconds', async () => {
  const path = await prepare();
  const spec = { holderIdentity: 'a', acquireTime: '2026-01-01T00:00:00.120000Z', renewTime: '2026-01-01T00:00:00.123456Z' };
  const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec };
  expect((await target.request('POST', path, { body })).body.spec).toEqual(spec);
  expect((await target.request('GET', `${path}/l`)).body.spec).toEqual(spec);
});
