import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { findOwners, ownersOf, type Path, printPath, valueAt } from '#engine/managed-fields.ts';
import type { Manifest } from '#model/kubernetes.ts';

const AT = '2026-01-01T00:00:00Z';

function workload(...managedFields: readonly unknown[]): Manifest {
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'loki', managedFields } },
    spec: {
      replicas: 2,
      template: {
        spec: {
          containers: [
            { name: 'nginx', image: 'nginx', ports: [{ containerPort: 80, protocol: 'TCP' }] },
            { name: 'loki', image: 'loki', resources: { limits: { memory: '1Gi' } }, args: ['-a', '-b'] },
          ],
        },
      },
    },
    finalizers: ['one', 'two'],
  };
}

function entry(manager: string, fieldsV1: object, time = AT) {
  return { manager, operation: 'Update', apiVersion: 'apps/v1', time, fieldsType: 'FieldsV1', fieldsV1 };
}

function pathsOf(object: Manifest): readonly string[] {
  return ownersOf(object).flatMap(({ paths }) => paths.map((path) => printPath(path, object)));
}

describe('the fields that a manager owns', () => {
  it.each<[string, object, readonly string[]]>([
    ['keys', { 'f:spec': { 'f:replicas': {} } }, ['spec.replicas']],
    [
      'items of a list by their key',
      { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"loki"}': { '.': {}, 'f:image': {}, 'f:name': {} } } } } } },
      ['spec.template.spec.containers[loki].image', 'spec.template.spec.containers[loki].name'],
    ],
    [
      'items by several keys, and a list within a list',
      {
        'f:spec': {
          'f:template': {
            'f:spec': {
              'f:containers': { 'k:{"name":"nginx"}': { 'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { 'f:protocol': {} } } } },
            },
          },
        },
      },
      ['spec.template.spec.containers[nginx].ports[0].protocol'],
    ],
    ['items by their value', { 'f:finalizers': { 'v:"two"': {} } }, ['finalizers[1]']],
    ['items by their place', { 'f:finalizers': { 'i:1': {} } }, ['finalizers[1]']],
    ['whole lists', { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': {} } } } }, ['spec.template.spec.containers']],
    ['not what is only known to be there', { 'f:spec': { '.': {} } }, []],
    ['not what is gone', { 'f:spec': { 'f:paused': {}, 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"gone"}': {} } } } } }, []],
    ['not what is no list', { 'f:spec': { 'k:{"name":"loki"}': {}, 'v:2': {}, 'i:0': {} } }, []],
    ['not what is not understood', { spec: {}, 'x:spec': {}, 'f:finalizers': { 'k:no json': {}, 'i:9': {}, 'k:"two"': {} } }, []],
  ])('%s', (_, fields, expected) => {
    expect(pathsOf(workload(entry('somebody', fields)))).toEqual(expected);
  });

  it('of an object without any are nobody', () => {
    expect(ownersOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } })).toEqual([]);
    expect(ownersOf(workload('odd', { manager: 3 }, { manager: 'timeless' }))).toEqual([{ manager: 'timeless', paths: [] }]);
  });
});

describe('who set a field', () => {
  const memory = { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"loki"}': { 'f:resources': {} } } } } } };
  const path: Path = ['spec', 'template', 'spec', 'containers', 1, 'resources', 'limits', 'memory'];

  it('is who owns it, or the whole that it is in', () => {
    const object = workload(entry('kubectl-edit', memory));
    for (const at of [path, path.slice(0, 6), path.slice(0, 5)])
      expect(findOwners(object, at)).toEqual([{ manager: 'kubectl-edit', at: AT }]);
    expect(findOwners(object, ['spec', 'replicas'])).toEqual([]);
    expect(findOwners(object, ['spec', 'template', 'spec', 'containers', 0, 'resources'])).toEqual([]);
  });

  it('is of several first the one who came last, those without a time last', () => {
    const [early, late] = [entry('flux', memory, '2026-01-01T00:00:00Z'), entry('kubectl', memory, '2026-01-02T00:00:00Z')];
    const { time: _, ...timeless } = entry('old', memory);
    for (const entries of [
      [early, late, timeless],
      [timeless, late, early],
    ])
      expect(findOwners(workload(...entries), path).map(({ manager }) => manager)).toEqual(['kubectl', 'flux', 'old']);
    expect(findOwners(workload(timeless), path)).toEqual([{ manager: 'old' }]);
  });
});

const key = fc.string({ minLength: 1, maxLength: 6 });
const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean());
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.dictionary(key, tie('tree'), { minKeys: 1, maxKeys: 4 }),
    fc.uniqueArray(fc.record({ name: key, value: tie('tree') }), { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
  ),
}));

/** FieldsV1 of everything in a value, as the server would write it, and the leaves that it speaks of. */
function ownAll(value: unknown, path: Path = []): { readonly fields: object; readonly leaves: readonly Path[] } {
  if (typeof value !== 'object' || value === null) return { fields: {}, leaves: [path] };
  const parts = Object.entries(value).map(([name, inner]) => {
    const step = Array.isArray(value) ? Number(name) : name;
    const said = Array.isArray(value) ? `k:${JSON.stringify({ name: (inner as { name: string }).name })}` : `f:${name}`;
    return [said, ownAll(inner, [...path, step])] as const;
  });
  return {
    fields: Object.fromEntries([['.', {}], ...parts.map(([said, { fields }]) => [said, fields] as const)]),
    leaves: parts.flatMap(([, { leaves }]) => leaves),
  };
}

test('the leaves of any tree are found again, each with its value and its owner', () => {
  fc.assert(
    fc.property(fc.dictionary(key, tree, { minKeys: 1, maxKeys: 4 }), (spec) => {
      const { fields, leaves } = ownAll({ spec });
      const object: Manifest = { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'a', managedFields: [entry('me', fields)] }, spec };
      expect(ownersOf(object)[0]?.paths).toEqual(leaves);
      for (const path of leaves) {
        expect(valueAt(object, path)).not.toBeTypeOf('object');
        expect(findOwners(object, path)).toEqual([{ manager: 'me', at: AT }]);
      }
    }),
  );
});

test('whatever stands there, nothing is thrown', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (managedFields, spec) => {
      const object = { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'a', managedFields }, spec } as Manifest;
      ownersOf(object);
      const fieldsV1 = managedFields as object;
      ownersOf({ ...object, metadata: { name: 'a', managedFields: [entry('me', { 'f:spec': fieldsV1 })] } });
    }),
  );
});

test('a path is printed so that it can be read', () => {
  const object = workload();
  expect(printPath(['data', 'config.alloy'], object)).toBe('data["config.alloy"]');
  expect(printPath(['spec', 'template', 'spec', 'containers', 1, 'args', 0], object)).toBe('spec.template.spec.containers[loki].args[0]');
});
