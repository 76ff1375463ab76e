import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { vi } from 'vitest';
import { namesCredential } from '#model/redact.ts';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { dataOf } from '#rehearsal/tree.ts';
import { scratchFile, scratchFolder } from '../scratch.ts';
import { gitOverHttp, script } from '../surroundings/git-servers.ts';
import { git } from '../surroundings/lab.ts';
import { frontOf, serveHttp } from '../surroundings/servers.ts';
import type { Markers } from './search.ts';

/** Nothing about it says that it is a secret. */
const invent = (): string => randomBytes(10).toString('hex');
const PEM = ['-----BEGIN RSA PRIVATE KEY-----', '-----END RSA PRIVATE KEY-----'];

export interface Surroundings {
  /** All but those of the cluster's Secrets. */
  readonly markers: Markers;
  readonly bearer: string;
  readonly plugin: string;
  /** Arguments of each git that was started, and what its environment had that ours has not. */
  startedGits(): Promise<string>;
}

/** Everything that surrounds the program holds credentials that work. */
export async function plantSurroundings(cluster: EmbeddedCluster, closing: AsyncDisposableStack): Promise<Surroundings> {
  const tokens = { 'bearer token': invent(), "plugin's token": invent() };
  const key = invent();
  const server = await serveHttp(
    frontOf(cluster.url, (token) => (Object.values(tokens).includes(token) ? 'admin' : token)),
    closing,
  );
  const status = { token: tokens["plugin's token"], expirationTimestamp: '2100-01-01T00:00:00Z' };
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status };
  const login = { apiVersion: credential.apiVersion, command: await script('login', `echo '${JSON.stringify(credential)}'`) };
  const secretKey = Buffer.from([PEM[0], key, PEM[1]].join('\n')).toString('base64');
  const kubeconfig = (user: object) => scratchFile('kubeconfig', kubeconfigOf(server, user));
  const bearer = await kubeconfig({ token: tokens['bearer token'], 'client-key-data': secretKey });
  const plugin = await kubeconfig({ exec: { ...login, interactiveMode: 'Never' } });
  const surrounding = { AWS_SECRET_ACCESS_KEY: invent(), GITHUB_TOKEN: invent(), GIT_PASSWORD: invent() };
  const proxy = invent();
  const started = join(await scratchFolder(), 'gits');
  const own = await script('git', `{ printf '%s\\n' "$@"; env; } >> ${started}`, `exec ${realGit()} "$@"`);
  const remote = await plantRemote(cluster, closing);
  const environment = {
    ...surrounding,
    HTTPS_PROXY: `http://somebody:${proxy}@127.0.0.1:1`,
    ANTON_LOGGING_REHEARSAL: server,
    TMPDIR: await scratchFolder(),
    XDG_STATE_HOME: await scratchFolder(),
    GIT_CONFIG_GLOBAL: '/dev/null',
    PATH: `${dirname(own)}:${process.env.PATH}`,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  closing.defer(() => void vi.unstubAllEnvs());
  return {
    markers: { ...tokens, 'client key': key, ...surrounding, 'proxy password': proxy, ...remote },
    bearer,
    plugin,
    async startedGits() {
      const ours = new Set(Object.entries(process.env).map(([name, value]) => `${name}=${value}`));
      return (await readFile(started, 'utf8'))
        .split('\n')
        .filter((line) => !ours.has(line))
        .join('\n');
    },
  };
}

/** It is fetched from with what stands in its address, and pushed to with what a helper gives. */
async function plantRemote({ checkout, remote }: EmbeddedCluster, closing: AsyncDisposableStack): Promise<Markers> {
  const logins = ['address', 'helper'].map((user) => ({ user, password: invent() }));
  const [address, helper] = logins.map(({ password }) => password);
  git(remote, 'config', 'http.receivepack', 'true');
  const url = new URL(`${await serveHttp(gitOverHttp(dirname(remote), logins), closing)}/repository.git`);
  url.username = 'helper';
  git(checkout, 'remote', 'set-url', '--push', 'origin', url.href);
  git(checkout, 'config', 'credential.helper', `!echo password=${helper};:`);
  Object.assign(url, { username: 'address', password: address });
  git(checkout, 'remote', 'set-url', 'origin', url.href);
  return { 'password in the address': String(address), "helper's password": String(helper) };
}

/** What the cluster's Secrets hold now: of S3, of Grafana, and of others whom we have nothing to do with. */
export function secretsOf({ world }: EmbeddedCluster): Markers {
  const values = world.store.list('v1', 'Secret').flatMap((secret) => {
    const { namespace, name } = secret.metadata;
    const entries = Object.entries(dataOf(secret)).filter(([key]) => namesCredential(key));
    return entries.map(([key, value]) => [`${key} of ${namespace}/${name}`, Buffer.from(String(value), 'base64').toString()]);
  });
  return Object.fromEntries(values);
}

function kubeconfigOf(server: string, user: object): string {
  const name = 'homelab';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user }],
  });
}

function realGit(): string {
  return execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
}
