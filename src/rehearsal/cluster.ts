import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ServedWorld } from './api/route.ts';
import { startApi } from './api/server.ts';
import { createStore, timestamp } from './api/store.ts';
import { isReady } from './controllers/apply.ts';
import { startControllers } from './controllers/start.ts';
import { applicationObjects } from './homelab/applications.ts';
import { clusterObjects } from './homelab/cluster.ts';
import { createRepository, writeFiles } from './homelab/create-repository.ts';
import { platformObjects } from './homelab/platform.ts';
import { createBuckets } from './services/buckets.ts';
import { processBehind } from './services/processes.ts';
import { dataOf } from './tree.ts';
import type { World } from './world.ts';

export interface EmbeddedCluster {
  /** Of the API server: "http://127.0.0.1:PORT". */
  readonly url: string;
  /** YAML, with the administrator's token; its context is "rehearsal". */
  readonly kubeconfig: string;
  /** A clone of the repository that Flux follows, as a user has one. */
  readonly checkout: string;
  /** The bare repository that Flux follows. */
  readonly remote: string;
  readonly world: World;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** Existing and empty; the repository and the checkout go here. */
  readonly directory: string;
  /** Text of a goals.json to put into the checkout, uncommitted. */
  readonly goals?: string;
}

/** Starts the homelab of the status report: Ceph, Flux, Prometheus, Grafana and Airflow are there, Loki is not. */
export async function startCluster({ directory, goals }: ClusterOptions): Promise<EmbeddedCluster> {
  const remote = join(directory, 'repository.git');
  const checkout = join(directory, 'checkout');
  await createRepository(remote, checkout);
  if (goals !== undefined) await writeFiles(checkout, { 'goals/goals.json': goals });

  const world = createWorld();
  const at = timestamp(world.now());
  for (const object of [...clusterObjects(at), ...platformObjects(at, remote), ...applicationObjects(at)]) world.store.put(object);
  const stopControllers = startControllers(world);
  await whenReady(world);
  const api = await startApi(world, processBehind);
  return {
    url: api.url,
    kubeconfig: kubeconfigFor(api.url),
    checkout,
    remote,
    world,
    async stop() {
      stopControllers();
      await api.stop();
    },
  };
}

/** Once Flux has applied the repository and everything runs: nobody should meet a homelab that is just being switched on. */
async function whenReady(world: ServedWorld): Promise<void> {
  const { list } = world.store;
  const isUp = () =>
    list('kustomize.toolkit.fluxcd.io/v1', 'Kustomization').every(isReady) &&
    list('helm.toolkit.fluxcd.io/v2', 'HelmRelease').some(isReady) &&
    list('helm.toolkit.fluxcd.io/v2', 'HelmRelease').every(isReady) &&
    list('v1', 'Pod').every(isReady);
  await new Promise<void>((resolve) => {
    const unsubscribe = world.store.subscribe(() => {
      if (!isUp()) return;
      unsubscribe();
      resolve();
    });
  });
}

function createWorld(): ServedWorld {
  // Its offset may be moved by a client at any time, so that it is read each time.
  const now = () => new Date(Date.now() + Number(dataOf(store.get(inRehearsal('clock'))).offsetMilliseconds ?? 0));
  const store = createStore(now);
  const fault = (name: string) => store.get(inRehearsal(`fault-${name}`)) !== undefined;
  return { store, now, buckets: createBuckets(now), logs: new Map(), fault };
}

function inRehearsal(name: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'rehearsal', name };
}

function kubeconfigFor(server: string): string {
  const name = 'rehearsal';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: { token: 'admin' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}
