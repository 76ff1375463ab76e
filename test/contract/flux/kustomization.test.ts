import { expect, test } from 'vitest';
import { configMap, kustomization, says } from './objects.ts';
import { useFlux } from './target.ts';

const flux = useFlux();
const applied = (revision: string) =>
  says('True', 'ReconciliationSucceeded', `Applied revision: ${revision}`, { lastAppliedRevision: revision });

test('a commit that the source has fetched is applied, and the status names it', async () => {
  await flux.apply('Kustomization', 'plain', kustomization('./plain'));
  const revision = await flux.push({ 'plain/map.yaml': configMap('plain', { of: 'one' }, flux.namespace) });
  const { metadata, status } = await flux.until('Kustomization', 'plain', applied(revision));
  expect(metadata.generation).toBe(1);
  expect(status).toMatchObject({ lastAttemptedRevision: revision, lastAppliedRevision: revision, observedGeneration: 1 });
  expect(status.inventory.entries).toEqual([{ id: `${flux.namespace}_plain__ConfigMap`, v: 'v1' }]);
  expect((await flux.get('ConfigMap', 'plain')).metadata.labels).toMatchObject({
    'kustomize.toolkit.fluxcd.io/name': 'plain',
    'kustomize.toolkit.fluxcd.io/namespace': flux.namespace,
  });

  const next = await flux.push({ 'plain/map.yaml': configMap('plain', { of: 'two' }, flux.namespace) });
  await flux.until('Kustomization', 'plain', applied(next));
  expect(await flux.get('ConfigMap', 'plain')).toMatchObject({ data: { of: 'two' } });
});

test('a directory without kustomization.yaml: every manifest in it and below it, in the target namespace', async () => {
  const revision = await flux.push({
    'bare/one.yaml': [configMap('one', {}), configMap('two', {})],
    'bare/below/three.yaml': configMap('three', {}, 'elsewhere'),
    'bare/README.md': 'no manifest',
  });
  await flux.apply('Kustomization', 'bare', kustomization('./bare', { targetNamespace: flux.namespace }));
  const { status } = await flux.until('Kustomization', 'bare', applied(revision));
  const ids = status.inventory.entries.map(({ id }: { id: string }) => id);
  expect(ids.sort()).toEqual(['one', 'three', 'two'].map((name) => `${flux.namespace}_${name}__ConfigMap`));
});

test('what left Git is pruned, and left alone without prune', async () => {
  const files = (directory: string) => ({
    [`${directory}/kept.yaml`]: configMap(`${directory}-kept`, {}, flux.namespace),
    [`${directory}/left.yaml`]: configMap(`${directory}-left`, {}, flux.namespace),
  });
  const first = await flux.push({ ...files('pruned'), ...files('unpruned') });
  await flux.apply('Kustomization', 'pruned', kustomization('./pruned'));
  await flux.apply('Kustomization', 'unpruned', kustomization('./unpruned', { prune: false }));
  await flux.until('Kustomization', 'pruned', applied(first));
  await flux.until('Kustomization', 'unpruned', applied(first));
  const second = await flux.push({ 'pruned/left.yaml': null, 'unpruned/left.yaml': null });
  const { status } = await flux.until('Kustomization', 'pruned', applied(second));
  expect(status.inventory.entries).toEqual([{ id: `${flux.namespace}_pruned-kept__ConfigMap`, v: 'v1' }]);
  expect(await flux.get('ConfigMap', 'pruned-left')).toBeUndefined();
  await flux.until('Kustomization', 'unpruned', applied(second));
  expect(await flux.get('ConfigMap', 'unpruned-left')).toBeDefined();
});

test('asked to look, it says which request it has handled', async () => {
  const revision = await flux.push({ 'asked/map.yaml': configMap('asked', {}, flux.namespace) });
  await flux.apply('Kustomization', 'asked', kustomization('./asked'));
  await flux.until('Kustomization', 'asked', applied(revision));
  const token = await flux.ask('Kustomization', 'asked');
  await flux.until('Kustomization', 'asked', { status: { lastHandledReconcileAt: token } });
  await flux.until('Kustomization', 'asked', applied(revision));
});

test('a suspended one applies nothing, and goes on when resumed', async () => {
  const first = await flux.push({ 'held/map.yaml': configMap('held', { of: 'one' }, flux.namespace) });
  await flux.apply('Kustomization', 'held', kustomization('./held'));
  await flux.until('Kustomization', 'held', applied(first));
  await flux.apply('Kustomization', 'held', kustomization('./held', { suspend: true }));
  const second = await flux.push({ 'held/map.yaml': configMap('held', { of: 'two' }, flux.namespace) });
  // Another that follows the same source is done with the commit: this one would be, too.
  await flux.apply('Kustomization', 'unheld', kustomization('./held', { prune: false, path: './unheld' }));
  const third = await flux.push({ 'unheld/map.yaml': configMap('unheld', {}, flux.namespace) });
  await flux.until('Kustomization', 'unheld', applied(third));
  expect((await flux.get('Kustomization', 'held')).status).toMatchObject({ lastAttemptedRevision: first, lastAppliedRevision: first });
  expect(second).not.toBe(first);
  await flux.apply('Kustomization', 'held', kustomization('./held'));
  await flux.until('Kustomization', 'held', applied(third));
  expect(await flux.get('ConfigMap', 'held')).toMatchObject({ data: { of: 'two' } });
});

test('one that depends on another waits until that is ready', async () => {
  const name = `dependency '${flux.namespace}/first'`;
  await flux.push({ 'first/map.yaml': configMap('first', {}, flux.namespace), 'second/map.yaml': configMap('second', {}, flux.namespace) });
  await flux.apply('Kustomization', 'second', kustomization('./second', { dependsOn: [{ name: 'first' }] }));
  const { status } = await flux.until('Kustomization', 'second', says('False', 'DependencyNotReady', new RegExp(`^${name} not found`)));
  expect(status).toMatchObject({ observedGeneration: -1 });
  expect(status.lastAttemptedRevision).toBeUndefined();

  await flux.apply('Kustomization', 'first', kustomization('./absent'));
  await flux.until('Kustomization', 'second', says('False', 'DependencyNotReady', `${name} is not ready`));
  await flux.apply('Kustomization', 'first', kustomization('./first'));
  await flux.until('Kustomization', 'second', { status: { lastAppliedRevision: expect.any(String), observedGeneration: 1 } });
});
