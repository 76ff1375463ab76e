import { expect, test } from 'vitest';
import { assertRehearsal, rehearsalApprovals, rehearsalClock } from '#adapters/rehearsal.ts';
import { serve } from './support/server.ts';
import { createStore } from './support/store.ts';

test('the clock moves forward only, and outlives the client', async () => {
  const store = createStore();
  const { kubernetes } = await serve(store.handler);
  const clock = await rehearsalClock(kubernetes);
  const later = new Date(Date.now() + 7 * 86_400_000);
  await clock.advanceTo?.(later);
  await clock.advanceTo?.(new Date());
  expect(clock.now().getTime()).toBeGreaterThanOrEqual(later.getTime());
  const again = await rehearsalClock(kubernetes);
  expect(again.now().getTime()).toBeGreaterThanOrEqual(later.getTime());
});

test('approvals are given once, and say that the rehearsal gave them', async () => {
  const store = createStore();
  const { kubernetes } = await serve(store.handler);
  const approvals = rehearsalApprovals(kubernetes, await rehearsalClock(kubernetes));
  const first = await approvals.find('6.1', 'The review (of the runbook)');
  expect(first).toMatchObject({ by: 'rehearsal', note: 'given by the rehearsal' });
  expect(await approvals.find('6.1', 'The review (of the runbook)')).toEqual(first);
  const kept = store.objects.get('/api/v1/namespaces/rehearsal/configmaps/approvals');
  expect(Object.keys(kept?.data as object)).toEqual(['6.1.the-review-of-the-runbook']);
});

test('another cluster than the rehearsal is refused', async () => {
  const { kubernetes, url } = await serve(createStore().handler);
  expect(() => assertRehearsal(kubernetes, url)).not.toThrow();
  expect(() => assertRehearsal(kubernetes, 'http://127.0.0.1:1')).toThrow('that is no rehearsal');
  expect(() => assertRehearsal(kubernetes, 'nonsense')).toThrow('that is no rehearsal');
});
