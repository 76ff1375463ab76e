import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers what the check of log coverage asks: a cluster of so many pods, of which some write and have no stream, and some are silent. */
const PODS = Number(process.argv[2]);
const NAMESPACES = 200;
const PAGE = 250;
/** Of each thousand pods, the first one is missing and the second one silent. */
const EVERY = 1000;
/** About what the fields that nobody asks for come to: environment, volumes, conditions, managed fields; bytes. */
const REST = 'x'.repeat(9000);

let requests = 0;
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const pod = /\/pods\/pod-(\d+)\/log$/.exec(pathname)?.[1];
  if (pathname === '/requests') return void response.end(String(requests));
  if (pathname === '/version') return void response.end('{"gitVersion":"v1.33.4"}');
  requests += 1;
  if (pod !== undefined) return void response.end(Number(pod) % EVERY === 0 ? 'a line\n' : '');
  if (pathname === '/api/v1/pods') return void response.end(page(Number(searchParams.get('continue') ?? 0)));
  const namespace = /"namespace-(\d+)"/.exec(searchParams.get('query') ?? '')?.[1];
  if (pathname.endsWith('/loki/api/v1/label/pod/values')) return void response.end(streamsOf(Number(namespace)));
  response.writeHead(404).end();
});
server.listen(0, '127.0.0.1', () => process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));

function page(start: number): string {
  const items = Array.from({ length: Math.min(PAGE, PODS - start) }, (_, index) => {
    const number = start + index;
    return {
      metadata: { name: `pod-${number}`, namespace: `namespace-${number % NAMESPACES}`, uid: `${number}`, annotations: { rest: REST } },
      spec: {
        nodeName: `node-${number % 300}`,
        containers: [
          { name: 'main', image: 'image' },
          { name: 'sidecar', image: 'image' },
        ],
      },
      status: { phase: 'Running' },
    };
  });
  const next = start + PAGE < PODS ? { continue: String(start + PAGE) } : {};
  return JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: next, items });
}

function streamsOf(namespace: number): string {
  const numbers = Array.from({ length: PODS / NAMESPACES }, (_, index) => index * NAMESPACES + namespace);
  return JSON.stringify({ status: 'success', data: numbers.filter((number) => number % EVERY > 1).map((number) => `pod-${number}`) });
}
