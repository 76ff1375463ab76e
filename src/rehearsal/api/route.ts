import type { IncomingMessage, ServerResponse } from 'node:http';
import type { World } from '../world.ts';
import { authorize, authorizePath, type User } from './authorize.ts';
import { discover, VERSION } from './discovery.ts';
import { type Kind, servedKinds } from './kinds.ts';
import { listObjects } from './list.ts';
import { createObject, deleteObject, getObject, type ObjectRequest, patchObject, replaceObject } from './objects.ts';
import { type ProcessFinder, proxyToService } from './proxy.ts';
import { review } from './reviews.ts';
import { methodNotAllowed, unknownResource } from './status.ts';
import type { MemoryStore } from './store.ts';
import { watchObjects } from './watch.ts';

/** A world whose store remembers its past: watches need it. */
export type ServedWorld = World & { readonly store: MemoryStore };

export interface Call {
  readonly user: User;
  readonly method: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

/** A status code with a Status, an object, or plain text. */
export interface Answer {
  readonly code: number;
  readonly body: object | string;
}

/** A path like /apis/apps/v1/namespaces/monitoring/deployments/loki, taken apart. */
interface ResourcePath {
  readonly apiVersion: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  /** Empty for the whole collection. */
  readonly name: string;
  /** What follows the name: a subresource and its path. */
  readonly rest: readonly string[];
}

const COLLECTION_VERBS: Readonly<Record<string, string>> = { GET: 'list', HEAD: 'list', POST: 'create', DELETE: 'deletecollection' };
const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const HEALTH = ['/readyz', '/livez', '/healthz'];
const NO_SUCH_PAGE: Answer = { code: 404, body: '404 page not found\n' };

/**
 * Answers one request, access first. Undefined: the answer has been written already.
 * @throws Refusal
 */
export async function route(world: ServedWorld, findProcess: ProcessFinder, call: Call): Promise<Answer | undefined> {
  const { user, method, url, request } = call;
  const path = parsePath(url.pathname);
  if (path === undefined) {
    authorizePath(user, url.pathname);
    return answerPath(world, url.pathname, request.headers.host ?? '');
  }
  const verb = verbOf(call, path);
  const access = {
    verb,
    group: path.group,
    resource: [path.resource, ...path.rest.slice(0, 1)].join('/'),
    namespace: path.namespace,
    name: path.name,
  };
  authorize(world.store, user, access);
  const about = review(world.store, user, `${path.apiVersion}/${path.resource}`, call.body.toString(), world.now());
  if (about !== undefined) return { code: 201, body: about };

  const served = servedKinds(world.store).filter(({ apiVersion }) => apiVersion === path.apiVersion);
  if (served.length === 0) return NO_SUCH_PAGE;
  const kind = served.find(({ resource }) => resource === path.resource);
  if (kind === undefined) throw unknownResource();
  if (path.rest.length > 0) return proxy(world, findProcess, call, path);
  // Objects of a namespace can be listed across all of them, but not addressed; and none is created at its own path.
  const misplaced = (kind.namespaced && path.namespace === undefined && method !== 'GET') || (method === 'POST' && path.name !== '');
  if (misplaced) throw methodNotAllowed();
  return answerVerb(world, call, verb, objectRequest(world, call, kind, path));
}

function answerVerb(world: ServedWorld, { user, response }: Call, verb: string, target: ObjectRequest): Answer | undefined {
  const { store } = world;
  const { kind, namespace, name, query } = target;
  const mayCreate = () => authorize(store, user, { verb: 'create', group: kind.group, resource: kind.resource, namespace, name });
  switch (verb) {
    case 'list':
      return { code: 200, body: listObjects(store, kind, namespace, query) };
    case 'watch':
      return watchObjects(store, kind, namespace, query, response);
    case 'get':
      return { code: 200, body: getObject(store, target) };
    case 'create':
      return createObject(store, target);
    case 'update':
      return replaceObject(store, target);
    case 'patch':
      return patchObject(store, target, mayCreate);
    case 'delete':
      return { code: 200, body: deleteObject(store, target) };
    default:
      throw methodNotAllowed();
  }
}

function parsePath(pathname: string): ResourcePath | undefined {
  const [root, ...parts] = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const [group = '', ...below] = root === 'apis' ? parts : root === 'api' ? ['', ...parts] : [];
  const [version, ...segments] = below;
  const isNamespaced = segments[0] === 'namespaces' && segments.length > 2;
  const [resource, name = '', ...rest] = isNamespaced ? segments.slice(2) : segments;
  if (version === undefined || resource === undefined) return undefined;
  // A namespace counts as lying in itself.
  const namespace = segments[0] === 'namespaces' ? segments[1] : undefined;
  return { apiVersion: group === '' ? version : `${group}/${version}`, group, resource, namespace, name, rest };
}

function verbOf({ method, url }: Call, { name, rest }: ResourcePath): string {
  if (name !== '' || rest.length > 0) return VERBS[method] ?? '';
  const watches = method === 'GET' && ['1', 'true'].includes(url.searchParams.get('watch') ?? '');
  return watches ? 'watch' : (COLLECTION_VERBS[method] ?? VERBS[method] ?? '');
}

function answerPath(world: ServedWorld, pathname: string, host: string): Answer {
  if (HEALTH.includes(pathname)) return { code: 200, body: 'ok' };
  if (pathname === '/version') return { code: 200, body: VERSION };
  const discovered = discover(world.store, pathname.split('/').filter(Boolean), host);
  return discovered === undefined ? NO_SUCH_PAGE : { code: 200, body: discovered };
}

function objectRequest(world: ServedWorld, { url, request, body }: Call, kind: Kind, path: ResourcePath): ObjectRequest {
  const agent = request.headers['user-agent']?.split('/')[0] ?? 'unknown';
  const contentType = request.headers['content-type'] ?? '';
  const namespace = kind.namespaced ? path.namespace : undefined;
  return { kind, namespace, name: path.name, query: url.searchParams, contentType, body: body.toString(), agent, now: world.now() };
}

async function proxy(world: ServedWorld, findProcess: ProcessFinder, call: Call, path: ResourcePath): Promise<undefined> {
  const { method, url, request, response, body } = call;
  if (path.resource !== 'services' || path.rest[0] !== 'proxy' || path.namespace === undefined) throw unknownResource();
  // The real server decodes the path on the way, so that %2F becomes a slash.
  const below = decodeURIComponent(`/${url.pathname.split('/').slice(8).join('/')}`);
  const { authorization: _, ...passed } = request.headers;
  const headers = Object.fromEntries(Object.entries(passed).map(([header, value]) => [header, String(value)]));
  const asked = { method, path: below, query: url.searchParams, headers, body };
  const result = await proxyToService(world, findProcess, path.namespace, path.name, asked);
  response.writeHead(result.status, { 'Content-Type': result.contentType ?? 'text/plain; charset=utf-8', ...result.headers });
  response.end(method === 'HEAD' ? undefined : result.body);
}
