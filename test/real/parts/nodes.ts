import fs from 'node:fs/promises';
import path from 'node:path';
import { REAL_CONTAINERS } from '../kubelet/programs.ts';
import { ONE_SHOT_CONTAINERS } from '../stand-ins/one-shot-pods.ts';
import { API_SERVER, writeKubeconfig } from './keys.ts';
import { NODE_ADDRESSES } from './network.ts';
import type { Running, Surroundings } from './part.ts';
import { answers, flags } from './process.ts';

/** In kwok.yaml: the containers whose pods are not kwok's. */
const NOT_KWOKS = '[NOT_KWOKS]';

/**
 * kwok plays the nodes and the pods that have no real process behind them: test/real/kwok.yaml.
 * @param all whether no pod has one
 */
export async function startKwok(around: Surroundings, all: boolean): Promise<Running> {
  const { directory, keys } = around;
  const stages = await fs.readFile(path.join(import.meta.dirname, '..', 'kwok.yaml'), 'utf8');
  const config = path.join(directory, 'kwok.yaml');
  await fs.writeFile(config, stages.replaceAll(NOT_KWOKS, `[${all ? 'nobody' : [...REAL_CONTAINERS, ...ONE_SHOT_CONTAINERS].join(', ')}]`));
  const args = {
    config,
    kubeconfig: await writeKubeconfig(path.join(directory, 'kubeconfig-kwok'), API_SERVER, 'admin', keys.ca),
    'manage-all-nodes': 'true',
    cidr: '10.88.0.0/20',
    'node-ip': NODE_ADDRESSES[0],
    // Its own server stays private: kubelets are asked at port 10250, where test/real/kubelet listens.
    'server-address': '127.0.0.1:10247',
    'node-lease-duration-seconds': '40',
  };
  return around.start('kwok', flags(args), { ready: () => answers('http://127.0.0.1:10247/healthz'), seconds: 30 });
}

/** Three nodes with an address of their own each, and the pods' addresses on them. */
export function nodeObjects(): readonly object[] {
  return NODE_ADDRESSES.map((address, index) => [address, index + 1] as const).map(([address, number]) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: `k8s-${number}`,
      annotations: { 'anton-logging.test/address': address, 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        'kubernetes.io/hostname': `k8s-${number}`,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'node-role.kubernetes.io/control-plane': '',
      },
    },
    spec: { podCIDR: `10.88.${number}.0/24`, podCIDRs: [`10.88.${number}.0/24`] },
  }));
}
