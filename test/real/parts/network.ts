import { execa } from 'execa';

/** Pods and nodes, and ClusterIPs. In the namespace every address of them is this machine's own. */
export const POD_NETWORK = '10.88.0.0/16';
export const SERVICE_NETWORK = '10.89.0.0/16';
/** Where what runs beside the cluster's pods is reached. */
export const HOST = '10.88.254.1';
/** Of the three nodes: their kubelets are asked there. */
export const NODE_ADDRESSES = ['10.88.255.1', '10.88.255.2', '10.88.255.3'] as const;

/**
 * The network of the namespace that we are in: no way out, no DNS, no kube-proxy. A process on 0.0.0.0:3100 answers for every pod at
 * that port, and for a ClusterIP where port and target port are the same.
 */
export async function layNetwork(): Promise<void> {
  await ip('link', 'set', 'lo', 'up');
  // Loki looks for an interface of this name.
  await ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0-peer');
  await ip('address', 'add', `${HOST}/32`, 'dev', 'eth0');
  for (const name of ['eth0', 'eth0-peer']) await ip('link', 'set', name, 'up');
  for (const network of [POD_NETWORK, SERVICE_NETWORK]) await ip('route', 'add', 'local', network, 'dev', 'lo');
}

async function ip(...args: readonly string[]): Promise<void> {
  await execa('ip', args);
}
