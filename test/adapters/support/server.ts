import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { connect, type Kubernetes } from '#adapters/kubernetes/connect.ts';

export type Handler = (request: IncomingMessage & { readonly body: string }, response: ServerResponse) => void;

/** A tiny API server on loopback that is gone after the test. Requests for /version are answered for it. */
export async function serve(handler: Handler): Promise<{ url: string; kubernetes: Kubernetes; kubeconfig: string }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/version') return json(response, 200, { gitVersion: 'v1.33.4' });
      handler(Object.assign(request, { body: Buffer.concat(chunks).toString() }), response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kubeconfig = await writeKubeconfig(url);
  return { url, kubeconfig, kubernetes: await connect({ kubeconfig }) };
}

export async function writeKubeconfig(url: string, token = 'secret-token'): Promise<string> {
  const file = path.join(await temporary(), 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'lab',
    contexts: [
      { name: 'lab', context: { cluster: 'lab', user: 'lab' } },
      { name: 'other', context: { cluster: 'lab', user: 'lab' } },
    ],
    clusters: [{ name: 'lab', cluster: { server: url } }],
    users: [{ name: 'lab', user: { token } }],
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

/** A folder that is gone after the test. */
export async function temporary(): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'anton-logging-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export function status(response: ServerResponse, code: number, reason: string, message: string): void {
  json(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message });
}
