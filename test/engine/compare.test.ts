import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareManifest } from '#engine/compare.ts';
import { showDifference, showValue } from '#engine/show-value.ts';
import type { Manifest } from '#model/kubernetes.ts';

const of = (rest: object, metadata: object = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'a', ...metadata },
  ...rest,
});

test.each<[string, object, object, readonly (string | number)[][]]>([
  ['a value', { spec: { a: 1 } }, { spec: { a: 2 } }, [['spec', 'a']]],
  ['a value that is not there', { spec: { a: { b: 1 } } }, { spec: {} }, [['spec', 'a']]],
  ['the type of a value', { spec: { a: '1' } }, { spec: { a: 1 } }, [['spec', 'a']]],
  ['a value of an item', { spec: [{ a: 1 }, { a: 2 }] }, { spec: [{ a: 1 }, { a: 3 }] }, [['spec', 1, 'a']]],
  ['an item too many', { spec: [1] }, { spec: [1, 2] }, [['spec']]],
  ['what should be empty', { spec: { a: [] } }, { spec: { a: [1] } }, [['spec', 'a']]],
  ['what should be null', { spec: { a: null } }, { spec: { a: 1 } }, [['spec', 'a']]],
  ['a mapping instead of a value', { spec: { a: 1 } }, { spec: { a: { b: 1 } } }, [['spec', 'a']]],
  ['a duration', { spec: { a: '1h' } }, { spec: { a: '1h0m1s' } }, [['spec', 'a']]],
  ['what only begins like a duration', { spec: { a: '1h' } }, { spec: { a: '1h, or 60m' } }, [['spec', 'a']]],
  ['data of a ConfigMap', { data: { a: 'x' } }, { data: { a: 'y' } }, [['data', 'a']]],
  ['several', { data: { a: 'x' }, spec: { b: 1 } }, {}, [['data'], ['spec']]],
])('%s that differs is found', (_, wanted, found, paths) => {
  expect(compareManifest(of(wanted), of(found)).map(({ path }) => path)).toEqual(paths);
});

test.each<[string, object, object]>([
  ['a default', { spec: { a: 1 } }, { spec: { a: 1, b: 2 } }],
  ['a default of an item', { spec: [{ a: 1 }] }, { spec: [{ a: 1, b: 2 }] }],
  ['a status', { status: { a: 1 } }, { status: { a: 2 } }],
  ['an empty mapping that was filled', { spec: { a: {} } }, { spec: { a: { b: 1 } } }],
  ['an empty list that the server left out', { spec: { a: [], b: null, c: {} } }, { spec: {} }],
  ['a duration that Go has printed', { spec: { a: '1h', b: '90m' } }, { spec: { a: '1h0m0s', b: '1h30m' } }],
  ['another version of the same', {}, { apiVersion: 'v2' }],
])('%s is no difference', (_, wanted, found) => {
  expect(compareManifest(of(wanted), of(found))).toEqual([]);
});

test('labels and annotations count, and nothing else of the metadata', () => {
  const wanted = of({}, { labels: { a: '1' }, annotations: { b: '2' }, uid: '3' });
  expect(compareManifest(wanted, of({}, { labels: { a: '0', z: '9' }, uid: '4' }))).toEqual([
    { path: ['metadata', 'labels', 'a'], wanted: '1', found: '0' },
    { path: ['metadata', 'annotations'], wanted: { b: '2' }, found: undefined },
  ]);
});

test('whatever it is, it does not differ from itself, nor from itself with more beside it', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (spec) => {
      expect(compareManifest(of({ spec }), of({ spec }))).toEqual([]);
      expect(compareManifest(of({ spec }), of({ spec: { ...spec, 'something else': 1 } }))).toEqual([]);
    }),
  );
});

test.each<[string, unknown, unknown, { wanted: string; found: string }]>([
  ['a', 1, 2, { wanted: '1', found: '2' }],
  ['a', 'x', undefined, { wanted: 'x', found: 'nothing' }],
  ['a', { b: 1 }, [1], { wanted: '{"b":1}', found: '[1]' }],
  ['a', 'same\n mine ', 'same\ntheirs\nmore', { wanted: 'line 2: mine', found: 'line 2: theirs' }],
  ['a', 'same', 'same\nmore', { wanted: 'line 2: nothing', found: 'line 2: more' }],
  ['a', 'x'.repeat(61), 'y'.repeat(60), { wanted: `${'x'.repeat(60)}…`, found: 'y'.repeat(60) }],
  ['password', 'old', 'new', { wanted: '***', found: '***' }],
  ['a', 'user: me\npassword: old', 'user: me\npassword: new', { wanted: 'line 2: password: ***', found: 'line 2: password: ***' }],
  ['a', {}, { adminPassword: 'new' }, { wanted: '{}', found: '{"adminPassword":***}' }],
])('%s: %j and %j are shown as what differs, without credentials', (key, wanted, found, expected) => {
  expect(showDifference(['spec', key, 0], wanted, found)).toEqual(expected);
});

test('one value is shown on one line', () => {
  expect(showValue(['spec', 'replicas'], 2)).toBe('2');
  expect(showValue(['spec', 'a'], 'one\ntwo')).toBe('one …');
  expect(showValue(['spec', 'token'], 'abc')).toBe('***');
});
