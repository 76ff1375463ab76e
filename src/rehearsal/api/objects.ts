import { parse } from 'yaml';
import type { Manifest, ObjectRef } from '#model/kubernetes.ts';
import { applyFields, mergePatch, updateFields, type Writer } from './fields.ts';
import type { Kind } from './kinds.ts';
import { alreadyExists, conflict, detailsOf, notFound } from './status.ts';
import { type MemoryStore, timestamp } from './store.ts';
import { parseApplied, validate } from './validate.ts';

/** One request for objects of a kind, its URL taken apart. */
export interface ObjectRequest {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  /** Empty for the whole collection. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly body: string;
  /** The first word of the User-Agent: the field manager, when the query names none. */
  readonly agent: string;
  readonly now: Date;
}

/** 201 when the object is new. */
interface Written {
  readonly code: 200 | 201;
  readonly body: Manifest;
}

export function getObject(store: MemoryStore, request: ObjectRequest): Manifest {
  const object = store.get(refTo(request));
  if (object === undefined) throw notFound(request.kind, request.name);
  return object;
}

export function createObject(store: MemoryStore, request: ObjectRequest): Written {
  const object = bodyOf(request);
  const { name } = object.metadata;
  checkNamespace(store, request);
  if (store.get(refTo({ ...request, name })) !== undefined) throw alreadyExists(request.kind, name);
  return { code: 201, body: write(store, request, updateFields(undefined, object, writerOf(request))) };
}

export function replaceObject(store: MemoryStore, request: ObjectRequest): Written {
  const live = store.get(refTo(request));
  // A Lease is created by an update, too: whoever renews one that was deleted makes it again.
  if (live === undefined && request.kind.kind === 'Lease') return createObject(store, request);
  return updateObject(store, request, bodyOf(request));
}

/** JSON merge patch or server-side apply. */
export function patchObject(store: MemoryStore, request: ObjectRequest, mayCreate: () => void): Written {
  if (request.contentType.startsWith('application/apply-patch+yaml')) return applyObject(store, request, mayCreate);
  return updateObject(store, request, mergePatch(getObject(store, request), JSON.parse(request.body)) as Manifest);
}

function updateObject(store: MemoryStore, request: ObjectRequest, next: Manifest): Written {
  const live = getObject(store, request);
  checkVersion(request, live, next);
  return { code: 200, body: write(store, request, updateFields(live, next, writerOf(request)), live) };
}

function applyObject(store: MemoryStore, request: ObjectRequest, mayCreate: () => void): Written {
  const { status: _, ...applied } = bodyOf(request, parseApplied(request.body, request.query.get('fieldValidation') === 'Strict'));
  const live = store.get(refTo(request));
  if (live === undefined) {
    mayCreate();
    checkNamespace(store, request);
  } else checkVersion(request, live, applied as Manifest);
  const merged = applyFields(live, applied as Manifest, writerOf(request), request.query.get('force') === 'true');
  return { code: live === undefined ? 201 : 200, body: write(store, request, merged, live) };
}

export function deleteObject(store: MemoryStore, request: ObjectRequest): object {
  const { metadata } = getObject(store, request);
  store.remove(refTo(request));
  const details = { ...detailsOf(request.kind, request.name), uid: metadata.uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

function refTo({ kind: { apiVersion, kind }, namespace, name }: ObjectRequest): ObjectRef {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** A status is its controller's to write: what a client sends is dropped, as by kinds with a status subresource. */
function write(store: MemoryStore, request: ObjectRequest, object: Manifest, live?: Manifest): Manifest {
  const { status: _, ...desired } = object;
  validate(request.kind, object, live);
  if (request.query.get('dryRun') !== 'All') return store.put(desired as Manifest);
  const { uid, resourceVersion, creationTimestamp, generation } = live?.metadata ?? { creationTimestamp: timestamp(request.now) };
  const metadata = { ...object.metadata, uid, resourceVersion, creationTimestamp, generation };
  return { ...desired, ...(live?.status === undefined ? {} : { status: live.status }), metadata } as Manifest;
}

function writerOf({ query, agent, now }: ObjectRequest): Writer {
  return { manager: query.get('fieldManager') ?? agent, time: timestamp(now) };
}

/** The object in the body, in the namespace of the URL. JSON is YAML. */
function bodyOf({ namespace, body }: ObjectRequest, value: Manifest = parse(body)): Manifest {
  return { ...value, metadata: { ...value.metadata, ...(namespace === undefined ? {} : { namespace }) } };
}

function checkNamespace(store: MemoryStore, { namespace }: ObjectRequest): void {
  if (namespace !== undefined && store.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace }) === undefined)
    throw notFound({ group: '', resource: 'namespaces' }, namespace);
}

function checkVersion({ kind, name }: ObjectRequest, live: Manifest, { metadata }: Manifest): void {
  const { resourceVersion = live.metadata.resourceVersion, uid = live.metadata.uid } = metadata;
  if (resourceVersion !== live.metadata.resourceVersion || uid !== live.metadata.uid) throw conflict(kind, name);
}
