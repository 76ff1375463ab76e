import fs from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { HOST, NODE_ADDRESSES } from './network.ts';

/** Paths of what the parts know each other by; the keys live as long as the cluster. */
export interface Keys {
  readonly ca: string;
  /** A certificate and its key, by name. */
  readonly certificate: (name: 'apiserver' | 'kubelet' | 'kubelet-client' | 'front-proxy') => {
    readonly certificate: string;
    readonly key: string;
  };
  readonly caKey: string;
  readonly serviceAccounts: { readonly key: string; readonly public: string };
  /** CSV of kube-apiserver. */
  readonly tokens: string;
}

export const API_PORT = 6443;
export const API_SERVER = `https://127.0.0.1:${API_PORT}`;
const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export async function makeKeys(directory: string): Promise<Keys> {
  const folder = path.join(directory, 'keys');
  const at = (name: string) => path.join(folder, name);
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  await openssl('req', '-x509', ...CURVE, '-days', '2', '-subj', '/CN=test-ca', '-keyout', at('ca.key'), '-out', at('ca.crt'));
  await sign(
    'apiserver',
    '/CN=kube-apiserver',
    `DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:${HOST},IP:10.89.0.1`,
    'serverAuth',
  );
  await sign('kubelet', '/CN=kubelet', `DNS:localhost,${NODE_ADDRESSES.map((node) => `IP:${node}`).join(',')}`, 'serverAuth');
  await sign('kubelet-client', '/O=system:masters/CN=kube-apiserver-kubelet-client', 'DNS:apiserver', 'clientAuth');
  await sign('front-proxy', '/CN=front-proxy-client', 'DNS:front-proxy', 'clientAuth');
  await openssl('genrsa', '-out', at('service-accounts.key'), '2048');
  await openssl('rsa', '-in', at('service-accounts.key'), '-pubout', '-out', at('service-accounts.pub'));
  await fs.writeFile(
    at('tokens.csv'),
    'admin,admin,admin,"system:masters"\nlimited,limited,limited\nplatform-engineer,platform-engineer,platform-engineer\n',
    { mode: 0o600 },
  );
  return {
    ca: at('ca.crt'),
    caKey: at('ca.key'),
    certificate: (name) => ({ certificate: at(`${name}.crt`), key: at(`${name}.key`) }),
    serviceAccounts: { key: at('service-accounts.key'), public: at('service-accounts.pub') },
    tokens: at('tokens.csv'),
  };

  async function sign(name: string, subject: string, names: string, usage: string): Promise<void> {
    await openssl('req', ...CURVE, '-subj', subject, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`));
    await fs.writeFile(at(`${name}.ext`), `subjectAltName=${names}\nextendedKeyUsage=${usage}\nkeyUsage=digitalSignature\n`);
    const signing = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at(`${name}.ext`)];
    await openssl('x509', '-req', '-in', at(`${name}.csr`), ...signing, '-out', at(`${name}.crt`));
  }
}

/** @param server as the client reaches it */
export async function writeKubeconfig(file: string, server: string, token: string, ca: string): Promise<string> {
  const authority = (await fs.readFile(ca)).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'real',
    clusters: [{ name: 'real', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: token, user: { token } }],
    contexts: [{ name: 'real', context: { cluster: 'real', user: token } }],
  };
  await fs.mkdir(path.dirname(file), { recursive: true });
  await fs.writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

async function openssl(...args: readonly string[]): Promise<void> {
  await execa('openssl', args);
}
