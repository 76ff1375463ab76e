import type { ServerResponse } from 'node:http';
import type { Manifest } from '#model/kubernetes.ts';
import type { Kind } from './kinds.ts';
import { selection } from './list.ts';
import { badRequest, expired } from './status.ts';
import type { MemoryStore, PastEvent } from './store.ts';

const BOOKMARK_EVERY = 60_000;

/** Streams what happens to the objects of a kind, from a resourceVersion on, until the client leaves or timeoutSeconds are over. */
export function watchObjects(
  store: MemoryStore,
  kind: Kind,
  namespace: string | undefined,
  query: URLSearchParams,
  response: ServerResponse,
): undefined {
  const selects = selection(query);
  const given = query.get('resourceVersion') ?? '';
  const from = Number(given);
  if (!Number.isSafeInteger(from) || from < 0) throw badRequest(`invalid resource version "${given}"`);
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
    if (is || was) send(!is ? 'DELETED' : was ? 'MODIFIED' : 'ADDED', object);
  };
  const bookmark = () =>
    send('BOOKMARK', { kind: kind.kind, apiVersion: kind.apiVersion, metadata: { resourceVersion: String(store.revision) } });

  if (from === 0) for (const object of store.list(kind.apiVersion, kind.kind, namespace).filter(selects)) send('ADDED', object);
  else for (const event of store.since(from)) pass(event);
  const unsubscribe = store.subscribe(pass);
  const wantsBookmarks = query.get('allowWatchBookmarks') === 'true';
  const bookmarks = wantsBookmarks ? setInterval(bookmark, BOOKMARK_EVERY) : undefined;
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  const end = () => {
    if (wantsBookmarks) bookmark();
    response.end();
  };
  const timeout = seconds > 0 ? setTimeout(end, seconds * 1000) : undefined;
  response.on('close', () => {
    unsubscribe();
    clearInterval(bookmarks);
    clearTimeout(timeout);
  });
}
