import os from 'node:os';
import { expect, test, vi } from 'vitest';
import { isDeadHere, processIdentity } from '#adapters/kubernetes/identity.ts';
import { createLock } from '#adapters/kubernetes/lease.ts';
import { manualClock } from './support/clock.ts';
import { serve } from './support/server.ts';
import { createStore } from './support/store.ts';

const { signal } = new AbortController();
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/monitoring/leases/anton-logging';

async function lab() {
  const store = createStore();
  const { kubernetes } = await serve(store.handler);
  const clock = manualClock();
  const lock = (identity: string) => createLock({ kubernetes, clock, namespace: 'monitoring', identity });
  const lease = () =>
    store.objects.get(LEASE) as unknown as { spec: Record<string, unknown>; metadata: { annotations: Record<string, string> } };
  return { store, clock, lock, lease };
}

test('of two at once one gets the Lease, and the other is told who, for what, and until when', async () => {
  const { lock } = await lab();
  const results = await Promise.allSettled([
    lock('a/1/1/1').acquire('run-a', vi.fn(), signal),
    lock('b/1/1/1').acquire('run-b', vi.fn(), signal),
  ]);
  const [refused] = results.filter((result) => result.status === 'rejected');
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  expect(refused?.reason).toMatchObject({ name: 'UserError', exit: 4 });
  expect(refused?.reason.message).toMatch(
    /Lease monitoring\/anton-logging: [ab]\/1\/1\/1 \(run run-[ab]\), since 2026-11-22T12:00:00.000000Z; .* 2026-11-22T12:00:30.000Z/,
  );
});

test('the Lease is renewed, shows the phase, and is given back with its object kept', async () => {
  const { clock, lock, lease } = await lab();
  const held = await lock('a/1/1/1').acquire('run-a', vi.fn(), signal);
  expect(held.valid()).toBe(true);
  held.describe(2);
  await vi.waitFor(() => expect(lease().metadata.annotations).toEqual({ 'anton-logging/run': 'run-a', 'anton-logging/phase': '2' }));
  await clock.advance(10_000);
  await vi.waitFor(() => expect(lease().spec.renewTime).toBe('2026-11-22T12:00:10.000000Z'));
  expect(lease().spec.acquireTime).toBe('2026-11-22T12:00:00.000000Z');
  await held.release();
  expect(held.valid()).toBe(false);
  expect(lease().spec).not.toHaveProperty('holderIdentity');
  const next = await lock('b/1/1/1').acquire('run-b', vi.fn(), signal);
  expect(lease().spec.leaseTransitions).toBe(1);
  await next.release();
});

test('a holder elsewhere is waited for until its Lease has run out', async () => {
  const { store, clock, lock, lease } = await lab();
  const held = await lock('elsewhere/1/1/1').acquire('run-a', vi.fn(), signal);
  store.broken = true;
  await clock.advance(29_000);
  store.broken = false;
  await expect(lock('b/1/1/1').acquire('run-b', vi.fn(), signal)).rejects.toMatchObject({ exit: 4 });
  expect(lease().spec.holderIdentity).toBe('elsewhere/1/1/1');
  await held.release();
});

test('an expired Lease is taken over, and its old holder loses it at the next renewal', async () => {
  const { store, clock, lock, lease } = await lab();
  const lost = vi.fn();
  const old = await lock('elsewhere/1/1/1').acquire('run-a', lost, signal);
  const expired = { ...lease(), spec: { ...lease().spec, renewTime: '2026-11-22T11:59:00.000000Z' } };
  store.objects.set(LEASE, expired as never);
  const next = await lock('b/1/1/1').acquire('run-b', vi.fn(), signal);
  await old.renew();
  expect(lost).toHaveBeenCalledWith(expect.stringContaining('b/1/1/1'));
  expect(old.valid()).toBe(false);
  await old.release();
  expect(lease().spec.holderIdentity).toBe('b/1/1/1');
  await clock.advance(0);
  await next.release();
});

test('a dead process of this machine is taken over at once', async () => {
  const { lock } = await lab();
  const [host, boot, pid, started] = processIdentity().split('/');
  const dead = `${host}/${boot}/${pid}/${Number(started) - 1}`;
  await lock(dead).acquire('run-a', vi.fn(), signal);
  const held = await lock('b/1/1/1').acquire('run-b', vi.fn(), signal);
  expect(held.valid()).toBe(true);
  expect(isDeadHere(processIdentity())).toBe(false);
  expect(isDeadHere(`${os.hostname()}/another-boot/1/1`)).toBe(false);
  await held.release();
});

test('renewals that fail are tried until the Lease may have expired: then it is lost', async () => {
  const { store, clock, lock } = await lab();
  const lost = vi.fn();
  const held = await lock('a/1/1/1').acquire('run-a', lost, signal);
  store.broken = true;
  const asked = store.asked.length;
  await clock.advance(10_000);
  await vi.waitFor(() => expect(store.asked.length).toBeGreaterThan(asked));
  expect(held.valid()).toBe(true);
  // A process that was stopped for a minute: its timers say nothing, monotonic time does.
  const real = performance.now.bind(performance);
  const stopped = vi.spyOn(performance, 'now').mockImplementation(() => real() + 60_000);
  expect(held.valid()).toBe(false);
  await vi.waitFor(async () => {
    await clock.advance(10_000);
    expect(lost).toHaveBeenCalledWith(expect.stringContaining('could not be renewed'));
  });
  stopped.mockRestore();
  expect(held.valid()).toBe(false);
});
