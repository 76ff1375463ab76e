import { expect, inject, test } from 'vitest';

test('the cluster is up', async () => {
  const cluster = inject('realCluster');
  expect(cluster).toBeDefined();
});
