import type { Manifest } from '#model/kubernetes.ts';
import type { Kind } from './kinds.ts';
import type { ObjectRequest } from './objects.ts';
import { selection } from './selectors.ts';
import { badRequest, expired } from './status.ts';
import type { MemoryStore } from './store.ts';

const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/**
 * A list, or one page of it. Pages show the state at the time of the first one.
 * @throws Refusal 410 when that state is forgotten
 */
export function listObjects(store: MemoryStore, { kind, namespace, query }: ObjectRequest): object {
  const from = decodeToken(query.get('continue'));
  if (from !== undefined && from.rv < store.oldest) throw expired(TOO_OLD);
  const revision = from?.rv ?? store.revision;
  const limit = Number(query.get('limit') ?? 0) || Number.POSITIVE_INFINITY;
  const selects = selection(kind, query);
  const rest = stateAt(store, kind, namespace, revision).filter((object) => from === undefined || keyOf(object) > from.start);
  const items = rest.filter(selects).slice(0, limit);
  const last = items.at(-1);
  // Whether anything of what remains is selected shows on the next page.
  const more = items.length === limit && last !== undefined && last !== rest.at(-1);
  return {
    kind: `${kind.kind}List`,
    apiVersion: kind.apiVersion,
    metadata: {
      resourceVersion: String(revision),
      ...(more ? { continue: encodeToken({ rv: revision, start: keyOf(last) }) } : {}),
      ...(more && !query.has('labelSelector') && !query.has('fieldSelector') ? { remainingItemCount: rest.length - items.length } : {}),
    },
    // Items of built-in lists carry no type, those of custom resources do.
    items: kind.builtIn ? items.map(({ apiVersion: _, kind: __, ...item }) => item) : items,
  };
}

/** The objects as they were at a revision: what came later is undone. */
function stateAt(store: MemoryStore, { apiVersion, kind }: Kind, namespace: string | undefined, revision: number): readonly Manifest[] {
  const objects = new Map(store.list(apiVersion, kind).map((object) => [keyOf(object), object]));
  for (const { object, previous } of store.since(revision).toReversed()) {
    if (object.apiVersion !== apiVersion || object.kind !== kind) continue;
    if (previous === undefined) objects.delete(keyOf(object));
    else objects.set(keyOf(previous), previous);
  }
  const sorted = [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  return sorted.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
}

function keyOf({ metadata }: Manifest): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

interface Token {
  readonly rv: number;
  readonly start: string;
}

function encodeToken(token: Token): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', ...token })).toString('base64url');
}

function decodeToken(text: string | null): Token | undefined {
  if (text === null || text === '') return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    throw badRequest('invalid continue token: continue key is not valid');
  }
}
