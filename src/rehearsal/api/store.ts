import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Manifest, ObjectRef } from '#model/kubernetes.ts';
import type { Store, StoreEvent, WorldState } from '../world.ts';

/** What a watch needs to know about a write that is over. */
export interface PastEvent extends StoreEvent {
  readonly revision: number;
  readonly previous?: Manifest;
}

export interface MemoryStore extends Store {
  /** The resourceVersion of the last write. */
  readonly revision: number;
  /** Revisions below this one are forgotten. */
  readonly oldest: number;
  /** Writes after a revision, oldest first. */
  since(revision: number): readonly PastEvent[];
  subscribe(listener: (event: PastEvent) => void): () => void;
}

/** Kinds that count generations: those whose controllers report an observedGeneration, and every custom resource. */
const WITHOUT_GENERATION = ['v1', 'rbac.authorization.k8s.io/v1', 'coordination.k8s.io/v1', 'storage.k8s.io/v1'];

/** What the API server itself says of a new object. */
const BORN_WITH: Readonly<Record<string, object>> = { Namespace: { phase: 'Active' } };

/** How many writes a watch may lie behind. */
const REMEMBERED = 1000;

/** Objects in memory, those of `kinds` among them. What was written before is forgotten. */
export function createStore(now: () => Date, kinds: WorldState['objects'] = new Map()): MemoryStore {
  const listeners = new Set<(event: PastEvent) => void>();
  const history: PastEvent[] = [];
  const undelivered: PastEvent[] = [];
  const standing = [...kinds.values()].flatMap((kind) => [...kind.values()]);
  let revision = Math.max(0, ...standing.map(({ metadata }) => Number(metadata.resourceVersion)));
  let oldest = revision;
  let delivering = false;

  function get(ref: ObjectRef): Manifest | undefined {
    return kinds.get(`${ref.apiVersion}/${ref.kind}`)?.get(`${ref.namespace ?? ''}/${ref.name}`);
  }

  function put(manifest: Manifest): Manifest {
    // What is kept is what would be sent: no undefined, no shared references.
    const { status, ...given } = JSON.parse(JSON.stringify(manifest)) as Manifest;
    const before = get({ ...given, ...given.metadata });
    const kept = status ?? before?.status ?? BORN_WITH[given.kind];
    const next = { ...given, ...(kept === undefined ? {} : { status: kept }), metadata: metadataOf(given, before) };
    if (
      before !== undefined &&
      isDeepStrictEqual({ ...next, metadata: { ...next.metadata, resourceVersion: before.metadata.resourceVersion } }, before)
    ) {
      return before;
    }
    return record(before === undefined ? 'ADDED' : 'MODIFIED', next, before);
  }

  function metadataOf(given: Manifest, before: Manifest | undefined): Manifest['metadata'] {
    const { resourceVersion: _, generation: __, ...metadata } = given.metadata;
    const managedFields = metadata.managedFields ?? before?.metadata.managedFields;
    return {
      ...metadata,
      uid: before?.metadata.uid ?? randomUUID(),
      creationTimestamp: before?.metadata.creationTimestamp ?? metadata.creationTimestamp ?? timestamp(now()),
      ...(WITHOUT_GENERATION.includes(given.apiVersion) ? {} : { generation: generationOf(given, before) }),
      ...(managedFields === undefined ? {} : { managedFields }),
    };
  }

  function record(type: StoreEvent['type'], manifest: Manifest, previous: Manifest | undefined): Manifest {
    revision += 1;
    const object = { ...manifest, metadata: { ...manifest.metadata, resourceVersion: String(revision) } };
    const kind = `${object.apiVersion}/${object.kind}`;
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    if (type === 'DELETED') kinds.get(kind)?.delete(key);
    else kinds.set(kind, (kinds.get(kind) ?? new Map()).set(key, object));
    const event = { type, object, revision, ...(previous === undefined ? {} : { previous }) };
    history.push(event);
    if (history.length > REMEMBERED) oldest = history.shift()?.revision ?? oldest;
    undelivered.push(event);
    deliver();
    return object;
  }

  /** A listener that writes must not be overtaken: everybody sees the writes in their order. */
  function deliver(): void {
    if (delivering) return;
    delivering = true;
    try {
      for (let event = undelivered.shift(); event !== undefined; event = undelivered.shift()) {
        for (const listener of [...listeners]) listener(event);
      }
    } finally {
      delivering = false;
    }
  }

  function remove(ref: ObjectRef): void {
    const object = get(ref);
    if (object === undefined) return;
    record('DELETED', object, object);
    for (const owned of [...kinds.values()].flatMap((kind) => [...kind.values()])) {
      const owners = (owned.metadata.ownerReferences ?? []) as readonly { uid: string }[];
      if (owners.some(({ uid }) => uid === object.metadata.uid)) remove({ ...owned, ...owned.metadata });
    }
  }

  return {
    get,
    put,
    remove,
    list(apiVersion, kind, namespace) {
      const objects = [...(kinds.get(`${apiVersion}/${kind}`)?.entries() ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
      return objects.map(([, object]) => object).filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
    },
    setStatus(ref, status) {
      const before = get(ref);
      // Controllers say again and again what is known: that shall cost little.
      if (before !== undefined && !isDeepStrictEqual(before.status, status)) put({ ...before, status });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    since: (from) => history.filter((event) => event.revision > from),
    get revision() {
      return revision;
    },
    get oldest() {
      return oldest;
    },
  };
}

/** As the API server writes times: whole seconds. */
export function timestamp(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

function generationOf(given: Manifest, before: Manifest | undefined): number {
  if (before === undefined) return 1;
  const { metadata: _, status: __, ...desired } = before;
  const { metadata: ___, ...wanted } = given;
  const generation = before.metadata.generation ?? 1;
  return isDeepStrictEqual(desired, wanted) ? generation : generation + 1;
}
