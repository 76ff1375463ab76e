import type { IncomingMessage, ServerResponse } from 'node:http';
import type { World } from '../world.ts';
import { authorize, reviewAccess, reviewSelf, type User } from './authorize.ts';
import { discover } from './discovery.ts';
import { isServed, KINDS } from './kinds.ts';
import { listObjects } from './list.ts';
import { sendLog } from './logs.ts';
import { createObject, deleteObject, getObject, type ObjectRequest, patchObject, replaceObject } from './objects.ts';
import { parseAccessReview } from './protobuf.ts';
import { type ProcessFinder, proxyToPod, proxyToService } from './proxy.ts';
import { Refusal, unsupported } from './status.ts';
import type { MemoryStore } from './store.ts';
import { presenter } from './tables/table.ts';
import { watchObjects } from './watch.ts';

/** A world whose store remembers its past: watches need it. */
export type ServedWorld = World & { readonly store: MemoryStore };

export interface Call {
  readonly user: User;
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

const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
const VERSION = { major: '1', minor: '33', gitVersion: 'v1.33.4', gitTreeState: 'clean', compiler: 'gc', platform: 'linux/amd64' };
/** Types of bodies that real API servers take, and this one does not. */
const NOT_UNDERSTOOD = ['application/vnd.kubernetes.protobuf', 'application/json-patch+json'];
const TOO_MANY: Answer = { code: 429, body: 'Too many requests, please try again later.\n' };
const NO_SUCH_PAGE: Answer = { code: 404, body: '404 page not found\n' };

/**
 * Answers one request, access first. Undefined: the answer has been written already.
 * @throws Refusal
 */
export async function route(world: ServedWorld, findProcess: ProcessFinder, call: Call): Promise<Answer | undefined> {
  const { user, url } = call;
  if (user.username === 'throttled') return TOO_MANY;
  // Open to every user, by the default roles system:public-info-viewer and system:discovery.
  if (url.pathname === '/version') return { code: 200, body: VERSION };
  if (url.pathname === '/readyz') return { code: 200, body: 'ok' };
  const discovered = discover(world.store, url.pathname);
  if (discovered !== undefined) return { code: 200, body: discovered };
  const path = parsePath(url.pathname);
  if (path === undefined) return NO_SUCH_PAGE;
  const { apiVersion, group, namespace, name, rest } = path;
  const resource = [path.resource, ...rest.slice(0, 1)].join('/');
  const verb = verbOf(call, path);
  authorize(world.store, user, { verb, group, resource, namespace, name });
  if (resource === 'selfsubjectreviews') return { code: 201, body: reviewSelf(user) };
  if (resource === 'selfsubjectaccessreviews') return { code: 201, body: reviewAccess(world.store, user, parseAccessReview(call.body)) };

  const served = KINDS.filter((kind) => kind.apiVersion === apiVersion && isServed(world.store, kind));
  const kind = served.find((each) => each.resource === path.resource);
  if (served.length === 0) return NO_SUCH_PAGE;
  if (kind === undefined) throw new Refusal(404, 'NotFound', 'the server could not find the requested resource', {});
  if (resource === 'services/proxy' || resource === 'pods/proxy') return proxy(world, findProcess, call, path);
  const { headers } = call.request;
  if (NOT_UNDERSTOOD.includes(headers['content-type'] ?? '')) throw unsupported();
  const target = {
    kind,
    namespace: kind.namespaced ? namespace : undefined,
    name,
    query: url.searchParams,
    contentType: headers['content-type'] ?? '',
    body: call.body.toString(),
    agent: headers['user-agent']?.split('/')[0] ?? 'unknown',
    now: world.now(),
  };
  if (resource === 'pods/log') return sendLog(world, getObject(world.store, target), url.searchParams, call.response);
  return answerVerb(world, call, verb, target);
}

function answerVerb(
  { store, now }: ServedWorld,
  { user, request, response }: Call,
  verb: string,
  target: ObjectRequest,
): Answer | undefined {
  const { kind, namespace, name } = target;
  const mayCreate = () => authorize(store, user, { verb: 'create', group: kind.group, resource: kind.resource, namespace, name });
  const present = presenter(store, { ...target, accept: request.headers.accept ?? '', now });
  const answers: Readonly<Record<string, () => Answer | undefined>> = {
    list: () => ({ code: 200, body: present(listObjects(store, target)) }),
    watch: () => watchObjects(store, target, response, present),
    get: () => ({ code: 200, body: present(getObject(store, target)) }),
    create: () => createObject(store, target),
    update: () => replaceObject(store, target),
    patch: () => patchObject(store, target, mayCreate),
    delete: () => ({ code: 200, body: deleteObject(store, target) }),
  };
  const answer = answers[verb];
  if (answer === undefined)
    throw new Refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
  return answer();
}

function parsePath(pathname: string): ResourcePath | undefined {
  const [root, ...parts] = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const [group = '', version, ...segments] = root === 'apis' ? parts : root === 'api' ? ['', ...parts] : [];
  const isNamespaced = segments[0] === 'namespaces' && segments.length > 2;
  const [resource, name = '', ...rest] = isNamespaced ? segments.slice(2) : segments;
  if (version === undefined || resource === undefined) return undefined;
  // A namespace counts as lying in itself.
  const namespace = segments[0] === 'namespaces' ? segments[1] : undefined;
  return { apiVersion: group === '' ? version : `${group}/${version}`, group, resource, namespace, name, rest };
}

function verbOf({ request: { method = 'GET' }, url }: Call, { name }: ResourcePath): string {
  if (name !== '' || method !== 'GET') return VERBS[method] ?? '';
  return ['1', 'true'].includes(url.searchParams.get('watch') ?? '') ? 'watch' : 'list';
}

async function proxy(world: ServedWorld, findProcess: ProcessFinder, call: Call, target: ResourcePath): Promise<undefined> {
  const { url, request, response, body } = call;
  // The real server decodes the path on the way, so that %2F becomes a slash.
  const path = decodeURIComponent(`/${url.pathname.split('/').slice(8).join('/')}`);
  const { authorization: _, ...passed } = request.headers;
  const headers = Object.fromEntries(Object.entries(passed).map(([header, value]) => [header, String(value)]));
  const asked = { method: request.method ?? 'GET', path, query: url.searchParams, headers, body };
  const proxyTo = target.resource === 'pods' ? proxyToPod : proxyToService;
  const result = await proxyTo(world, findProcess, target.namespace ?? '', target.name, asked);
  response.writeHead(result.status, { ...(result.contentType && { 'Content-Type': result.contentType }), ...result.headers });
  response.end(request.method === 'HEAD' ? undefined : result.body);
}
