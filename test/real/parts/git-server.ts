import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { execa } from 'execa';

/** Git over HTTP (git http-backend) below /git, and the files of a chart repository below /charts. */
export const FILES_PORT = 9080;

export async function startGitServer(repositories: string, charts: string): Promise<void> {
  const { stdout } = await execa('git', ['--exec-path']);
  const backend = path.join(stdout.trim(), 'git-http-backend');
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname.startsWith('/git/')) serveGit(backend, repositories, request, response);
    else if (pathname.startsWith('/charts/')) void serveFile(path.join(charts, path.basename(pathname)), response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(FILES_PORT, '0.0.0.0', resolve));
}

/** As a web server runs it: https://git-scm.com/docs/git-http-backend, CGI in and out. */
function serveGit(backend: string, repositories: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const { headers } = request;
  const child = spawn(backend, [], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: repositories,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      PATH_INFO: decodeURIComponent(url.pathname.slice('/git'.length)),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers['content-type'],
      CONTENT_LENGTH: headers['content-length'],
      HTTP_CONTENT_ENCODING: headers['content-encoding'],
      GIT_PROTOCOL: headers['git-protocol'] as string | undefined,
      REMOTE_ADDR: request.socket.remoteAddress,
    },
  });
  child.on('error', () => response.writeHead(500).end());
  // A backend that has heard enough closes its ear.
  child.stdin.on('error', () => {});
  request.pipe(child.stdin);
  let head = Buffer.alloc(0);
  child.stdout.on('data', function read(chunk: Buffer) {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    child.stdout.off('data', read);
    const lines = head
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map((line) => line.split(/:\s*(.*)/s) as [string, string]);
    const status = lines.find(([name]) => name.toLowerCase() === 'status')?.[1] ?? '200';
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(lines.filter(([name]) => name.toLowerCase() !== 'status')));
    response.write(head.subarray(end + 4));
    child.stdout.pipe(response);
  });
  child.on('close', () => response.end());
}

async function serveFile(file: string, response: ServerResponse): Promise<void> {
  try {
    const content = await fs.readFile(file);
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(content);
  } catch {
    response.writeHead(404).end('not found');
  }
}
