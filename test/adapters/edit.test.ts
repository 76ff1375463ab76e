import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { editYaml } from '#adapters/git/edit.ts';

const RELEASE = `---
apiVersion: v1
kind: Namespace
---
# the release
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
spec:
    values:
        logs:
            persistence:
                enabled: true   # for now
                size:   100Gi
        list: [a,   b]
        env:
        - name: A
          value: "1"
`;

test('a value is set where it stands; nothing else changes', () => {
  const edited = editYaml('f.yaml', RELEASE, [{ file: 'f.yaml', at: ['spec', 'values', 'logs', 'persistence', 'enabled'], set: false }]);
  expect(edited).toBe(RELEASE.replace('enabled: true ', 'enabled: false '));
});

test('what is already there leaves the text as it is', () => {
  const edits = [
    { file: 'f.yaml', at: ['spec', 'values', 'logs', 'persistence', 'size'], set: '100Gi' },
    { file: 'f.yaml', at: ['spec', 'values', 'list'], add: 'b' },
    { file: 'f.yaml', at: ['spec', 'values', 'env'], set: [{ name: 'A', value: '1' }] },
  ];
  expect(editYaml('f.yaml', RELEASE, edits)).toBe(RELEASE);
});

test('new values and flow lists keep comments, and a string that looks like another type stays a string', () => {
  const edited = editYaml('f.yaml', RELEASE, [
    { file: 'f.yaml', at: ['spec', 'values', 'config', 'logging', 'remote_logging'], set: 'True' },
    { file: 'f.yaml', at: ['spec', 'values', 'list'], add: 'c' },
  ]);
  expect(edited).toContain('# the release');
  expect(edited).toContain('# for now');
  expect(edited).toContain('remote_logging: "True"');
  expect(edited).toMatch(/list: \[ *a, b, c *\]/);
  expect(edited).toContain('kind: Namespace');
});

test('a list gets its item in the indentation that it has', () => {
  expect(editYaml('k', 'resources:\n- ./a # one\n- ./b', [{ file: 'k', at: ['resources'], add: './c' }])).toBe(
    'resources:\n- ./a # one\n- ./b\n- ./c',
  );
  expect(editYaml('k', 'kind: K\n', [{ file: 'k', at: ['resources'], add: './c' }])).toBe('kind: K\nresources:\n  - ./c\n');
  expect(editYaml('k', 'resources: []\n', [{ file: 'k', at: ['resources'], add: './c' }])).toMatch(/^resources:/);
});

test('unusual places still hold what was to be set', () => {
  const set = (text: string, at: string[], value: unknown) => editYaml('f', text, [{ file: 'f', at, set: value }]);
  expect(parse(set('a: {b: 1, c: 2}\n', ['a', 'b'], 'x, y'))).toEqual({ a: { b: 'x, y', c: 2 } });
  expect(parse(set('a: &x 1\nb: *x\n', ['a'], 2))).toMatchObject({ a: 2 });
  expect(parse(set('a: |\n  text\n  more\nb: 1\n', ['a'], 'short'))).toEqual({ a: 'short', b: 1 });
  expect(set('a: 1 # why\n', ['a'], 'yes')).toBe('a: "yes" # why\n');
  expect(parse(set('a:\nb: 1\n', ['a'], { c: 1 }))).toEqual({ a: { c: 1 }, b: 1 });
  expect(parse(set('', ['a', 'b'], true))).toEqual({ a: { b: true } });
});

test('no YAML, or a value in the way, is the user’s to mend', () => {
  expect(() => editYaml('f.yaml', 'a: [', [{ file: 'f.yaml', at: ['a'], set: 1 }])).toThrow(
    expect.objectContaining({
      name: 'UserError',
      message: expect.stringContaining('f.yaml'),
    }),
  );
  expect(() => editYaml('f.yaml', 'a: text\n', [{ file: 'f.yaml', at: ['a', 'b'], set: 1 }])).toThrow(
    expect.objectContaining({ name: 'UserError' }),
  );
  expect(() => editYaml('f.yaml', 'a: text\n', [{ file: 'f.yaml', at: ['a'], add: 'x' }])).toThrow('no list');
});

test('what was added and set is taken back, with the keys that came with it; what somebody changed since stays', () => {
  const file = 'f.yaml';
  const logging = ['spec', 'values', 'config', 'logging'];
  const enabled = ['spec', 'values', 'logs', 'persistence', 'enabled'];
  const size = ['spec', 'values', 'logs', 'persistence', 'size'];
  const done = editYaml(file, RELEASE, [
    { file, at: [...logging, 'remote_logging'], set: 'True' },
    { file, at: enabled, set: false },
    { file, at: size, set: '1Gi' },
    { file, at: ['spec', 'values', 'list'], add: 'c' },
  ]);
  const changed = done.replace('1Gi', '2Gi');
  const undone = editYaml(
    file,
    changed,
    [
      { file, at: [...logging, 'remote_logging'], restore: 'True' },
      { file, at: enabled, restore: false },
      { file, at: size, restore: '1Gi' },
      { file, at: ['spec', 'values', 'list'], remove: 'c' },
      { file, at: ['spec', 'values', 'list'], remove: 'never there' },
    ],
    RELEASE,
  );
  expect(undone).not.toContain('config');
  const values = (text: string) => parse(text.slice(text.indexOf('# the release'))).spec.values;
  expect(values(undone)).toEqual({ ...values(RELEASE), logs: { persistence: { enabled: true, size: '2Gi' } } });
  expect(undone).toContain('# for now');
});
