import { expect, test } from 'vitest';
import { apply, configMap, merge } from './requests.ts';
import { useTarget } from './target.ts';

const target = useTarget();

async function prepare(): Promise<string> {
  return `/api/v1/namespaces/${await target.namespace()}/configmaps`;
}

test('creates, is idempotent, and drops what is left out', async () => {
  const path = await prepare();
  const made = await target.request('PATCH', `${path}/s?fieldManager=m1`, apply(configMap('s', { k: '1', l: '1' })));
  expect(made.status).toBe(201);
  expect(made.body.metadata.managedFields).toMatchObject([
    { manager: 'm1', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { 'f:k': {}, 'f:l': {} } } },
  ]);
  const same = await target.request('PATCH', `${path}/s?fieldManager=m1`, apply(configMap('s', { k: '1', l: '1' })));
  expect(same).toMatchObject({ status: 200, body: { metadata: { resourceVersion: made.body.metadata.resourceVersion } } });
  const less = await target.request('PATCH', `${path}/s?fieldManager=m1`, apply(configMap('s', { l: '2' })));
  expect(less.body.data).toEqual({ l: '2' });
});

test("another manager's fields are a conflict, unless forced; equal values are shared", async () => {
  const path = await prepare();
  await target.request('PATCH', `${path}/s?fieldManager=m1`, apply(configMap('s', { k: '1', l: '1', shared: 'x' })));
  const one = await target.request('PATCH', `${path}/s?fieldManager=m2`, apply(configMap('s', { k: '2', shared: 'x' })));
  expect(one).toMatchObject({
    status: 409,
    body: {
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "m1": .data.k',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.data.k' }] },
    },
  });
  const two = await target.request('PATCH', `${path}/s?fieldManager=m2`, apply(configMap('s', { k: '2', l: '2' })));
  expect(two.body.message).toBe('Apply failed with 2 conflicts: conflicts with "m1":\n- .data.k\n- .data.l');

  const forced = await target.request('PATCH', `${path}/s?fieldManager=m2&force=true`, apply(configMap('s', { k: '2', shared: 'x' })));
  expect(forced).toMatchObject({ status: 200, body: { data: { k: '2', l: '1', shared: 'x' } } });
  const left = await target.request('PATCH', `${path}/s?fieldManager=m2`, apply(configMap('s', { k: '2' })));
  expect(left.body.data).toEqual({ k: '2', l: '1', shared: 'x' });
});

test('what was written otherwise belongs to the writer, too', async () => {
  const path = await prepare();
  await target.request('POST', `${path}?fieldManager=hand`, { body: configMap('a', { k: '1' }) });
  const reply = await target.request('PATCH', `${path}/a?fieldManager=m1`, apply(configMap('a', { k: '2' })));
  expect(reply.body.message).toBe('Apply failed with 1 conflict: conflict with "hand" using v1: .data.k');
  await target.request('PATCH', `${path}/a?fieldManager=m1&force=true`, apply(configMap('a', { k: '2' })));
  await target.request('PATCH', `${path}/a?fieldManager=hand`, merge({ data: { k: '3' } }));
  expect((await target.request('PATCH', `${path}/a?fieldManager=m1`, apply(configMap('a', { k: '2' })))).status).toBe(409);
});

test('a dry run answers, and writes nothing', async () => {
  const path = await prepare();
  const made = await target.request('PATCH', `${path}/new?fieldManager=m1&dryRun=All`, apply(configMap('new', { k: '1' })));
  expect(made).toMatchObject({ status: 201, body: { data: { k: '1' } } });
  expect((await target.request('GET', `${path}/new`)).status).toBe(404);
  const { metadata } = (await target.request('POST', path, { body: configMap('a', { k: '1' }) })).body;
  const changed = await target.request('PATCH', `${path}/a?fieldManager=m1&dryRun=All&force=true`, apply(configMap('a', { k: '2' })));
  expect(changed.body).toMatchObject({ data: { k: '2' }, metadata: { resourceVersion: metadata.resourceVersion } });
  expect((await target.request('GET', `${path}/a`)).body.data).toEqual({ k: '1' });
});

test('needs the namespace', async () => {
  const path = '/api/v1/namespaces/nope/configmaps';
  const reply = await target.request('PATCH', `${path}/s?fieldManager=m1`, apply(configMap('s', {})));
  expect(reply.body.message).toBe('namespaces "nope" not found');
});

test('reads YAML', async () => {
  const path = await prepare();
  const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  k: "1"\n';
  expect(await target.request('PATCH', `${path}/yaml?fieldManager=m1`, apply(yaml))).toMatchObject({
    status: 201,
    body: { data: { k: '1' } },
  });
});

test('conflicts with several managers are told by manager', async () => {
  const path = await prepare();
  await target.request('PATCH', `${path}/s?fieldManager=m2`, apply(configMap('s', { k: '1' })));
  await target.request('PATCH', `${path}/s?fieldManager=hand`, merge({ data: { l: '1' } }));
  const { status, body } = await target.request('PATCH', `${path}/s?fieldManager=m1`, apply(configMap('s', { k: '2', l: '2' })));
  expect(status).toBe(409);
  expect(body.message).toBe('Apply failed with 2 conflicts: conflicts with "hand" using v1:\n- .data.l\nconflicts with "m2":\n- .data.k');
  // The real server gives them in any order.
  expect(body.details.causes.toSorted((one: Cause, other: Cause) => one.field.localeCompare(other.field))).toEqual([
    { reason: 'FieldManagerConflict', message: 'conflict with "m2"', field: '.data.k' },
    { reason: 'FieldManagerConflict', message: 'conflict with "hand" using v1', field: '.data.l' },
  ]);
});

interface Cause {
  readonly field: string;
}
