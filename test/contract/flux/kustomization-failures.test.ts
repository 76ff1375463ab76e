import { expect, test } from 'vitest';
import { configMap, kustomization, says } from './objects.ts';
import { useFlux } from './target.ts';

const flux = useFlux();

/** Commits a directory, has a Kustomization of that name apply it, and waits for what it says. */
async function fail(name: string, files: Record<string, object | string>, reason: string, message: string | RegExp) {
  const revision = await flux.push(Object.fromEntries(Object.entries(files).map(([file, content]) => [`${name}/${file}`, content])));
  await flux.apply('Kustomization', name, kustomization(`./${name}`));
  const { status } = await flux.until('Kustomization', name, says('False', reason, message));
  // What failed is not observed: the generation counts only when it has been applied.
  expect(status.observedGeneration).toBe(-1);
  expect(status.lastAppliedRevision).toBeUndefined();
  expect(status.conditions).toContainEqual(
    expect.objectContaining({ type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry' }),
  );
  return { status, revision };
}

test('a file that kustomization.yaml names and that is not there', async () => {
  const resources = { resources: ['./absent.yaml'] };
  const message =
    /^kustomize build failed: accumulating resources: accumulation err='accumulating resources from '\.\/absent\.yaml': .*no such file/;
  const { revision } = await fail('dangling', { 'kustomization.yaml': resources }, 'BuildFailed', message);
  await flux.until('Kustomization', 'dangling', { status: { lastAttemptedRevision: revision } });
});

test('a kustomization.yaml that is no YAML', async () => {
  const { revision } = await fail('broken-list', { 'kustomization.yaml': 'resources: [' }, 'BuildFailed', /yaml/);
  await flux.until('Kustomization', 'broken-list', { status: { lastAttemptedRevision: revision } });
});

test('a manifest that is no YAML', async () => {
  await fail(
    'broken',
    { 'kustomization.yaml': { resources: ['./map.yaml'] }, 'map.yaml': 'data: [' },
    'BuildFailed',
    /^kustomize build failed: .*map\.yaml.*yaml/s,
  );
});

test('a manifest that is no YAML, in a directory without kustomization.yaml', async () => {
  await fail('bare-broken', { 'map.yaml': 'data: [' }, 'BuildFailed', /map\.yaml.*yaml/);
});

test('a manifest without a name', async () => {
  await fail('nameless', { 'map.yaml': { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} } }, 'BuildFailed', /missing metadata\.name/);
});

test('a kind that the cluster does not have', async () => {
  const thing = { apiVersion: 'example.org/v1', kind: 'Thing', metadata: { name: 'thing', namespace: flux.namespace } };
  const message = new RegExp(`^Thing/${flux.namespace}/thing dry-run failed: no matches for kind "Thing" in version "example.org/v1"`);
  const { revision } = await fail('unknown-kind', { 'thing.yaml': thing }, 'ReconciliationFailed', message);
  await flux.until('Kustomization', 'unknown-kind', { status: { lastAttemptedRevision: revision } });
});

test('a value that the kind does not take', async () => {
  const map = { ...configMap('odd', {}, flux.namespace), data: { count: 1 } };
  await fail(
    'odd-value',
    { 'map.yaml': map },
    'ReconciliationFailed',
    /^ConfigMap\/.*\/odd dry-run failed: .*data\.count: expected string/,
  );
});

test('a namespace that is not there', async () => {
  await fail('homeless', { 'map.yaml': configMap('homeless', {}, 'nowhere') }, 'ReconciliationFailed', /namespaces? "?nowhere"? not found/);
});

test('a directory that is not there', async () => {
  await flux.push({ 'any/map.yaml': configMap('any', {}, flux.namespace) });
  const { status } = await fail(
    'absent',
    { '../other/x.yaml': configMap('x', {}, flux.namespace) },
    'ArtifactFailed',
    /^kustomization path not found: stat .*absent: no such file or directory$/,
  );
  expect(status.lastAttemptedRevision).toBeUndefined();
});

test('a source that is not there, and one that has fetched nothing', async () => {
  await flux.apply('Kustomization', 'orphan', kustomization('./orphan', { sourceRef: { kind: 'GitRepository', name: 'absent' } }));
  await flux.until('Kustomization', 'orphan', says('False', 'ArtifactFailed', /"absent" not found$/));
  const spec = { interval: '1h', url: `${flux.repository}-nowhere`, ref: { branch: 'main' } };
  await flux.apply('GitRepository', 'nowhere', { spec });
  await flux.apply('Kustomization', 'early', kustomization('./early', { sourceRef: { kind: 'GitRepository', name: 'nowhere' } }));
  await flux.until('Kustomization', 'early', says('False', 'ArtifactFailed', /^Source artifact not found, retrying in \d+s$/));
});

test('a failure ends with the commit that mends it', async () => {
  await fail('mended', { 'kustomization.yaml': { resources: ['./map.yaml'] } }, 'BuildFailed', /map\.yaml/);
  const revision = await flux.push({ 'mended/map.yaml': configMap('mended', {}, flux.namespace) });
  const fields = { lastAppliedRevision: revision, observedGeneration: 1 };
  await flux.until('Kustomization', 'mended', says('True', 'ReconciliationSucceeded', `Applied revision: ${revision}`, fields));
});
