import { Unobserved, Unreadable } from '#model/errors.ts';
import { type Manifest, nameOf, type ObjectRef, type Scope, scopeOf } from '#model/kubernetes.ts';
import type { ListAnswer, ListRequest, ObjectAnswer, Request, SecretAnswer, SecretKeys } from '#model/read.ts';
import { Secret } from '../secret.ts';
import { type Kubernetes, parseReply, type Reply } from './connect.ts';
import { readFailure, statusOf } from './failures.ts';
import { pathOfObject, pathOfScope } from './paths.ts';

const PAGE = '500';
/** Pages of one list, also those that were read in vain: half a million objects is more than any cluster has of a kind. */
const MOST_PAGES = 1000;
/** The groups of Kubernetes itself that are read. */
const ALWAYS_SERVED = ['', 'apps', 'batch', 'coordination.k8s.io', 'rbac.authorization.k8s.io', 'storage.k8s.io'];
/** Where little of each object is kept: what a page leaves behind counts, then. */
const SMALL_PAGE = '250';

type SecretRequest = Extract<Request, { of: 'secret' }>;

/**
 * An object as it is now; undefined when it, or its whole kind, does not exist.
 * @throws Unobserved, Unreadable
 */
export async function readObject(kubernetes: Kubernetes, ref: ObjectRef, signal?: AbortSignal): Promise<ObjectAnswer> {
  const reply = await kubernetes.request('GET', pathOfObject(ref), signal && { signal });
  if (reply.status === 404) {
    refusePage(reply, scopeOf(ref), nameOf(ref));
    return { of: 'object', object: undefined };
  }
  if (reply.status !== 200) throw readFailure(reply, nameOf(ref));
  return { of: 'object', object: asManifest(parseReply(reply, nameOf(ref)), nameOf(ref)) };
}

/**
 * All objects of a scope, page by page.
 * @throws Unobserved, Unreadable
 */
export async function readList(kubernetes: Kubernetes, { scope, selector, fields }: ListRequest, signal: AbortSignal): Promise<ListAnswer> {
  const what = `list of ${scope.resource}${scope.namespace === undefined ? '' : ` in ${scope.namespace}`}`;
  const items: Manifest[] = [];
  let next: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const query = {
      limit: fields === undefined ? PAGE : SMALL_PAGE,
      ...(selector !== undefined && { labelSelector: selector }),
      ...(next !== undefined && { continue: next }),
    };
    const reply = await kubernetes.request('GET', pathOfScope(scope), { query, signal });
    if (reply.status === 404) {
      refusePage(reply, scope, what);
      return { of: 'list', served: false, items: [] };
    }
    if (reply.status === 410 && next !== undefined) {
      // The list took longer than the server keeps its state: a mixture of two would be no list, so begin anew.
      items.length = 0;
      next = undefined;
      continue;
    }
    if (reply.status !== 200) throw readFailure(reply, what);
    const page = parseReply(reply, what);
    if (!Array.isArray(page.items)) throw new Unreadable(`${what}: the answer has no items`);
    // Items of built-in kinds come without their kind.
    const kind = { apiVersion: page.apiVersion, kind: String(page.kind).replace(/List$/, '') };
    for (const item of page.items) items.push(keep(asManifest({ ...kind, ...item }, what), fields));
    next = (page.metadata as { continue?: string } | undefined)?.continue || undefined;
    if (next === undefined) return { of: 'list', served: true, items };
  }
  throw new Unreadable(`${what}: it has no end after ${MOST_PAGES} pages`);
}

/**
 * An API server tells by a Status what it does not have, and by this page only that a whole group is not served, which those of
 * Kubernetes itself always are. Any other 404 is of somebody in between, and says nothing about objects.
 */
function refusePage(reply: Reply, { group }: Scope, what: string): void {
  if (statusOf(reply) !== undefined) return;
  if (reply.body.trim() !== '404 page not found' || ALWAYS_SERVED.includes(group))
    throw new Unreadable(`${what}: 404, and not from the API server itself`);
}

/** The object with these fields alone, beside what names it. */
function keep(object: Manifest, fields: readonly string[] | undefined): Manifest {
  if (fields === undefined) return object;
  const { apiVersion, kind, metadata } = object;
  const { name, namespace } = metadata;
  const kept = fields.reduce<unknown>((taken, field) => takeField(taken, object, field.split('.')), { metadata: { name, namespace } });
  return { ...(kept as Manifest), apiVersion, kind };
}

/** `into` with what stands at the path in `from`; a path goes through all elements of an array. */
function takeField(into: unknown, from: unknown, [key, ...rest]: readonly string[]): unknown {
  if (Array.isArray(from))
    return from.map((element, index) => takeField(Array.isArray(into) ? into[index] : {}, element, [key ?? '', ...rest]));
  if (typeof from !== 'object' || from === null || key === undefined || !Object.hasOwn(from, key)) return into;
  const value = (from as Record<string, unknown>)[key];
  const before = (into ?? {}) as Record<string, unknown>;
  return { ...before, [key]: rest.length === 0 ? value : takeField(before[key] ?? (Array.isArray(value) ? [] : {}), value, rest) };
}

/**
 * Which keys a Secret has, and the values of those that are no secrets.
 * @throws Unobserved, Unreadable
 */
export async function readSecretKeys(kubernetes: Kubernetes, request: SecretRequest, signal: AbortSignal): Promise<SecretAnswer> {
  const { data } = await readSecretData(kubernetes, request, signal);
  if (data === undefined) return { of: 'secret', keys: undefined, revealed: {} };
  const revealed = request.reveal.flatMap((key) => (data[key] === undefined ? [] : [[key, decode(data[key])]]));
  return { of: 'secret', keys: Object.keys(data), revealed: Object.fromEntries(revealed) };
}

/**
 * Both halves of a credential in a Secret.
 * @throws Unobserved when the Secret or one of its keys is missing, or may not be read
 */
export async function readCredential(
  kubernetes: Kubernetes,
  keys: SecretKeys,
  signal: AbortSignal,
): Promise<Secret<{ user: string; password: string }>> {
  const { what, data } = await readSecretData(kubernetes, keys, signal);
  if (data === undefined) throw new Unobserved('unauthorized', `${what} does not exist, so there are no credentials`);
  const pick = (key: string): string => {
    if (data[key] === undefined) throw new Unobserved('unauthorized', `${what} has no key "${key}"`);
    return decode(data[key]);
  };
  return new Secret({ user: pick(keys.user), password: pick(keys.password) });
}

async function readSecretData(
  kubernetes: Kubernetes,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<{ what: string; data: Readonly<Record<string, string | undefined>> | undefined }> {
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace, name };
  const { object } = await readObject(kubernetes, ref, signal);
  return { what: nameOf(ref), data: object && textsIn(object.data) };
}

/** Its values that are texts: all that a Secret can have. */
function textsIn(data: unknown): Readonly<Record<string, string>> {
  const entries = typeof data === 'object' && data !== null ? Object.entries(data) : [];
  return Object.fromEntries(entries.filter(([, value]) => typeof value === 'string'));
}

function decode(value: string): string {
  return Buffer.from(value, 'base64').toString('utf8');
}

function asManifest(value: Record<string, unknown>, what: string): Manifest {
  const { apiVersion, kind, metadata } = value;
  const named = typeof metadata === 'object' && metadata !== null && typeof (metadata as { name?: unknown }).name === 'string';
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || !named) {
    throw new Unreadable(`${what}: the answer is no Kubernetes object`);
  }
  return value as unknown as Manifest;
}
