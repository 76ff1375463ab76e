import fs from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import { connect } from 'node:tls';
import { API_PORT, API_SERVER, writeKubeconfig } from './keys.ts';
import { HOST, SERVICE_NETWORK } from './network.ts';
import type { Running, Surroundings } from './part.ts';
import { answers, flags } from './process.ts';

export const ETCD = 'http://127.0.0.1:2379';

export function startEtcd(around: Surroundings): Promise<Running> {
  const peers = 'http://127.0.0.1:2380';
  const args = {
    name: 'test',
    'data-dir': path.join(around.directory, 'etcd'),
    'unsafe-no-fsync': 'true',
    'log-level': 'warn',
    'listen-client-urls': ETCD,
    'advertise-client-urls': ETCD,
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `test=${peers}`,
    'listen-metrics-urls': 'http://127.0.0.1:2381',
  };
  return around.start('etcd', flags(args), { ready: () => answers('http://127.0.0.1:2381/readyz'), seconds: 30 });
}

export async function startApiServer(around: Surroundings): Promise<Running> {
  const { keys, directory } = around;
  const { certificate, key } = keys.certificate('apiserver');
  const kubelet = keys.certificate('kubelet-client');
  const proxy = keys.certificate('front-proxy');
  const args = {
    'etcd-servers': ETCD,
    'bind-address': '0.0.0.0',
    'secure-port': String(API_PORT),
    'advertise-address': HOST,
    'tls-cert-file': certificate,
    'tls-private-key-file': key,
    'client-ca-file': keys.ca,
    'token-auth-file': keys.tokens,
    'authorization-mode': 'Node,RBAC',
    'anonymous-auth': 'false',
    'service-cluster-ip-range': SERVICE_NETWORK,
    'allow-privileged': 'true',
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': keys.serviceAccounts.public,
    'service-account-signing-key-file': keys.serviceAccounts.key,
    'kubelet-client-certificate': kubelet.certificate,
    'kubelet-client-key': kubelet.key,
    'kubelet-certificate-authority': keys.ca,
    'kubelet-preferred-address-types': 'InternalIP',
    'requestheader-client-ca-file': keys.ca,
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': proxy.certificate,
    'proxy-client-key-file': proxy.key,
    'audit-policy-file': await writeAuditPolicy(directory),
    'audit-log-path': path.join(directory, 'log', 'audit.log'),
    profiling: 'false',
    'shutdown-delay-duration': '0s',
  };
  return around.start('kube-apiserver', flags(args), { ready: () => isReady(keys.ca), seconds: 90 });
}

export async function startControllerManager(around: Surroundings): Promise<Running> {
  const { keys } = around;
  const args = {
    ...(await asAdmin(around)),
    'service-account-private-key-file': keys.serviceAccounts.key,
    'root-ca-file': keys.ca,
    'cluster-signing-cert-file': keys.ca,
    'cluster-signing-key-file': keys.caKey,
    'use-service-account-credentials': 'true',
    controllers: '*',
    'allocate-node-cidrs': 'false',
    'pvclaimbinder-sync-period': '5s',
  };
  return around.start('kube-controller-manager', flags(args), { ready: serves(10257), seconds: 60 });
}

export async function startScheduler(around: Surroundings): Promise<Running> {
  return around.start('kube-scheduler', flags(await asAdmin(around)), { ready: serves(10259), seconds: 60 });
}

/** One of each, so that nobody is elected. Their own ports are plain TLS with a certificate that they make: only whether one listens is asked. */
async function asAdmin({ directory, keys }: Surroundings): Promise<Record<string, string>> {
  const kubeconfig = await writeKubeconfig(path.join(directory, 'kubeconfig-components'), API_SERVER, 'admin', keys.ca);
  return {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'leader-elect': 'false',
    'bind-address': '127.0.0.1',
    profiling: 'false',
  };
}

function serves(port: number): () => Promise<boolean> {
  return () =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => done(true));
      socket.on('error', () => done(false));
      socket.setTimeout(2_000, () => done(false));
      function done(is: boolean): void {
        socket.destroy();
        resolve(is);
      }
    });
}

/** This process trusts no authority that came after its start, so that it names the one to trust. */
async function isReady(ca: string): Promise<boolean> {
  const authority = await fs.readFile(ca);
  return new Promise((resolve, reject) => {
    const options = { ca: authority, headers: { authorization: 'Bearer admin' }, signal: AbortSignal.timeout(2_000) };
    https.get(`${API_SERVER}/readyz`, options, (response) => resolve(response.resume().statusCode === 200)).once('error', reject);
  });
}

/** Who did what, without bodies: nodes and watches would fill it. */
async function writeAuditPolicy(directory: string): Promise<string> {
  const file = path.join(directory, 'audit-policy.json');
  const rules = [{ level: 'None', userGroups: ['system:nodes'] }, { level: 'None', verbs: ['watch'] }, { level: 'Metadata' }];
  await fs.writeFile(file, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived'], rules }));
  return file;
}
