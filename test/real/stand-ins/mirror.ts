import { setMaxListeners } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { sleep } from '#adapters/clock.ts';
import { type Kubernetes, parseReply } from '#adapters/kubernetes/connect.ts';
import { pathOfScope } from '#adapters/kubernetes/paths.ts';
import { type Manifest, type ObjectRef, scopeOf } from '#model/kubernetes.ts';
import type { Buckets, Store, StoreEvent, World } from '#rehearsal/world.ts';
import { createWriter } from './writer.ts';

/** Called with what failed and why; everything is tried again. */
export type Report = (what: string, error: unknown) => void;

type KindRef = Pick<ObjectRef, 'apiVersion' | 'kind'>;

/** What the stand-ins look at. */
const MIRRORED: readonly KindRef[] = [
  ...['ConfigMap', 'PersistentVolumeClaim', 'Pod', 'Secret', 'Service', 'ServiceAccount'].map((kind) => ({ apiVersion: 'v1', kind })),
  { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' },
  ...['CephCluster', 'CephObjectStore'].map((kind) => ({ apiVersion: 'ceph.rook.io/v1', kind })),
  { apiVersion: 'objectbucket.io/v1alpha1', kind: 'ObjectBucketClaim' },
  ...['ExternalSecret', 'SecretStore'].map((kind) => ({ apiVersion: 'external-secrets.io/v1', kind })),
  ...['Prometheus', 'PrometheusRule', 'ServiceMonitor'].map((kind) => ({ apiVersion: 'monitoring.coreos.com/v1', kind })),
];
/** Milliseconds before a kind that is not served yet, or a watch that broke off, is tried again. */
const PAUSE = 1_000;

interface Memory {
  readonly kinds: Map<string, Map<string, Manifest>>;
  readonly listeners: Set<(event: StoreEvent) => void>;
}

/**
 * The objects of a real API server as a world: what the embedded cluster's controllers read comes from memory, kept up to date by
 * watches, and what they write goes to the server. Resolves once every kind that is served has been listed.
 */
export async function mirrorWorld(kubernetes: Kubernetes, report: Report, signal: AbortSignal): Promise<World> {
  // Each watch listens to it, and so does each request.
  setMaxListeners(0, signal);
  const memory: Memory = { kinds: new Map(), listeners: new Set() };
  await Promise.all(MIRRORED.map((kind) => new Promise<void>((resolve) => void follow(kubernetes, kind, memory, resolve, report, signal))));
  return {
    store: createStore(kubernetes, memory, report, signal),
    now: () => new Date(),
    logs: new Map(),
    memories: new Map(),
    fault: () => false,
    get buckets(): Buckets {
      throw new Error('the object store is a real one');
    },
  };
}

function createStore(kubernetes: Kubernetes, { kinds, listeners }: Memory, report: Report, signal: AbortSignal): Store {
  const get = (ref: ObjectRef) => kinds.get(keyOf(ref))?.get(nameOf(ref));
  const writer = createWriter(kubernetes, get, report, signal);
  return {
    get,
    list(apiVersion, kind, namespace) {
      const objects = [...(kinds.get(keyOf({ apiVersion, kind })) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
      return objects.map(([, object]) => object).filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ...writer,
  };
}

/** Lists and watches one kind until the signal aborts. */
async function follow(
  kubernetes: Kubernetes,
  kind: KindRef,
  memory: Memory,
  onListed: () => void,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const path = pathOfScope(scopeOf(kind));
  let version: string | undefined;
  while (!signal.aborted) {
    try {
      version ??= await relist(kubernetes, path, kind, memory, signal);
      onListed();
      if (version !== undefined) version = await watch(kubernetes, path, version, kind, memory, signal);
    } catch (error) {
      if (!signal.aborted) report(`mirroring ${path}`, error);
      version = undefined;
    }
    await sleep(PAUSE, signal);
  }
}

/** @returns the version of the list; undefined when the kind is not served */
async function relist(
  kubernetes: Kubernetes,
  path: string,
  kind: KindRef,
  memory: Memory,
  signal: AbortSignal,
): Promise<string | undefined> {
  const reply = await kubernetes.request('GET', path, { signal });
  if (reply.status === 404) return undefined;
  if (reply.status !== 200) throw new Error(`status ${reply.status}: ${reply.body}`);
  const { items, metadata } = parseReply(reply, path) as unknown as { items: Manifest[]; metadata: { resourceVersion: string } };
  const listed = new Map(items.map((item) => [nameOf(item.metadata), { ...item, ...kind }]));
  for (const object of [...(memory.kinds.get(keyOf(kind))?.values() ?? [])])
    if (!listed.has(nameOf(object.metadata))) note(memory, { type: 'DELETED', object });
  for (const object of listed.values()) note(memory, { type: 'ADDED', object });
  return metadata.resourceVersion;
}

/** @returns where to go on; undefined when the history there is gone */
async function watch(
  kubernetes: Kubernetes,
  path: string,
  from: string,
  kind: KindRef,
  memory: Memory,
  signal: AbortSignal,
): Promise<string | undefined> {
  let version = from;
  const query = { watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: '240', resourceVersion: from };
  for await (const event of kubernetes.stream(path, query, signal)) {
    const { type, object } = event as StoreEvent | { type: 'BOOKMARK' | 'ERROR'; object: Manifest };
    if (type === 'ERROR') return undefined;
    version = object.metadata.resourceVersion ?? version;
    if (type !== 'BOOKMARK') note(memory, { type, object: { ...object, ...kind } });
  }
  return version;
}

function note({ kinds, listeners }: Memory, { type, object }: StoreEvent): void {
  const objects = kinds.get(keyOf(object)) ?? new Map<string, Manifest>();
  kinds.set(keyOf(object), objects);
  const name = nameOf(object.metadata);
  if (type !== 'DELETED' && isDeepStrictEqual(objects.get(name), object)) return;
  if (type === 'DELETED') objects.delete(name);
  else objects.set(name, object);
  for (const listener of [...listeners]) listener({ type, object });
}

function keyOf({ apiVersion, kind }: KindRef): string {
  return `${apiVersion}/${kind}`;
}

function nameOf({ namespace = '', name }: { readonly namespace?: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
