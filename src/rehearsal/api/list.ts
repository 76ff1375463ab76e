import type { Manifest } from '#model/kubernetes.ts';
import type { Kind } from './kinds.ts';
import { selection } from './selection.ts';
import { badRequest, expired } from './status.ts';
import type { MemoryStore } from './store.ts';

const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/**
 * A list, or one page of it. Pages show the state at the time of the first one.
 * @throws Refusal 410 when that state is forgotten
 */
export function listObjects(store: MemoryStore, kind: Kind, namespace: string | undefined, query: URLSearchParams): object {
  const from = decodeToken(query.get('continue'));
  if (from !== undefined && from.rv < store.oldest) throw expired(TOO_OLD);
  const revision = from?.rv ?? store.revision;
  const limit = Number(query.get('limit') ?? 0) || Number.POSITIVE_INFINITY;
  const selects = selection(query);
  const rest = stateAt(store, kind, namespace, revision).filter(
    (object) => selects(object) && (from === undefined || keyOf(object) > from.start),
  );
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const more = rest.length > items.length && last !== undefined;
  const selective = query.has('labelSelector') || query.has('fieldSelector');
  return {
    kind: `${kind.kind}List`,
    apiVersion: kind.apiVersion,
    metadata: {
      resourceVersion: String(revision),
      ...(more ? { continue: encodeToken(revision, keyOf(last)) } : {}),
      ...(more && !selective ? { remainingItemCount: rest.length - items.length } : {}),
    },
    // Items of built-in lists carry no type, those of custom resources do.
    items: kind.builtIn ? items.map(({ apiVersion: _, kind: __, ...item }) => item) : items,
  };
}

/** The objects as they were at a revision: what came later is undone. */
function stateAt(store: MemoryStore, { apiVersion, kind }: Kind, namespace: string | undefined, revision: number): readonly Manifest[] {
  const objects = new Map(store.list(apiVersion, kind, namespace).map((object) => [keyOf(object), object]));
  for (const { object, previous } of store.since(revision).toReversed()) {
    if (object.apiVersion !== apiVersion || object.kind !== kind) continue;
    if (namespace !== undefined && object.metadata.namespace !== namespace) continue;
    if (previous === undefined) objects.delete(keyOf(object));
    else objects.set(keyOf(previous), previous);
  }
  return [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}

function keyOf({ metadata }: Manifest): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

interface Token {
  readonly rv: number;
  readonly start: string;
}

function encodeToken(rv: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv, start })).toString('base64url');
}

function decodeToken(text: string | null): Token | undefined {
  if (text === null || text === '') return undefined;
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Partial<Token>;
    if (typeof token.rv === 'number' && typeof token.start === 'string') return { rv: token.rv, start: token.start };
  } catch {
    // Not ours: refused below.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}
