import fs from 'node:fs/promises';
import path from 'node:path';
import type { PartName } from '../cluster.ts';
import { API_SERVER, writeKubeconfig } from './keys.ts';
import { HOST } from './network.ts';
import type { Running, Surroundings } from './part.ts';
import { answers, flags } from './process.ts';

type Controller = Extract<PartName, 'source-controller' | 'kustomize-controller' | 'helm-controller'>;
/** Each has two ports of its own: for health and for metrics. */
const PORTS: Readonly<Record<Controller, number>> = { 'source-controller': 9440, 'kustomize-controller': 9442, 'helm-controller': 9444 };

/** A controller of Flux, as administrator: their own RBAC is not exercised. */
export async function startFlux(around: Surroundings, controller: Controller): Promise<Running> {
  const { directory, keys } = around;
  const home = path.join(directory, controller);
  await fs.mkdir(path.join(home, 'tmp'), { recursive: true });
  const port = PORTS[controller];
  const args = {
    'watch-all-namespaces': 'true',
    'enable-leader-election': 'false',
    'events-addr': '',
    'log-level': 'info',
    'health-addr': `127.0.0.1:${port}`,
    'metrics-addr': `127.0.0.1:${port + 1}`,
    'requeue-dependency': '5s',
    ...(controller === 'source-controller' && {
      'storage-path': path.join(home, 'artifacts'),
      'storage-addr': '0.0.0.0:9790',
      'storage-adv-addr': `${HOST}:9790`,
    }),
  };
  if (controller === 'source-controller') await fs.mkdir(path.join(home, 'artifacts'), { recursive: true });
  const env = {
    KUBECONFIG: await writeKubeconfig(path.join(home, 'kubeconfig'), API_SERVER, 'admin', keys.ca),
    RUNTIME_NAMESPACE: 'flux-system',
    TMPDIR: path.join(home, 'tmp'),
    HOME: home,
  };
  return around.start(controller, flags(args), { ready: () => answers(`http://127.0.0.1:${port}/readyz`), seconds: 60 }, env);
}
