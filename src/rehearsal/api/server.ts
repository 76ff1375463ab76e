import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { dataOf } from '../tree.ts';
import { authenticate } from './authorize.ts';
import type { ProcessFinder } from './proxy.ts';
import { route, type ServedWorld } from './route.ts';
import { Refusal } from './status.ts';

export interface ApiServer {
  /** "http://127.0.0.1:PORT" */
  readonly url: string;
  stop(): Promise<void>;
}

/** How the machine does that this runs on. */
const STATE = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'rehearsal', name: 'api-server' };

/** Serves the world's objects on any free port of 127.0.0.1 as a Kubernetes API server does. */
export async function startApi(world: ServedWorld, findProcess: ProcessFinder): Promise<ApiServer> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const state = () => dataOf(world.store.get(STATE));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Date', new Date(world.now().getTime() + Number(state().clockAheadMilliseconds ?? 0)).toUTCString());
    try {
      const user = authenticate(request.headers.authorization);
      const call = { user, url: new URL(request.url ?? '/', url), request, response, body: await buffer(request) };
      const result = await route(world, findProcess, call);
      if (result !== undefined) send(response, result.code, result.body);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'InternalError', `Internal error occurred: ${error}`);
      send(response, refusal.code, refusal.body);
    }
  }

  /** Nobody listens while it is down: whoever is connected is cut off, whoever comes is refused. */
  function followState(): void {
    const isDown = state().down === 'true';
    if (isDown === !server.listening) return;
    if (!isDown) server.listen(port, '127.0.0.1');
    else server.close();
    if (isDown) server.closeAllConnections();
  }

  const unsubscribe = world.store.subscribe(followState);
  return {
    url,
    async stop() {
      unsubscribe();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, code: number, body: object | string): void {
  const isText = typeof body === 'string';
  if (code === 429) response.setHeader('Retry-After', '1');
  response.writeHead(code, { 'Content-Type': isText ? 'text/plain; charset=utf-8' : 'application/json' });
  response.end(isText ? body : JSON.stringify(body));
}
