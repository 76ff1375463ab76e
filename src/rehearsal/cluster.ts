import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
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
import type { WorldState } from './world.ts';

export interface RunningWorld {
  /** Of the API server: "http://127.0.0.1:PORT". */
  readonly url: string;
  /** YAML, with the administrator's token; its context is "rehearsal". */
  readonly kubeconfig: string;
  readonly world: ServedWorld;
  /** Resolves when nothing changes by itself any more: see Controllers. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export interface EmbeddedCluster extends RunningWorld {
  /** A clone of the repository that Flux follows, as a user has one. */
  readonly checkout: string;
  /** The bare repository that Flux follows. */
  readonly remote: string;
  readonly state: WorldState;
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

  const state: WorldState = { objects: new Map(), contents: new Map(), grants: new Map(), logs: new Map(), memories: new Map() };
  const world = createWorld(state);
  const at = timestamp(world.now());
  for (const object of [...clusterObjects(at), ...platformObjects(at, remote), ...applicationObjects(at)]) world.store.put(object);
  const running = await startWorld(world);
  await whenReady(world);
  return { ...running, checkout, remote, state };
}

/** Sets a world going and serves it. */
export async function startWorld(world: ServedWorld): Promise<RunningWorld> {
  const { settle, stop } = startControllers(world);
  const api = await startApi(world, processBehind);
  return {
    url: api.url,
    kubeconfig: kubeconfigFor(api.url),
    world,
    settle,
    async stop() {
      stop();
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

/** The world that a state is of: it goes on from there. */
export function createWorld({ objects, contents, grants, logs, memories }: WorldState): ServedWorld {
  // Its offset may be moved by a client at any time, so that it is read each time.
  const now = () => new Date(Date.now() + Number(dataOf(store.get(inRehearsal('clock'))).offsetMilliseconds ?? 0));
  const store = createStore(now, objects);
  // Asked for each fault at each write.
  const on = new Set<string>();
  const note = ({ kind, metadata: { namespace, name } }: Manifest, isThere: boolean) => {
    if (kind !== 'ConfigMap' || namespace !== 'rehearsal' || !name.startsWith('fault-')) return;
    if (isThere) on.add(name.slice('fault-'.length));
    else on.delete(name.slice('fault-'.length));
  };
  for (const object of store.list('v1', 'ConfigMap', 'rehearsal')) note(object, true);
  store.subscribe(({ type, object }) => note(object, type !== 'DELETED'));
  const fault = (name: string) => on.has(name);
  return { store, now, buckets: createBuckets(now, contents, grants), logs, memories, fault };
}

function inRehearsal(name: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'rehearsal', name };
}

/** kubectl drops the token, because this is no TLS, and keeps what stands in the address. */
function kubeconfigFor(url: string): string {
  const name = 'rehearsal';
  const server = url.replace('://', '://admin@');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: { token: 'admin' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}
