import { expect, test } from 'vitest';
import { says } from './objects.ts';
import { useFlux } from './target.ts';

const flux = useFlux();
const spec = (rest: object = {}) => ({ spec: { interval: '1h', url: flux.repository, ref: { branch: 'main' }, ...rest } });

test('its revision is the branch and the commit, and it says which request it has handled', async () => {
  const commit = await flux.commit({ 'first.yaml': { first: 1 } });
  await flux.apply('GitRepository', 'followed', spec());
  const revision = `main@sha1:${commit}`;
  await flux.until('GitRepository', 'followed', says('True', 'Succeeded', `stored artifact for revision '${revision}'`));

  const next = `main@sha1:${await flux.commit({ 'first.yaml': { first: 2 } })}`;
  const token = await flux.ask('GitRepository', 'followed');
  const { metadata } = await flux.until('GitRepository', 'followed', {
    status: { artifact: { revision: next }, lastHandledReconcileAt: token, observedGeneration: 1 },
  });
  expect(metadata.generation).toBe(1);
  await flux.until('GitRepository', 'followed', says('True', 'Succeeded', `stored artifact for revision '${next}'`));
});

test('a branch that is not there: not ready, and what was fetched stays', async () => {
  const revision = `main@sha1:${await flux.commit({ 'second.yaml': {} })}`;
  await flux.apply('GitRepository', 'branchless', spec());
  await flux.until('GitRepository', 'branchless', { status: { artifact: { revision } } });
  await flux.apply('GitRepository', 'branchless', spec({ ref: { branch: 'absent' } }));
  const { status, metadata } = await flux.until(
    'GitRepository',
    'branchless',
    says('False', 'GitOperationFailed', /^failed to checkout and determine revision: .*couldn't find remote ref "refs\/heads\/absent"$/),
  );
  expect(metadata.generation).toBe(2);
  expect(status).toMatchObject({ artifact: { revision }, observedGeneration: 1 });
});

test('a repository that is not there: not ready, and the request counts as handled', async () => {
  await flux.apply('GitRepository', 'nowhere', spec({ url: `${flux.repository}-nowhere` }));
  const token = await flux.ask('GitRepository', 'nowhere');
  const { status } = await flux.until('GitRepository', 'nowhere', {
    ...says('False', 'GitOperationFailed', /^failed to checkout and determine revision: .*repository not found/),
  });
  expect(status.artifact).toBeUndefined();
  await flux.until('GitRepository', 'nowhere', { status: { lastHandledReconcileAt: token, observedGeneration: -1 } });
});

test('a suspended one fetches nothing, even when asked', async () => {
  const revision = `main@sha1:${await flux.commit({ 'third.yaml': { third: 1 } })}`;
  await flux.apply('GitRepository', 'suspended', spec());
  await flux.until('GitRepository', 'suspended', { status: { artifact: { revision } } });
  await flux.apply('GitRepository', 'suspended', spec({ suspend: true }));
  await flux.commit({ 'third.yaml': { third: 2 } });
  const token = await flux.ask('GitRepository', 'suspended');
  const { status } = await flux.until('GitRepository', 'suspended', { status: { lastHandledReconcileAt: token } });
  expect(status.artifact.revision).toBe(revision);
});
