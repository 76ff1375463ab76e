import fs from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import path from 'node:path';
import { logKey } from '#rehearsal/controllers/logs.ts';
import type { World } from '#rehearsal/world.ts';
import type { Keys } from '../parts/keys.ts';
import { logName } from './pod.ts';

/** The kubelets' own port on every node address: what the API server asks for logs. The world knows what containers without a process wrote. */
export async function startKubeletFront(directory: string, keys: Keys, world: World): Promise<Server> {
  const { certificate, key } = keys.certificate('kubelet');
  const server = createServer({ cert: await fs.readFile(certificate), key: await fs.readFile(key) }, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://kubelet');
    if (url.pathname.startsWith('/containerLogs/')) void answerLogs(directory, url, world, response);
    else response.writeHead(404).end('404 page not found\n');
  });
  await new Promise<void>((resolve) => server.listen(10250, '0.0.0.0', resolve));
  return server;
}

async function answerLogs(directory: string, url: URL, { store, logs }: World, response: ServerResponse): Promise<void> {
  const [, , namespace = '', pod = '', container = ''] = url.pathname.split('/').map(decodeURIComponent);
  const isPrevious = url.searchParams.get('previous') === 'true';
  const file = path.join(directory, 'log', `${logName(namespace, pod, container)}${isPrevious ? '.previous' : ''}.log`);
  const written = await fs.readFile(file, 'utf8').catch(() => undefined);
  const since = Date.now() - Number(url.searchParams.get('sinceSeconds') ?? Number.POSITIVE_INFINITY) * 1000;
  const object = store.get({ apiVersion: 'v1', kind: 'Pod', namespace, name: pod });
  const simulated = object === undefined ? undefined : logs.get(logKey(object));
  const lines =
    written?.split('\n').slice(0, -1) ??
    (simulated ?? []).filter((each) => !isPrevious && each.container === container && each.at.getTime() >= since).map(({ line }) => line);
  const tail = url.searchParams.get('tailLines');
  const chosen = tail === null ? lines : lines.slice(Math.max(0, lines.length - Number(tail)));
  response.writeHead(200, { 'content-type': 'text/plain' }).end(chosen.map((line) => `${line}\n`).join(''));
}
