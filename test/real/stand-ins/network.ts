import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Manifest } from '#model/kubernetes.ts';
import { isReady } from '#rehearsal/controllers/apply.ts';
import type { Send } from '#rehearsal/services/network.ts';
import { hasLabels, specOf, statusOf, type Tree } from '#rehearsal/tree.ts';
import type { ServiceRequest, ServiceResponse, World } from '#rehearsal/world.ts';

/** How long one process waits for another; milliseconds. */
const PATIENCE = 10_000;

/** Real HTTP to what listens behind a service; there is no DNS, so that names are looked up in the world. */
export const send: Send = async (world, url, { method, query, body }) => {
  const target = locate(world, url);
  if (target === undefined) return undefined;
  for (const [name, value] of query) target.searchParams.append(name, value);
  try {
    const response = await fetch(target, {
      method,
      ...(body.length > 0 && { body: new Uint8Array(body), headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const contentType = response.headers.get('content-type') ?? '';
    return { status: response.status, contentType, body: Buffer.from(await response.arrayBuffer()) };
  } catch {
    // Whatever it was, nobody answered.
    return undefined;
  }
};

/** The URL with the address of a ready pod in place of SERVICE.NAMESPACE.svc; undefined when there is none. */
export function locate({ store }: World, url: string): URL | undefined {
  const target = new URL(url);
  const [name = '', namespace = ''] = target.hostname.split('.');
  const service = store.get({ apiVersion: 'v1', kind: 'Service', namespace, name });
  const port = specOf(service).ports?.find((each: Tree) => each.port === Number(target.port || 80));
  const pods = store.list('v1', 'Pod', namespace).filter((pod) => hasLabels(pod, specOf(service).selector));
  const pod = pods.find(isReady);
  if (pod === undefined || port === undefined) return undefined;
  target.host = `${statusOf(pod).podIP}:${portOf(pod, port.targetPort ?? port.port)}`;
  return target;
}

/** A port of a pod by number, or by the name that one of its containers gives it. */
export function portOf(pod: Manifest, port: number | string): number | undefined {
  if (typeof port === 'number') return port;
  const ports: Tree[] = specOf(pod).containers.flatMap((container: Tree) => container.ports ?? []);
  return ports.find(({ name }) => name === port)?.containerPort;
}

/**
 * Answers on every address of the cluster until the signal aborts; an undefined answer breaks the connection, as when nobody
 * listens. Port 0: any.
 */
export async function listen(
  port: number,
  answer: (request: ServiceRequest, address: string) => Promise<ServiceResponse | undefined>,
  signal: AbortSignal,
): Promise<Server> {
  const server = createServer((request, response) => void respond(request, response));
  signal.addEventListener('abort', () => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '0.0.0.0', resolve));
  return server;

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const path = decodeURIComponent(pathname);
    try {
      const body = await buffer(request);
      const given = await answer({ method: request.method ?? 'GET', path, query, headers, body }, request.socket.localAddress ?? '');
      if (given === undefined) response.destroy();
      else response.writeHead(given.status, { 'content-type': given.contentType ?? 'text/plain', ...given.headers }).end(given.body);
    } catch (error) {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
    }
  }
}
