import { expect, test } from 'vitest';
import { apply, configMap, merge } from './requests.ts';
import { useTarget } from './target.ts';

const target = useTarget();
const NAME =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const FORBIDDEN =
  "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

function invalid(message: string, details: object): object {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'Invalid', details, code: 422 };
  return { status: 422, body };
}

test.each(['Bad_Name', '-x', 'x.', 'a..b'])('"%s" is no name', async (name) => {
  const path = `/api/v1/namespaces/${await target.namespace()}/configmaps`;
  const message = `Invalid value: "${name}": ${NAME}`;
  const expected = invalid(`ConfigMap "${name}" is invalid: metadata.name: ${message}`, {
    name,
    kind: 'ConfigMap',
    causes: [{ reason: 'FieldValueInvalid', message, field: 'metadata.name' }],
  });
  expect(await target.request('POST', path, { body: configMap(name, {}) })).toEqual(expected);
  expect(await target.request('PATCH', `${path}/${name}?fieldManager=m`, apply(configMap(name, {})))).toEqual(expected);
});

test('the refusal names the group of the kind', async () => {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${await target.namespace()}/leases`;
  const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'A' }, spec: {} };
  expect(await target.request('POST', path, { body })).toMatchObject({
    status: 422,
    body: { message: expect.stringMatching(/^Lease\.coordination\.k8s\.io "A" is invalid: /), details: { group: 'coordination.k8s.io' } },
  });
});

test('of a StatefulSet only some fields can be changed', async () => {
  const path = `/apis/apps/v1/namespaces/${await target.namespace()}/statefulsets`;
  const labels = { app: 'a' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a' }] } };
  const spec = { serviceName: 'a', replicas: 0, selector: { matchLabels: labels }, template };
  const body = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'a' }, spec };
  expect((await target.request('POST', path, { body })).status).toBe(201);
  expect((await target.request('PATCH', `${path}/a`, merge({ spec: { minReadySeconds: 1 } }))).status).toBe(200);
  const expected = invalid(`StatefulSet.apps "a" is invalid: spec: ${FORBIDDEN}`, {
    name: 'a',
    group: 'apps',
    kind: 'StatefulSet',
    causes: [{ reason: 'FieldValueForbidden', message: FORBIDDEN, field: 'spec' }],
  });
  expect(await target.request('PATCH', `${path}/a`, merge({ spec: { serviceName: 'b' } }))).toEqual(expected);
  const applied = apply({ ...body, spec: { ...spec, serviceName: 'b' } });
  expect(await target.request('PATCH', `${path}/a?fieldManager=m&force=true`, applied)).toEqual(expected);
});

test('strict: a field that the kind does not have', async () => {
  const namespace = await target.namespace();
  const path = `/api/v1/namespaces/${namespace}/configmaps/a?fieldManager=m&fieldValidation=Strict`;
  // An error that the API server does not classify: without a reason, and 500 though it is the client's.
  expect(await target.request('PATCH', path, apply({ ...configMap('a', {}, { namespace }), dta: {} }))).toEqual({
    status: 500,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `failed to create typed patch object (${namespace}/a; /v1, Kind=ConfigMap): .dta: field not declared in schema`,
      code: 500,
    },
  });
});

test('strict: a field that is there twice', async () => {
  const path = `/api/v1/namespaces/${await target.namespace()}/configmaps/a?fieldManager=m&fieldValidation=Strict`;
  const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  key: "1"\n  key: "2"\n';
  expect(await target.request('PATCH', path, apply(yaml))).toEqual({
    status: 400,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 7: key "key" already set in map',
      reason: 'BadRequest',
      code: 400,
    },
  });
});
