import { writeFile } from 'node:fs/promises';
import { vi } from 'vitest';
import { scratchFolder } from '../scratch.ts';
import { type Case, changeKubeconfig, type Lab } from './lab.ts';
import { createAuthority, serveHttp, serveHttps } from './servers.ts';

/** The kubeconfig leads elsewhere. */
async function pointTo(lab: Lab, server: string): Promise<void> {
  vi.stubEnv('ANTON_LOGGING_REHEARSAL', '');
  await changeKubeconfig(lab, lab.cluster.url, server);
}

/** Somebody who may do next to nothing. A rehearsal's clock would be the first thing that is forbidden. */
async function beLimited(lab: Lab): Promise<void> {
  vi.stubEnv('ANTON_LOGGING_REHEARSAL', '');
  await changeKubeconfig(lab, 'token: admin', 'token: limited');
}

const html = '<!doctype html>\n<html><head><title>Router login</title></head><body>Welcome</body></html>\n';

export const CLUSTER: readonly Case[] = [
  {
    name: 'Nobody listens at the address of the API server',
    arrange: (lab) => pointTo(lab, 'http://127.0.0.1:1'),
    command: 'status',
    exit: 7,
  },
  {
    name: 'The name of the API server leads nowhere',
    arrange: (lab) => pointTo(lab, 'https://api.homelab.invalid:6443'),
    command: 'status',
    exit: 7,
  },
  {
    name: 'The API server is no API server but a web page',
    arrange: async (lab) =>
      pointTo(lab, await serveHttp((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html), lab.closing)),
    command: 'status',
    exit: 7,
  },
  {
    name: 'The API server is no API server but a web page, and something is to be run',
    arrange: async (lab) =>
      pointTo(lab, await serveHttp((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(html), lab.closing)),
    command: 'run --yes',
    exit: 7,
  },
  {
    name: 'A web server that has no such page',
    arrange: async (lab) =>
      pointTo(
        lab,
        await serveHttp((_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<html>\n404 page'), lab.closing),
      ),
    command: 'plan',
    exit: 7,
  },
  {
    name: 'A login page in front of the API server',
    arrange: async (lab) =>
      pointTo(
        lab,
        await serveHttp((_, response) => response.writeHead(302, { location: 'https://login.example.org/' }).end(), lab.closing),
      ),
    command: 'status',
    exit: 7,
  },
  {
    name: 'A gateway whose API server is down',
    arrange: async (lab) =>
      pointTo(
        lab,
        await serveHttp(
          (_, response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<html>\n<h1>Bad gateway</h1>'),
          lab.closing,
        ),
      ),
    command: 'status',
    exit: 7,
  },
  {
    name: 'HTTPS is spoken to a server of HTTP',
    arrange: (lab) => pointTo(lab, lab.cluster.url.replace('http:', 'https:')),
    command: 'status',
    exit: 7,
  },
  {
    name: 'HTTP is spoken to a server of HTTPS',
    needs: 'openssl',
    arrange: async (lab) => {
      const { text } = await (await createAuthority('homelab-ca')).issue('/CN=api', 'IP:127.0.0.1');
      await pointTo(lab, (await serveHttps((_, response) => response.end('{}'), text, lab.closing)).replace('https:', 'http:'));
    },
    command: 'status',
    exit: 7,
  },
  {
    name: 'The API server has a certificate of another authority',
    needs: 'openssl',
    arrange: async (lab) => {
      const { text } = await (await createAuthority('other-ca')).issue('/CN=api', 'IP:127.0.0.1');
      await pointTo(lab, await serveHttps((_, response) => response.end('{}'), text, lab.closing));
    },
    command: 'status',
    exit: 7,
  },
  {
    name: 'The API server does not know the credentials',
    arrange: (lab) => changeKubeconfig(lab, 'token: admin', 'token: expired'),
    command: 'status',
    exit: 7,
  },
  {
    name: 'The API server does not know the credentials, and something is to be run',
    arrange: (lab) => changeKubeconfig(lab, 'token: admin', 'token: expired'),
    command: 'run --yes',
    exit: 7,
  },
  {
    name: 'The credentials may read nothing that is needed',
    arrange: (lab) => beLimited(lab),
    command: 'run --yes',
    exit: 7,
  },
  {
    name: 'The credentials may list nothing, and goals are to be drafted',
    arrange: async (lab) => {
      await beLimited(lab);
      return ['--goals', `${await scratchFolder()}/goals.json`];
    },
    command: 'init',
    exit: 7,
  },
  { name: 'The kubeconfig has no such context', arrange: async () => ['--context', 'moon'], command: 'status', exit: 2 },
  {
    name: 'The kubeconfig has no current context',
    arrange: (lab) => changeKubeconfig(lab, 'current-context: rehearsal\n', ''),
    command: 'status',
    exit: 2,
  },
  {
    name: 'The current context is none of the kubeconfig’s',
    arrange: (lab) => changeKubeconfig(lab, 'current-context: rehearsal\n', 'current-context: gone\n'),
    command: 'status',
    exit: 2,
  },
  {
    name: 'The context names a cluster that the kubeconfig lacks',
    arrange: (lab) => changeKubeconfig(lab, 'cluster: rehearsal', 'cluster: gone'),
    command: 'status',
    exit: 2,
  },
  {
    name: 'The context names a user that the kubeconfig lacks',
    arrange: (lab) => changeKubeconfig(lab, 'user: rehearsal', 'user: gone'),
    command: 'status',
    exit: 2,
  },
  {
    name: 'The address of the API server is none',
    arrange: (lab) => changeKubeconfig(lab, lab.cluster.url, 'homelab'),
    command: 'status',
    exit: 2,
  },
  {
    name: 'The address of the API server has a port and no scheme',
    arrange: (lab) => changeKubeconfig(lab, lab.cluster.url, 'homelab:6443'),
    command: 'status',
    exit: 2,
  },
  {
    name: 'The address of the API server has no scheme',
    arrange: (lab) => changeKubeconfig(lab, lab.cluster.url, '10.0.0.1:6443'),
    command: 'status',
    exit: 2,
  },
  {
    name: 'The kubeconfig that is named is not there',
    arrange: async () => ['--kubeconfig', '/nowhere/kubeconfig'],
    command: 'status',
    exit: 2,
  },
  {
    name: 'KUBECONFIG names no file',
    arrange: async () => void vi.stubEnv('KUBECONFIG', '/nowhere/kubeconfig'),
    command: 'status',
    exit: 2,
  },
  {
    name: 'There is no kubeconfig at all',
    arrange: async () => {
      vi.stubEnv('KUBECONFIG', '');
      vi.stubEnv('HOME', await scratchFolder());
    },
    command: 'status',
    exit: 2,
  },
  { name: 'The kubeconfig is a folder', arrange: async () => ['--kubeconfig', await scratchFolder()], command: 'status', exit: 2 },
  { name: 'The kubeconfig is no YAML', arrange: (lab) => writeFile(lab.kubeconfig, 'clusters: [\n'), command: 'status', exit: 2 },
  { name: 'The kubeconfig is empty', arrange: (lab) => writeFile(lab.kubeconfig, ''), command: 'status', exit: 2 },
  { name: 'The kubeconfig is something else', arrange: (lab) => writeFile(lab.kubeconfig, '- one\n- two\n'), command: 'status', exit: 2 },
  {
    name: 'ANTON_LOGGING_REHEARSAL is set, and the kubeconfig leads elsewhere',
    arrange: async () => void vi.stubEnv('ANTON_LOGGING_REHEARSAL', 'http://127.0.0.1:1'),
    command: 'status',
    exit: 2,
  },
];
