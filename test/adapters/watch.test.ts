import type { ServerResponse } from 'node:http';
import { expect, test, vi } from 'vitest';
import { createWatches } from '#adapters/kubernetes/watch.ts';
import { manualClock } from './support/clock.ts';
import { json, serve, status } from './support/server.ts';

const SCOPE = { group: 'apps', version: 'v1', resource: 'statefulsets', namespace: 'monitoring' };

async function lab() {
  const open: ServerResponse[] = [];
  const from: (string | null)[] = [];
  const state = { version: 7, refuse: undefined as number | undefined, lists: 0 };
  const { kubernetes } = await serve((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://api');
    if (!searchParams.has('watch')) {
      state.lists += 1;
      return json(response, 200, { kind: 'StatefulSetList', metadata: { resourceVersion: String(state.version) }, items: [] });
    }
    from.push(searchParams.get('resourceVersion'));
    if (state.refuse !== undefined) return status(response, state.refuse, 'Expired', 'too old resource version');
    expect(searchParams.get('allowWatchBookmarks')).toBe('true');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    open.push(response);
  });
  const clock = manualClock();
  return { open, from, state, clock, watch: createWatches(kubernetes, clock) };
}

const event = (type: string, version: number) =>
  `${JSON.stringify({ type, object: { metadata: { resourceVersion: String(version) } } })}\n`;

test('changes wake all listeners over one watch; bookmarks wake none, and the last one out ends it', async () => {
  const { open, from, watch } = await lab();
  const [one, two] = [vi.fn(), vi.fn()];
  const [stopOne, stopTwo] = [new AbortController(), new AbortController()];
  watch(SCOPE, one, stopOne.signal);
  watch(SCOPE, two, stopTwo.signal);
  await vi.waitFor(() => expect(open).toHaveLength(1));
  // Half a line first: chunks are no documents.
  const text = event('MODIFIED', 8);
  open[0]?.write(text.slice(0, 10));
  open[0]?.write(text.slice(10) + event('BOOKMARK', 9));
  await vi.waitFor(() => expect(one).toHaveBeenCalledTimes(2));
  expect(two).toHaveBeenCalledTimes(2);
  stopOne.abort();
  open[0]?.write(event('DELETED', 10));
  await vi.waitFor(() => expect(two).toHaveBeenCalledTimes(3));
  expect(one).toHaveBeenCalledTimes(2);
  const closed = new Promise((resolve) => open[0]?.on('close', resolve));
  stopTwo.abort();
  await closed;
  expect(from).toEqual(['7']);
});

test('a watch that the server ends goes on after the last thing it said', async () => {
  const { open, from, watch } = await lab();
  const stop = new AbortController();
  watch(SCOPE, vi.fn(), stop.signal);
  await vi.waitFor(() => expect(open).toHaveLength(1));
  open[0]?.end(event('BOOKMARK', 12));
  await vi.waitFor(() => expect(from).toEqual(['7', '12']));
  stop.abort();
});

test('a history that is gone makes it list anew; a broken connection is resumed after a pause', async () => {
  const { open, from, state, clock, watch } = await lab();
  const stop = new AbortController();
  const changed = vi.fn();
  state.refuse = 410;
  watch(SCOPE, changed, stop.signal);
  await vi.waitFor(() => expect(from).toEqual(['7']));
  Object.assign(state, { refuse: undefined, version: 20 });
  await vi.waitFor(async () => {
    await clock.advance(1000);
    expect(from).toEqual(['7', '20']);
  });
  expect(changed).toHaveBeenCalledTimes(2);
  await vi.waitFor(() => expect(open).toHaveLength(1));
  open[0]?.destroy();
  await vi.waitFor(async () => {
    await clock.advance(1000);
    expect(from).toEqual(['7', '20', '20']);
  });
  expect(state.lists).toBe(2);
  stop.abort();
});
