import { writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, vi } from 'vitest';
import { scratchFile, scratchFolder } from '../scratch.ts';
import { script } from './git-servers.ts';
import type { Case, Lab } from './lab.ts';
import { createAuthority, frontOf, serveHttps, serveProxy } from './servers.ts';

const LOOK = { command: 'phase run 0 --yes', exit: 0, records: true } as const;

type Part = Readonly<Record<string, unknown>>;

/** A kubeconfig of one context, "homelab". */
async function useKubeconfig(lab: Lab, cluster: Part, user: Part): Promise<void> {
  // A rehearsal is at its own address alone.
  vi.stubEnv('ANTON_LOGGING_REHEARSAL', '');
  await writeFile(lab.kubeconfig, JSON.stringify(kubeconfig(cluster, user)));
}

function kubeconfig(cluster: Part, user: Part): Part {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'homelab',
    contexts: [{ name: 'homelab', context: { cluster: 'homelab', user: 'homelab' } }],
    clusters: [{ name: 'homelab', cluster }],
    users: [{ name: 'homelab', user }],
  };
}

const plainly = (lab: Lab, user: Part) => useKubeconfig(lab, { server: lab.cluster.url }, user);
const execOf = (command: string): Part => ({
  exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' },
});
/** Answers as a plugin does, with the token that a line of shell gives. */
const plugin = (token: string) =>
  script(
    'login',
    `token=$(${token})`,
    `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$token'"}}'`,
  );

/** The API server behind TLS, with a certificate for these names. */
async function behindTls(lab: Lab, names: string, options: Part = {}, admits?: (token: string) => string) {
  const authority = await createAuthority('homelab-ca');
  const { text } = await authority.issue('/CN=api', names);
  const ca = await readFile(authority.certificate, 'utf8');
  const server = await serveHttps(frontOf(lab.cluster.url, admits), { ...text, ca, ...options }, lab.closing);
  return { authority, server, 'certificate-authority-data': Buffer.from(ca).toString('base64') };
}

export const CREDENTIALS: readonly Case[] = [
  { ...LOOK, name: 'An exec plugin gives a token', arrange: async (lab) => plainly(lab, execOf(await plugin('echo admin'))) },
  {
    name: 'An exec plugin fails',
    arrange: async (lab) => plainly(lab, execOf(await script('login', 'echo "your session is over: homelab login" >&2', 'exit 1'))),
    command: 'status',
    exit: 7,
  },
  { name: 'An exec plugin is not there', arrange: (lab) => plainly(lab, execOf('homelab-login')), command: 'status', exit: 7 },
  {
    name: 'An exec plugin answers with something else',
    arrange: async (lab) => plainly(lab, execOf(await script('login', 'echo welcome'))),
    command: 'status',
    exit: 7,
  },
  {
    ...LOOK,
    name: 'A plugin’s token is over before its time: it is asked again',
    needs: 'openssl',
    async arrange(lab) {
      const count = await scratchFile('count', '');
      const command = await plugin(`echo x >> ${count}; wc -l < ${count} | tr -d ' '`);
      let requests = 0;
      // The first token is good for twenty requests.
      const admits = (token: string) => (requests++ < 20 || Number(token) > 1 ? 'admin' : 'expired');
      const { server, ...ca } = await behindTls(lab, 'IP:127.0.0.1', {}, admits);
      await useKubeconfig(lab, { server, 'certificate-authority-data': ca['certificate-authority-data'] }, execOf(command));
      lab.closing.defer(async () => expect((await readFile(count, 'utf8')).length).toBeGreaterThan(2));
    },
  },
  {
    name: 'A plugin’s token is unknown',
    arrange: async (lab) => plainly(lab, execOf(await plugin('echo old'))),
    command: 'status',
    exit: 7,
  },
  {
    ...LOOK,
    name: 'A file holds the token',
    arrange: async (lab) => plainly(lab, { tokenFile: await scratchFile('token', 'admin') }),
  },
  {
    ...LOOK,
    name: 'A file holds the token, and another one later',
    needs: 'openssl',
    async arrange(lab) {
      const tokenFile = await scratchFile('token', 'first');
      let requests = 0;
      const admits = (token: string) => {
        requests += 1;
        if (requests === 6) writeFileSync(tokenFile, 'second');
        return token === (requests < 9 ? 'first' : 'second') ? 'admin' : 'expired';
      };
      const { server, ...ca } = await behindTls(lab, 'IP:127.0.0.1', {}, admits);
      await useKubeconfig(lab, { server, 'certificate-authority-data': ca['certificate-authority-data'] }, { tokenFile });
    },
  },
  {
    name: 'The file of the token is not there',
    arrange: (lab) => plainly(lab, { tokenFile: '/nowhere/token' }),
    command: 'status',
    exit: 7,
  },
  {
    ...LOOK,
    name: 'A pod’s service account',
    async arrange(lab) {
      vi.stubEnv('ANTON_LOGGING_REHEARSAL', '');
      vi.stubEnv('KUBECONFIG', '');
      vi.stubEnv('HOME', await scratchFolder());
      const authority = await createAuthority('cluster-ca');
      const { text } = await authority.issue('/CN=kubernetes', 'IP:127.0.0.1');
      const { port } = new URL(await serveHttps(frontOf(lab.cluster.url), text, lab.closing));
      vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1');
      vi.stubEnv('KUBERNETES_SERVICE_PORT', port);
      await writeFile(join(lab.state, 'ca.crt'), await readFile(authority.certificate));
    },
    mounts: [
      'mount -t tmpfs tmpfs "$(readlink -f /var/run)"',
      'mkdir -p /var/run/secrets/kubernetes.io/serviceaccount',
      'cp "$XDG_STATE_HOME/ca.crt" /var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
      'printf admin > /var/run/secrets/kubernetes.io/serviceaccount/token',
    ].join(' && '),
  },
];

export const FILES: readonly Case[] = [
  {
    ...LOOK,
    name: 'Another context than the current one',
    async arrange(lab) {
      const { contexts, ...rest } = kubeconfig({ server: lab.cluster.url }, { token: 'admin' });
      const gone = { name: 'gone', context: { cluster: 'gone', user: 'gone' } };
      vi.stubEnv('ANTON_LOGGING_REHEARSAL', '');
      await writeFile(lab.kubeconfig, JSON.stringify({ ...rest, contexts: [gone, ...(contexts as object[])], 'current-context': 'gone' }));
      return ['--context', 'homelab'];
    },
  },
  {
    ...LOOK,
    name: 'Several files in KUBECONFIG: one is not there, and what two of them have is the first one’s',
    async arrange(lab) {
      const { users, clusters, ...first } = kubeconfig({ server: lab.cluster.url }, { token: 'admin' });
      const second = kubeconfig({ server: 'http://127.0.0.1:1' }, { token: 'admin' });
      vi.stubEnv('ANTON_LOGGING_REHEARSAL', '');
      const files = [
        await scratchFile('contexts', JSON.stringify({ ...first, clusters })),
        '/nowhere/kubeconfig',
        await scratchFile('users', JSON.stringify({ ...second, users, 'current-context': 'elsewhere' })),
      ];
      vi.stubEnv('KUBECONFIG', files.join(delimiter));
    },
  },
  {
    name: 'Several files in KUBECONFIG, and none is there',
    arrange: async () => void vi.stubEnv('KUBECONFIG', ['/nowhere/one', '/nowhere/two'].join(delimiter)),
    command: 'status',
    exit: 2,
  },
];

export const TLS: readonly Case[] = [
  {
    ...LOOK,
    name: 'An authority of its own, in the kubeconfig',
    needs: 'openssl',
    async arrange(lab) {
      const { server, ...ca } = await behindTls(lab, 'IP:127.0.0.1');
      await useKubeconfig(lab, { server, 'certificate-authority-data': ca['certificate-authority-data'] }, { token: 'admin' });
    },
  },
  {
    ...LOOK,
    name: 'An authority of its own, in a file, and a client certificate',
    needs: 'openssl',
    async arrange(lab) {
      const { authority, server } = await behindTls(lab, 'IP:127.0.0.1', { requestCert: true });
      const { certificate, key } = await authority.issue('/CN=admin');
      await useKubeconfig(
        lab,
        { server, 'certificate-authority': authority.certificate },
        { 'client-certificate': certificate, 'client-key': key },
      );
    },
  },
  {
    name: 'A client certificate of another authority',
    needs: 'openssl',
    async arrange(lab) {
      const { authority, server } = await behindTls(lab, 'IP:127.0.0.1', { requestCert: true });
      const { certificate, key } = await (await createAuthority('other-ca')).issue('/CN=admin');
      await useKubeconfig(
        lab,
        { server, 'certificate-authority': authority.certificate },
        { 'client-certificate': certificate, 'client-key': key },
      );
    },
    command: 'status',
    exit: 7,
  },
  {
    name: 'The file of the client certificate is not there',
    needs: 'openssl',
    async arrange(lab) {
      const { authority, server } = await behindTls(lab, 'IP:127.0.0.1');
      await useKubeconfig(
        lab,
        { server, 'certificate-authority': authority.certificate },
        { 'client-certificate': '/nowhere/crt', 'client-key': '/nowhere/key' },
      );
    },
    command: 'status',
    exit: 7,
  },
  {
    name: 'The certificate is for another name',
    needs: 'openssl',
    async arrange(lab) {
      const { server, ...ca } = await behindTls(lab, 'DNS:api.homelab.example');
      await useKubeconfig(lab, { server, 'certificate-authority-data': ca['certificate-authority-data'] }, { token: 'admin' });
    },
    command: 'status',
    exit: 7,
  },
  {
    ...LOOK,
    name: 'The certificate is for another name, and tls-server-name says which',
    needs: 'openssl',
    async arrange(lab) {
      const { server, ...ca } = await behindTls(lab, 'DNS:api.homelab.example');
      const named = { 'tls-server-name': 'api.homelab.example', 'certificate-authority-data': ca['certificate-authority-data'] };
      await useKubeconfig(lab, { server, ...named }, { token: 'admin' });
    },
  },
  {
    ...LOOK,
    name: 'insecure-skip-tls-verify',
    needs: 'openssl',
    async arrange(lab) {
      const { server } = await behindTls(lab, 'DNS:api.homelab.example');
      await useKubeconfig(lab, { server, 'insecure-skip-tls-verify': true }, { token: 'admin' });
    },
  },
];

const NAMED = 'https://api.homelab.example:6443';

/** The API server by a name that only a proxy knows. */
async function behindProxy(lab: Lab, options: { readonly refuses?: boolean } = {}) {
  const { server, ...ca } = await behindTls(lab, 'DNS:api.homelab.example');
  const proxy = await serveProxy(server, lab.closing, options.refuses);
  return { proxy, cluster: { server: NAMED, 'certificate-authority-data': ca['certificate-authority-data'] } };
}

export const PROXIES: readonly Case[] = [
  {
    ...LOOK,
    name: 'proxy-url in the kubeconfig',
    needs: 'openssl',
    async arrange(lab) {
      const { proxy, cluster } = await behindProxy(lab);
      await useKubeconfig(lab, { ...cluster, 'proxy-url': proxy.url }, { token: 'admin' });
      lab.closing.defer(() => expect(proxy.asked).toContain('api.homelab.example:6443'));
    },
  },
  {
    ...LOOK,
    name: 'HTTPS_PROXY',
    needs: 'openssl',
    async arrange(lab) {
      const { proxy, cluster } = await behindProxy(lab);
      await useKubeconfig(lab, cluster, { token: 'admin' });
      vi.stubEnv('NO_PROXY', 'homelab.other');
      vi.stubEnv('HTTPS_PROXY', proxy.url);
    },
  },
  {
    name: 'HTTPS_PROXY, and NO_PROXY exempts the API server',
    needs: 'openssl',
    async arrange(lab) {
      const { proxy, cluster } = await behindProxy(lab);
      await useKubeconfig(lab, { ...cluster, server: 'https://api.homelab.invalid:6443' }, { token: 'admin' });
      vi.stubEnv('HTTPS_PROXY', proxy.url);
      vi.stubEnv('NO_PROXY', '.homelab.invalid');
    },
    command: 'status',
    exit: 7,
  },
  {
    name: 'The proxy is not there',
    needs: 'openssl',
    async arrange(lab) {
      const { cluster } = await behindProxy(lab);
      await useKubeconfig(lab, { ...cluster, 'proxy-url': 'http://127.0.0.1:1' }, { token: 'admin' });
    },
    command: 'status',
    exit: 7,
  },
  {
    name: 'The proxy wants a login',
    needs: 'openssl',
    async arrange(lab) {
      const { proxy, cluster } = await behindProxy(lab, { refuses: true });
      await useKubeconfig(lab, { ...cluster, 'proxy-url': proxy.url }, { token: 'admin' });
    },
    command: 'status',
    exit: 7,
  },
];
