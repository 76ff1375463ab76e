import { Unobserved } from '#model/errors.ts';
import type { Scope } from '#model/kubernetes.ts';
import type { Clock } from '#model/ports.ts';
import { type Kubernetes, parseReply } from './connect.ts';
import { readFailure } from './failures.ts';
import { pathOfScope } from './paths.ts';

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** Shorter than idle timeouts on the way: the server ends the watch and we resume it. */
const SECONDS = '240';

export type Watch = (scope: Scope, onChange: () => void, signal: AbortSignal) => void;

/**
 * Watches with one connection for each scope, however many listen. A watch that breaks off resumes where it was; one whose
 * history is gone (410) begins anew. `onChange` is also called once when a watch begins: what happened before it is not known.
 */
export function createWatches(kubernetes: Kubernetes, clock: Clock): Watch {
  const shared = new Map<string, { readonly listeners: Set<() => void>; readonly stop: AbortController }>();

  return (scope, onChange, signal) => {
    if (signal.aborted) return;
    const path = pathOfScope(scope);
    let watch = shared.get(path);
    if (watch === undefined) {
      watch = { listeners: new Set(), stop: new AbortController() };
      shared.set(path, watch);
      const { listeners, stop } = watch;
      void follow(kubernetes, clock, path, () => notify(listeners), stop.signal);
    }
    // A function of its own: the same callback may listen twice.
    const listener = (): void => onChange();
    const { listeners, stop } = watch;
    listeners.add(listener);
    signal.addEventListener(
      'abort',
      () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        shared.delete(path);
        stop.abort();
      },
      { once: true },
    );
  };
}

function notify(listeners: Iterable<() => void>): void {
  for (const listener of [...listeners]) listener();
}

async function follow(kubernetes: Kubernetes, clock: Clock, path: string, onChange: () => void, signal: AbortSignal): Promise<void> {
  let version: string | undefined;
  let pause = FIRST_PAUSE;
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        version = await currentVersion(kubernetes, path, signal);
        onChange();
      }
      const query = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: SECONDS, resourceVersion: version };
      let quiet = true;
      for await (const event of kubernetes.stream(path, query, signal)) {
        const { type, object } = event as WatchEvent;
        if (type === 'ERROR') {
          if (object?.code === 410) version = undefined;
          throw new Unobserved('unreachable', object?.message ?? 'the watch ended with an error');
        }
        version = object?.metadata?.resourceVersion ?? version;
        quiet = false;
        pause = FIRST_PAUSE;
        if (type !== 'BOOKMARK') onChange();
      }
      // A server that ends watches at once must not be asked at once.
      if (quiet) await clock.sleep(pause, signal);
    } catch {
      // Whatever it was, the next try shows whether it is over; who waits also polls and sees the failure there.
      if (signal.aborted) return;
      await clock.sleep(pause, signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object?: { readonly code?: number; readonly message?: string; readonly metadata?: { readonly resourceVersion?: string } };
}

/** A list of one object has the version of the whole collection. */
async function currentVersion(kubernetes: Kubernetes, path: string, signal: AbortSignal): Promise<string> {
  const reply = await kubernetes.request('GET', path, { query: { limit: '1' }, signal });
  if (reply.status !== 200) throw readFailure(reply, path);
  const metadata = parseReply(reply, path).metadata as { resourceVersion?: string } | undefined;
  return metadata?.resourceVersion ?? '';
}
