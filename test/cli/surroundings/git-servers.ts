import { execFileSync, spawn } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { scratchFolder } from '../scratch.ts';

/** Whoever may come in over HTTP. */
export const LOGIN = { user: 'somebody', password: 'hunter2' };

/** The repositories of a folder as a Git server gives them out over HTTP: to those who log in (git http-backend behind Basic). */
export function gitOverHttp(repositories: string, logins = [LOGIN]): RequestListener {
  const backend = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend');
  const expected = logins.map(({ user, password }) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);
  return (request, response) => {
    if (expected.includes(request.headers.authorization ?? '')) return runBackend(backend, repositories, request, response);
    request.resume();
    response.writeHead(401, { 'www-authenticate': 'Basic realm="homelab"' }).end();
  };
}

/** As CGI: https://git-scm.com/docs/git-http-backend */
function runBackend(backend: string, repositories: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
  const { headers } = request;
  const child = spawn(backend, [], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: repositories,
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_USER: LOGIN.user,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers['content-type'],
      CONTENT_LENGTH: headers['content-length'],
      HTTP_CONTENT_ENCODING: headers['content-encoding'],
      GIT_PROTOCOL: headers['git-protocol'] as string | undefined,
    },
  });
  child.stdin.on('error', () => {});
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    const output = Buffer.concat(chunks);
    const end = output.indexOf('\r\n\r\n');
    const head = output.subarray(0, end).toString().split('\r\n');
    const values = head.map((line) => line.split(/:\s*(.*)/s).slice(0, 2) as [string, string]);
    const status = values.find(([name]) => name === 'Status')?.[1] ?? '200';
    response
      .writeHead(Number.parseInt(status, 10), Object.fromEntries(values.filter(([name]) => name !== 'Status')))
      .end(output.subarray(end + 4));
  });
}

/** A program for git to call. */
export async function script(name: string, ...lines: readonly string[]): Promise<string> {
  const file = join(await scratchFolder(), name);
  await writeFile(file, `#!/bin/sh\n${lines.join('\n')}\n`);
  await chmod(file, 0o755);
  return file;
}

/** In ssh's place: does on this machine what is to be done on the other. */
export function sshStandIn(): Promise<string> {
  return script('ssh', 'for command; do :; done', 'exec sh -c "$command"');
}
