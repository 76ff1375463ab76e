import { parse } from 'yaml';
import type { Manifest, ObjectRef } from '#model/kubernetes.ts';
import type { Tree } from '../tree.ts';
import { applyFields, mergePatch, updateFields, type Writer } from './fields.ts';
import type { Kind } from './kinds.ts';
import { alreadyExists, badRequest, conflict, detailsOf, invalid, notFound, Refusal, unsupportedMediaType } from './status.ts';
import { type MemoryStore, timestamp } from './store.ts';

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

const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const NAME_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';
/** Fields beside apiVersion, kind and metadata; of all other kinds: spec and status. Deeper fields are not checked. */
const TOP_LEVEL: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ['data', 'binaryData', 'immutable'],
  Secret: ['data', 'stringData', 'type', 'immutable'],
  ServiceAccount: ['secrets', 'imagePullSecrets', 'automountServiceAccountToken'],
  Role: ['rules'],
  ClusterRole: ['rules', 'aggregationRule'],
  RoleBinding: ['subjects', 'roleRef'],
  ClusterRoleBinding: ['subjects', 'roleRef'],
};

export function getObject(store: MemoryStore, request: ObjectRequest): Manifest {
  const object = store.get(refTo(request));
  if (object === undefined) throw notFound(request.kind, request.name);
  return object;
}

export function createObject(store: MemoryStore, request: ObjectRequest): Written {
  const object = bodyOf(request, JSON.parse);
  checkFields(request, object, (fields) => badRequest(strictError(request.kind, fields)));
  checkCreation(store, request, object.metadata.name);
  if (store.get(refTo(request, object.metadata.name)) !== undefined) throw alreadyExists(request.kind, object.metadata.name);
  return { code: 201, body: write(store, request, updateFields(undefined, object, writerOf(request))) };
}

export function replaceObject(store: MemoryStore, request: ObjectRequest): Written {
  const object = bodyOf(request, JSON.parse);
  const live = store.get(refTo(request));
  const isLease = request.kind.kind === 'Lease';
  // A Lease is created by an update, too: whoever renews one that was deleted makes it again.
  if (live === undefined && isLease) return { code: 201, body: write(store, request, updateFields(undefined, object, writerOf(request))) };
  if (live === undefined) throw notFound(request.kind, request.name);
  if (isLease && object.metadata.resourceVersion === undefined) {
    // Named after the resource, unlike every other 422.
    throw invalid(
      { ...request.kind, kind: request.kind.resource },
      request.name,
      'metadata.resourceVersion',
      'FieldValueInvalid',
      'Invalid value: 0: must be specified for an update',
    );
  }
  checkVersion(request, live, object);
  return { code: 200, body: write(store, request, updateFields(live, object, writerOf(request)), live) };
}

/** JSON merge patch or server-side apply. */
export function patchObject(store: MemoryStore, request: ObjectRequest, mayCreate: () => void): Written {
  if (request.contentType.startsWith('application/apply-patch+yaml')) return applyObject(store, request, mayCreate);
  if (!request.contentType.startsWith('application/merge-patch+json')) throw unsupportedMediaType();
  const live = getObject(store, request);
  const next = bodyOf({ ...request, body: JSON.stringify(mergePatch(live, parseBody(request, JSON.parse))) }, JSON.parse);
  checkVersion(request, live, next);
  return { code: 200, body: write(store, request, updateFields(live, next, writerOf(request)), live) };
}

function applyObject(store: MemoryStore, request: ObjectRequest, mayCreate: () => void): Written {
  const manager = request.query.get('fieldManager');
  if (!manager) {
    const options = { ...request.kind, group: 'meta.k8s.io', kind: 'PatchOptions' };
    throw invalid(options, '', 'fieldManager', 'FieldValueRequired', 'Required value: is required for apply patch');
  }
  const applied = bodyOf(request, parse);
  checkFields(request, applied, ([field]) => {
    const what = `${applied.metadata.namespace ?? ''}/${request.name}; ${request.kind.apiVersion.replace(/^v1$/, '/v1')}, Kind=${request.kind.kind}`;
    return new Refusal(500, undefined, `failed to create typed patch object (${what}): .${field}: field not declared in schema`);
  });
  const live = store.get(refTo(request));
  if (live === undefined) {
    mayCreate();
    checkCreation(store, request, request.name);
  } else checkVersion(request, live, applied);
  const { status: _, ...desired } = applied;
  const merged = applyFields(live, desired as Manifest, { ...writerOf(request), manager }, request.query.get('force') === 'true');
  return { code: live === undefined ? 201 : 200, body: write(store, request, merged, live) };
}

export function deleteObject(store: MemoryStore, request: ObjectRequest): object {
  const { metadata } = getObject(store, request);
  if (!isDryRun(request)) store.remove(refTo(request));
  const details = { ...detailsOf(request.kind, request.name), uid: metadata.uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

function refTo({ kind: { apiVersion, kind }, namespace, name }: ObjectRequest, actual = name): ObjectRef {
  return { apiVersion, kind, name: actual, ...(namespace === undefined ? {} : { namespace }) };
}

/** A status is its controller's to write: what a client sends is dropped, as by kinds with a status subresource. */
function write(store: MemoryStore, request: ObjectRequest, object: Manifest, live?: Manifest): Manifest {
  const { status: _, ...desired } = object;
  if (!isDryRun(request)) return store.put(desired as Manifest);
  const { uid, resourceVersion, creationTimestamp, generation } = live?.metadata ?? { creationTimestamp: timestamp(request.now) };
  const metadata = { ...object.metadata, uid, resourceVersion, creationTimestamp, generation };
  return { ...desired, ...(live?.status === undefined ? {} : { status: live.status }), metadata } as Manifest;
}

function isDryRun({ query }: ObjectRequest): boolean {
  return query.get('dryRun') === 'All';
}

function writerOf({ query, agent, now }: ObjectRequest): Writer {
  return { manager: query.get('fieldManager') || agent, time: timestamp(now) };
}

function parseBody({ kind, body }: ObjectRequest, parser: (text: string) => unknown): Tree {
  try {
    const value = parser(body) as Tree;
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Neither: refused below.
  }
  throw badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error`);
}

/** The object in the body, agreeing with the URL. */
function bodyOf(request: ObjectRequest, parser: (text: string) => unknown): Manifest {
  const { kind, namespace, name } = request;
  const value = parseBody(request, parser);
  if (value.kind !== kind.kind || value.apiVersion !== kind.apiVersion) {
    throw badRequest(`${value.kind} in version "${value.apiVersion}" cannot be handled as a ${kind.kind}`);
  }
  const metadata = value.metadata ?? {};
  if (name !== '' && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name ?? ''}) does not match the name on the URL (${name})`);
  }
  if (namespace !== undefined && metadata.namespace !== undefined && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return { ...value, metadata: { ...metadata, ...(namespace === undefined ? {} : { namespace }) } };
}

function checkCreation(store: MemoryStore, { kind, namespace }: ObjectRequest, name: string | undefined): void {
  if (!name) throw invalid(kind, '', 'metadata.name', 'FieldValueRequired', 'Required value: name or generateName is required');
  if (!NAME.test(name) && !kind.group.startsWith('rbac')) {
    throw invalid(kind, name, 'metadata.name', 'FieldValueInvalid', `Invalid value: ${JSON.stringify(name)}: ${NAME_RULE}`);
  }
  if (namespace !== undefined && store.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace }) === undefined) {
    throw notFound({ group: '', resource: 'namespaces' }, namespace);
  }
}

function checkVersion({ kind, name }: ObjectRequest, live: Manifest, sent: Manifest): void {
  const { resourceVersion, uid } = sent.metadata;
  const stale = resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion;
  if (stale || (uid !== undefined && uid !== live.metadata.uid)) throw conflict(kind, name, MODIFIED);
}

function checkFields({ kind, query }: ObjectRequest, object: Manifest, refusal: (fields: readonly string[]) => Refusal): void {
  if (query.get('fieldValidation') !== 'Strict') return;
  const known = ['apiVersion', 'kind', 'metadata', ...(TOP_LEVEL[kind.kind] ?? ['spec', 'status'])];
  const unknown = Object.keys(object).filter((field) => !known.includes(field));
  if (unknown.length > 0) throw refusal(unknown);
}

function strictError({ kind, version }: Kind, fields: readonly string[]): string {
  const list = fields.map((field) => `unknown field "${field}"`).join(', ');
  return `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${list}`;
}
