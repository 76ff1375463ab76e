import type { ServerResponse } from 'node:http';
import type { Manifest } from '#model/kubernetes.ts';
import type { ObjectRequest } from './objects.ts';
import { selection } from './selectors.ts';
import { expired } from './status.ts';
import type { MemoryStore, PastEvent } from './store.ts';
import type { Present } from './tables/table.ts';

const BOOKMARK_EVERY = 60_000;

/** Streams what happens to the objects of a kind, from a resourceVersion on, until the client leaves or timeoutSeconds are over. */
export function watchObjects(
  store: MemoryStore,
  { kind, namespace, query }: ObjectRequest,
  response: ServerResponse,
  present: Present,
): undefined {
  const selects = selection(kind, query);
  const from = Number(query.get('resourceVersion') ?? 0);
  const send = (type: string, object: object) => response.write(`${JSON.stringify({ type, object })}\n`);
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
  if (from > 0 && from < store.oldest) {
    send('ERROR', expired(`too old resource version: ${from} (${store.oldest})`).body);
    response.end();
    return;
  }

  const chosen = (object: Manifest) => (namespace === undefined || object.metadata.namespace === namespace) && selects(object);
  const pass = ({ object, previous, type }: PastEvent) => {
    if (object.apiVersion !== kind.apiVersion || object.kind !== kind.kind) return;
    const is = type !== 'DELETED' && chosen(object);
    const was = previous !== undefined && chosen(previous);
    if (is || was) send(!is ? 'DELETED' : was ? 'MODIFIED' : 'ADDED', present(object));
  };
  const bookmark = () =>
    send('BOOKMARK', { kind: kind.kind, apiVersion: kind.apiVersion, metadata: { resourceVersion: String(store.revision) } });

  if (from === 0) for (const object of store.list(kind.apiVersion, kind.kind, namespace).filter(selects)) send('ADDED', present(object));
  else for (const event of store.since(from)) pass(event);
  const unsubscribe = store.subscribe(pass);
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  const timers = seconds > 0 ? [setTimeout(() => response.end(), seconds * 1000)] : [];
  if (query.get('allowWatchBookmarks') === 'true') {
    timers.push(setInterval(bookmark, BOOKMARK_EVERY));
    // So that whoever watches on knows the version to begin with.
    if (seconds > 2) timers.push(setTimeout(bookmark, (seconds - 2) * 1000));
  }
  response.on('close', () => {
    unsubscribe();
    for (const timer of timers) clearTimeout(timer);
  });
}
