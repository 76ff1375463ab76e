import { expect, test } from 'vitest';
import { systemClock } from '#adapters/clock.ts';
import { connect } from '#adapters/kubernetes/connect.ts';
import { createLock } from '#adapters/kubernetes/lease.ts';
import { readAudit } from './support/audit.ts';
import { needReal } from './support/needs.ts';
import { applyObject } from './support/objects.ts';

const cluster = needReal();
const real = cluster as NonNullable<typeof cluster>;
const NAMESPACE = 'runners';
const RUNNERS = 20;
const ROUNDS = 10;

test(`of ${RUNNERS} that begin at once one gets the Lease, ${ROUNDS} times; the others are told whose it is, and write nothing`, async () => {
  await applyObject(real, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const { signal } = new AbortController();
  const locks = await Promise.all(
    Array.from({ length: RUNNERS }, async (_, index) => {
      const kubernetes = await connect({ kubeconfig: real.kubeconfig });
      return createLock({ kubernetes, clock: systemClock(), namespace: NAMESPACE, identity: `runner-${index}/boot/1/1` });
    }),
  );
  for (let round = 0; round < ROUNDS; round += 1) {
    const results = await Promise.allSettled(locks.map((lock, index) => lock.acquire(`run-${round}-${index}`, () => {}, signal)));
    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    const held = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(held).toHaveLength(1);
    const named = expect.stringContaining(`runner-${winner}/boot/1/1 (run run-${round}-${winner})`);
    expect(refused).toEqual(Array.from({ length: RUNNERS - 1 }, () => expect.objectContaining({ exit: 4, message: named })));
    await held[0]?.release();
  }
  const asked = await readAudit(real, 'admin');
  const written = asked.filter(({ namespace, resource, verb, status }) => {
    const isWrite = verb !== 'get' && status < 300;
    return namespace === NAMESPACE && resource === 'leases' && isWrite;
  });
  // Each winner takes it and gives it back.
  expect(written).toHaveLength(2 * ROUNDS);
});
