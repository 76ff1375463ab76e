import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, request as send } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { scratchFolder } from '../scratch.ts';

/** Something that listens on loopback until the end of the case. */
export async function serveHttp(listener: RequestListener, closing: AsyncDisposableStack): Promise<string> {
  const server = createServer(listener);
  return `http://127.0.0.1:${await listen(server, closing)}`;
}

export async function serveHttps(
  listener: RequestListener,
  options: Readonly<Record<string, unknown>>,
  closing: AsyncDisposableStack,
): Promise<string> {
  const server = createSecureServer(options, listener);
  return `https://127.0.0.1:${await listen(server, closing)}`;
}

/** The embedded API behind TLS. Whoever shows a client certificate is who its common name says. */
export function frontOf(url: string, admits: (token: string) => string = (token) => token): RequestListener {
  return (request, response) => {
    const shown = request.socket instanceof TLSSocket ? request.socket.getPeerCertificate().subject?.CN : undefined;
    const token = shown ?? admits(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    const forwarded = send(`${url}${request.url}`, { method: request.method ?? 'GET', headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    request.pipe(forwarded);
  };
}

/** A proxy that tunnels whatever name it is asked for to one server, and keeps what it was asked for. */
export async function serveProxy(to: string, closing: AsyncDisposableStack, refuses = false) {
  const asked: string[] = [];
  const server = createServer((_, response) => response.writeHead(400).end());
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.on('error', () => {});
    if (refuses) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const { hostname, port } = new URL(to);
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
  });
  return { url: `http://127.0.0.1:${await listen(server, closing)}`, asked };
}

async function listen(server: Server & { closeAllConnections(): void }, closing: AsyncDisposableStack): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export interface Pair {
  /** Paths. */
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority of its own, by openssl. */
export interface Authority extends Pair {
  /** A certificate that it signs. @param names "IP:127.0.0.1,DNS:api.example.org" */
  issue(subject: string, names?: string): Promise<Pair & { readonly text: { readonly cert: string; readonly key: string } }>;
}

export async function createAuthority(name: string): Promise<Authority> {
  const folder = await scratchFolder();
  const authority = { certificate: join(folder, 'ca.crt'), key: join(folder, 'ca.key') };
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...ec, '-keyout', authority.key, '-out', authority.certificate, '-days', '2', '-subj', `/CN=${name}`);
  let issued = 0;
  return {
    ...authority,
    async issue(subject, names) {
      issued += 1;
      const [certificate, key, request] = ['crt', 'key', 'csr'].map((ending) => join(folder, `${issued}.${ending}`)) as [
        string,
        string,
        string,
      ];
      const extension = names === undefined ? [] : ['-addext', `subjectAltName=${names}`];
      openssl('req', ...ec, '-keyout', key, '-out', request, '-subj', subject, ...extension);
      const signer = ['-CA', authority.certificate, '-CAkey', authority.key, '-CAcreateserial', '-copy_extensions', 'copy'];
      openssl('x509', '-req', '-in', request, '-out', certificate, '-days', '2', ...signer);
      return { certificate, key, text: { cert: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') } };
    },
  };
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
