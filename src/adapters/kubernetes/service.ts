import { Unobserved } from '#model/errors.ts';
import { type ServiceRef, serviceName } from '#model/kubernetes.ts';
import type { HttpAnswer, HttpRequest, SecretKeys } from '#model/read.ts';
import type { Kubernetes, Method, Reply, RequestOptions } from './connect.ts';
import { messageOf, statusOf } from './failures.ts';
import { pathOfProxy } from './paths.ts';
import { readCredential } from './read.ts';

/** The API server's own refusals to ask. */
const NO_ANSWER: Readonly<Record<number, Unobserved['reason']>> = { 401: 'unauthorized', 403: 'forbidden', 429: 'overloaded' };

/**
 * HTTP to a service in the cluster over the API server's service proxy. Every status is an answer, also the API server's own
 * "no endpoints available" and "services not found": only its refusal to ask is none.
 * @throws Unobserved
 */
export async function requestService(
  kubernetes: Kubernetes,
  service: ServiceRef,
  method: Method,
  path: string,
  options: RequestOptions,
): Promise<Reply> {
  // Ceph's object gateway answers in JSON to whoever prefers that: each service says it in its own way.
  const headers = { accept: '*/*', ...options.headers };
  const reply = await kubernetes.request(method, `${pathOfProxy(service)}${path}`, { ...options, headers, proxied: true });
  const reason = NO_ANSWER[reply.status];
  if (reason === undefined || statusOf(reply) === undefined) return reply;
  throw new Unobserved(reason, `service ${serviceName(service)}: ${messageOf(reply)}`);
}

export type ReadService = (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>;

/** Reads services, logging in where a request asks for it; a session is kept for each service until it is refused. */
export function createServiceReader(kubernetes: Kubernetes): ReadService {
  const sessions = new Map<string, string>();

  async function send(request: HttpRequest, cookie: string | undefined, signal: AbortSignal): Promise<Reply> {
    const { service, method = 'GET', path, query, body } = request;
    return requestService(kubernetes, service, method, path, {
      signal,
      ...(query !== undefined && { query }),
      ...(body !== undefined && { body, contentType: 'application/json' }),
      ...(cookie !== undefined && { headers: { cookie } }),
    });
  }

  async function ask(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const started = performance.now();
    if (request.login === undefined) return answer(await send(request, undefined, signal), started);
    const key = serviceName(request.service);
    const kept = sessions.get(key);
    if (kept !== undefined) {
      const reply = await send(request, kept, signal);
      if (reply.status !== 401) return answer(reply, started);
      sessions.delete(key);
    }
    const session = await logIn(kubernetes, request.service, request.login, signal);
    // A refused login is what the service answers to this request.
    if (typeof session !== 'string') return answer(session, started);
    sessions.set(key, session);
    const restarted = performance.now();
    return answer(await send(request, session, signal), restarted);
  }

  return async (request, signal) => {
    let last = await ask(request, signal);
    const took = [...last.took];
    while (took.length < (request.times ?? 1) && last.status === 200) {
      last = await ask(request, signal);
      took.push(...last.took);
    }
    return { ...last, took };
  };
}

/** The API server itself: "/version", "/readyz". */
export async function readApi(kubernetes: Kubernetes, path: string, signal: AbortSignal): Promise<HttpAnswer> {
  const started = performance.now();
  const reply = await kubernetes.request('GET', path, { signal, proxied: true });
  const reason = NO_ANSWER[reply.status];
  if (reason !== undefined) throw new Unobserved(reason, `${path}: ${messageOf(reply)}`);
  return answer(reply, started);
}

/** The cookie of a new session, or the answer that refused one. */
async function logIn(kubernetes: Kubernetes, service: ServiceRef, keys: SecretKeys, signal: AbortSignal): Promise<string | Reply> {
  const credential = (await readCredential(kubernetes, keys, signal)).reveal();
  const reply = await requestService(kubernetes, service, 'POST', '/login', { body: credential, signal });
  const cookies = (reply.headers['set-cookie'] ?? '').split('\n').map((cookie) => cookie.split(';', 1)[0] ?? '');
  const cookie = cookies.filter((pair) => pair !== '').join('; ');
  return reply.status === 200 && cookie !== '' ? cookie : reply;
}

function answer(reply: Reply, started: number): HttpAnswer {
  return {
    of: 'http',
    status: reply.status,
    contentType: reply.headers['content-type'] ?? '',
    body: reply.body,
    ...(reply.headers.date !== undefined && { date: reply.headers.date }),
    took: [performance.now() - started],
  };
}
