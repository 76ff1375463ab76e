import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { World } from '../world.ts';
import { authenticate, authorize, authorizePath, type User } from './authorize.ts';
import { discover, VERSION } from './discovery.ts';
import { type Kind, servedKinds } from './kinds.ts';
import { listObjects } from './list.ts';
import { type Answer, createObject, deleteObject, getObject, type ObjectRequest, patchObject, replaceObject } from './objects.ts';
import { type ProcessFinder, proxyToService } from './proxy.ts';
import { review } from './reviews.ts';
import { methodNotAllowed, Refusal, unknownResource } from './status.ts';
import type { MemoryStore } from './store.ts';
import { watchObjects } from './watch.ts';

export interface ApiServer {
  /** "http://127.0.0.1:PORT" */
  readonly url: string;
  stop(): Promise<void>;
}

interface Call {
  readonly user: User;
  readonly method: string;
  readonly url: URL;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

/** A resource path, taken apart. */
interface Target {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string;
  /** What follows the name. */
  readonly rest: readonly string[];
}

/** A world whose store remembers its past: watches need it. */
export type ServedWorld = World & { readonly store: MemoryStore };
type Handler = (call: Call, target: Target) => Answer | Promise<Answer | undefined> | undefined;

const PROXY_VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** Serves the world's objects on 127.0.0.1 as a Kubernetes API server does. Port 0 takes any free one. */
export async function startApi(world: ServedWorld, findProcess: ProcessFinder, port: number): Promise<ApiServer> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Date', world.now().toUTCString());
    try {
      const user = authenticate(request.headers.authorization);
      const call = {
        user,
        method: request.method ?? 'GET',
        url: new URL(request.url ?? '/', url),
        request,
        response,
        body: await buffer(request),
      };
      const result = await route(call);
      if (result !== undefined) send(response, result.code, result.body);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'InternalError', `Internal error occurred: ${error}`);
      if (response.headersSent) response.destroy();
      else send(response, refusal.code, refusal.body);
    }
  }

  async function route(call: Call): Promise<Answer | undefined> {
    const path = call.url.pathname.split('/').filter(Boolean);
    const [root = '', ...below] = path;
    const at = root === 'api' ? 1 : root === 'apis' ? 2 : 0;
    if (at === 0 || below.length <= at) {
      authorizePath(call.user, call.url.pathname);
      return answerPath(call, path);
    }
    const apiVersion = below.slice(0, at).join('/');
    const segments = below.slice(at).map(decodeURIComponent);
    const about = review(world.store, call.user, [apiVersion, ...segments].join('/'), call.body.toString(), world.now());
    if (about !== undefined) return about;
    const target = targetOf(apiVersion, segments);
    if (target !== undefined) return target.rest.length > 0 ? proxy(call, target) : handlerOf(call, target)(call, target);
    if (!servedKinds(world.store).some((kind) => kind.apiVersion === apiVersion)) return answerPath(call, path);
    throw unknownResource();
  }

  function answerPath({ request, response }: Call, path: readonly string[]): undefined {
    const whole = path.join('/');
    const discovered = path[0] === 'api' || path[0] === 'apis' ? discover(world.store, path, request.headers.host ?? '') : undefined;
    if (discovered !== undefined) send(response, 200, discovered);
    else if (whole === 'version') send(response, 200, VERSION);
    else if (['readyz', 'livez', 'healthz'].includes(whole))
      response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end('ok');
    else response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
  }

  function targetOf(apiVersion: string, segments: readonly string[]): Target | undefined {
    const inNamespace = segments[0] === 'namespaces' && segments.length > 2;
    const [resource, name = '', ...rest] = inNamespace ? segments.slice(2) : segments;
    const kind = servedKinds(world.store).find((served) => served.apiVersion === apiVersion && served.resource === resource);
    if (kind === undefined || (inNamespace && !kind.namespaced)) return undefined;
    return { kind, namespace: inNamespace ? segments[1] : undefined, name, rest };
  }

  function handlerOf(call: Call, { kind, namespace, name }: Target): Handler {
    const asked = name === '' ? COLLECTION[call.method] : NAMED[call.method];
    // Objects of a namespace can be listed across all of them, but not addressed.
    if (asked === undefined || (kind.namespaced && namespace === undefined && call.method !== 'GET')) throw methodNotAllowed();
    const watches = name === '' && call.method === 'GET' && ['1', 'true'].includes(call.url.searchParams.get('watch') ?? '');
    const verb = watches ? 'watch' : asked.verb;
    authorize(world.store, call.user, {
      verb,
      group: kind.group,
      resource: kind.resource,
      namespace: reviewedNamespace(kind, namespace, name),
      name,
    });
    return watches ? watch : asked.handler;
  }

  const COLLECTION: Readonly<Record<string, { verb: string; handler: Handler }>> = {
    GET: {
      verb: 'list',
      handler: ({ url }, { kind, namespace }) => ({ code: 200, body: listObjects(world.store, kind, namespace, url.searchParams) }),
    },
    POST: { verb: 'create', handler: (call, target) => createObject(world.store, objectRequest(call, target)) },
  };
  const NAMED: Readonly<Record<string, { verb: string; handler: Handler }>> = {
    GET: { verb: 'get', handler: (call, target) => getObject(world.store, objectRequest(call, target)) },
    PUT: { verb: 'update', handler: (call, target) => replaceObject(world.store, objectRequest(call, target)) },
    PATCH: {
      verb: 'patch',
      handler: (call, target) => patchObject(world.store, objectRequest(call, target), () => mayCreate(call, target)),
    },
    DELETE: { verb: 'delete', handler: (call, target) => deleteObject(world.store, objectRequest(call, target)) },
  };

  function mayCreate({ user }: Call, { kind, namespace, name }: Target): void {
    authorize(world.store, user, { verb: 'create', group: kind.group, resource: kind.resource, namespace, name });
  }

  function watch({ url, response }: Call, { kind, namespace }: Target): undefined {
    watchObjects(world.store, kind, namespace, url.searchParams, response);
  }

  function objectRequest({ url, request, body }: Call, { kind, namespace, name }: Target): ObjectRequest {
    const agent = (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown';
    const contentType = request.headers['content-type'] ?? '';
    return { kind, namespace, name, query: url.searchParams, contentType, body: body.toString(), agent, now: world.now() };
  }

  async function proxy(
    { user, method, url: { pathname, searchParams }, request, response, body }: Call,
    target: Target,
  ): Promise<undefined> {
    const { kind, namespace, name, rest } = target;
    if (kind.resource !== 'services' || rest[0] !== 'proxy' || namespace === undefined) throw unknownResource();
    authorize(world.store, user, { verb: PROXY_VERBS[method] ?? 'get', group: '', resource: 'services/proxy', namespace, name });
    // The real server decodes the path on the way, so that %2F becomes a slash.
    const path = decodeURIComponent(`/${pathname.split('/').slice(8).join('/')}`);
    const { authorization: _, ...passed } = request.headers;
    const headers = Object.fromEntries(Object.entries(passed).map(([header, value]) => [header, String(value)]));
    const result = await proxyToService(world, findProcess, namespace, name, { method, path, query: searchParams, headers, body });
    response.writeHead(result.status, { 'Content-Type': result.contentType ?? 'text/plain; charset=utf-8', ...result.headers });
    response.end(method === 'HEAD' ? undefined : result.body);
  }

  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A namespace is asked for in itself: `namespaces "x" is forbidden ... in the namespace "x"`. */
function reviewedNamespace(kind: Kind, namespace: string | undefined, name: string): string | undefined {
  return kind.resource === 'namespaces' && name !== '' ? name : namespace;
}

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
