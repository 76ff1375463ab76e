import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export const TAMPERINGS = ['403', '404', '500', 'nothing', 'html', 'truncated', 'stale', 'never'] as const;
export type Tampering = (typeof TAMPERINGS)[number];

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Stands between an API server and its client. */
export interface Front {
  readonly url: string;
  /** What was answered so far, by what was asked: the stale answers of another time. */
  readonly answers: Map<string, Answer>;
  /** From now on everything that a target answers is tampered with. */
  tamper(target: string, how: Tampering, stale: ReadonlyMap<string, Answer>): void;
  stop(): Promise<void>;
}

const HTML = '<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in to continue.</body></html>';

/** What answers to a path: a service by its name, the pods of a workload, or a resource of the API server itself. */
export function targetOf(path: string): string {
  const [, namespace, kind, name = ''] = /\/namespaces\/([^/]+)\/(services|pods)\/([^/]+):\d+\/proxy/.exec(path) ?? [];
  if (kind === 'services') return `service ${namespace}/${name}`;
  if (kind === 'pods') return `pods ${namespace}/${name.slice(0, name.lastIndexOf('-'))}`;
  const [, , resource = path, rest = ''] = /^\/apis?\/(?:[^/]+\/)?v\w+(\/namespaces\/[^/]+(?=\/))?\/([^/?]+)([^?]*)/.exec(path) ?? [];
  return rest.endsWith('/log') ? 'logs of pods' : resource;
}

export async function startFront(upstream: string): Promise<Front> {
  const answers = new Map<string, Answer>();
  let tampered: { readonly target: string; readonly how: Tampering; readonly stale: ReadonlyMap<string, Answer> } | undefined;
  const server = createServer((request, response) => void pass(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = request;
    const isTouched = tampered !== undefined && targetOf(path) === tampered.target && (path.includes('/proxy') || method === 'GET');
    if (/[?&]watch=/.test(path))
      return passOn(upstream, request, (answer) => void answer.pipe(response.writeHead(answer.statusCode ?? 500))) as unknown as undefined;
    if (tampered !== undefined && isTouched && tampered.how === 'never') return;
    const answer = await fetchAnswer(upstream, request);
    answers.set(`${method} ${path}`, answer);
    answers.set(`${method} ${path.split('?')[0]}`, answer);
    if (tampered === undefined || !isTouched) return send(response, answer);
    if (tampered.how === 'nothing') return void request.socket.destroy();
    const { stale } = tampered;
    const old = stale.get(`${method} ${path}`) ?? stale.get(`${method} ${path.split('?')[0]}`) ?? answer;
    send(response, tamperWith(tampered.how, answer, old));
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    tamper(target, how, stale) {
      tampered = { target, how, stale };
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function tamperWith(how: Tampering, answer: Answer, old: Answer): Answer {
  const plain = { 'content-type': 'text/plain; charset=utf-8' };
  if (how === 'html') return { status: 200, headers: { 'content-type': 'text/html' }, body: Buffer.from(HTML) };
  if (how === 'truncated') return { ...answer, body: answer.body.subarray(0, Math.floor(answer.body.length / 2)) };
  if (how === 'stale') return old;
  const words: Readonly<Record<string, string>> = { 403: 'Forbidden', 404: '404 page not found', 500: 'Internal Server Error' };
  return { status: Number(how), headers: plain, body: Buffer.from(`${words[how]}\n`) };
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...kept } = headers;
  response.writeHead(status, kept).end(body);
}

async function fetchAnswer(upstream: string, request: IncomingMessage): Promise<Answer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => passOn(upstream, request, resolve).on('error', reject));
  return { status: answer.statusCode ?? 500, headers: answer.headers, body: await buffer(answer) };
}

function passOn(upstream: string, request: IncomingMessage, onAnswer: (answer: IncomingMessage) => void) {
  const { method, url = '/', headers } = request;
  return request.pipe(ask(`${upstream}${url}`, { method, headers, agent: false }, onAnswer));
}
