import { expect, test } from 'vitest';
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

test('a value is set where it stands; nothing else changes', async () => {
  const edited = await editYaml('f.yaml', RELEASE, [
    { file: 'f.yaml', at: ['spec', 'values', 'logs', 'persistence', 'enabled'], set: false },
  ]);
  expect(edited).toBe(RELEASE.replace('enabled: true ', 'enabled: false '));
});

test('what is already there leaves the text as it is', async () => {
  const edits = [
    { file: 'f.yaml', at: ['spec', 'values', 'logs', 'persistence', 'size'], set: '100Gi' },
    { file: 'f.yaml', at: ['spec', 'values', 'list'], add: 'b' },
    { file: 'f.yaml', at: ['spec', 'values', 'env'], set: [{ name: 'A', value: '1' }] },
  ];
  expect(await editYaml('f.yaml', RELEASE, edits)).toBe(RELEASE);
});

test('new values and flow lists keep comments, and a string that looks like another type stays a string', async () => {
  const edited = await editYaml('f.yaml', RELEASE, [
    { file: 'f.yaml', at: ['spec', 'values', 'config', 'logging', 'remote_logging'], set: 'True' },
    { file: 'f.yaml', at: ['spec', 'values', 'list'], add: 'c' },
  ]);
  expect(edited).toContain('# the release');
  expect(edited).toContain('# for now');
  expect(edited).toContain('remote_logging: "True"');
  expect(edited).toMatch(/list: \[ *a, b, c *\]/);
  expect(edited).toContain('kind: Namespace');
});

test('a list gets its item in the indentation that it has', async () => {
  expect(await editYaml('k', 'resources:\n- ./a # one\n- ./b', [{ file: 'k', at: ['resources'], add: './c' }])).toBe(
    'resources:\n- ./a # one\n- ./b\n- ./c',
  );
  expect(await editYaml('k', 'kind: K\n', [{ file: 'k', at: ['resources'], add: './c' }])).toBe('kind: K\nresources:\n  - ./c\n');
  expect(await editYaml('k', 'resources: []\n', [{ file: 'k', at: ['resources'], add: './c' }])).toMatch(/^resources:/);
});

test('no YAML, or a value in the way, is the user’s to mend', async () => {
  await expect(editYaml('f.yaml', 'a: [', [{ file: 'f.yaml', at: ['a'], set: 1 }])).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('f.yaml'),
  });
  await expect(editYaml('f.yaml', 'a: text\n', [{ file: 'f.yaml', at: ['a', 'b'], set: 1 }])).rejects.toMatchObject({ name: 'UserError' });
  await expect(editYaml('f.yaml', 'a: text\n', [{ file: 'f.yaml', at: ['a'], add: 'x' }])).rejects.toThrow('no list');
});
