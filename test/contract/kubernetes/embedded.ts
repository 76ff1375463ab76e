import type { Manifest } from '#model/kubernetes.ts';
import type { ProcessFinder } from '#rehearsal/api/proxy.ts';
import { type ApiServer, startApi } from '#rehearsal/api/server.ts';
import { createStore, type MemoryStore } from '#rehearsal/api/store.ts';
import { container, object, service } from '#rehearsal/build.ts';
import { logKey } from '#rehearsal/controllers/logs.ts';
import { clusterObjects } from '#rehearsal/homelab/cluster.ts';
import { platformObjects } from '#rehearsal/homelab/platform.ts';
import { createBuckets } from '#rehearsal/services/buckets.ts';
import type { World } from '#rehearsal/world.ts';
import type { Backend, Stage } from './stage.ts';

/** The embedded API server: what controllers and kubelets would do is put into its store. */
export async function startEmbedded(): Promise<Stage> {
  const backends = new Map<string, Backend>();
  const { api, world } = await serve((pod) => backends.get(`${pod.metadata.namespace}/${pod.metadata.name}`)?.process);
  const { store } = world;

  function putPod(path: string, ready: boolean, names: readonly string[]): Manifest {
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
    const containers = names.map((name) => container(name, 'image'));
    const status = { phase: 'Running', conditions };
    return store.put(object('v1', 'Pod', path, { labels: { app: path.slice(path.indexOf('/') + 1) }, spec: { containers }, status }));
  }

  return {
    url: api.url,
    stop: api.stop,
    async forget() {
      for (let count = 0; store.oldest < 2; count += 1)
        store.put(object('v1', 'ConfigMap', 'default/filler', { data: { count: `${count}` } }));
    },
    throttle: async () => 'throttled',
    async expose(namespace, name, backend) {
      const path = `${namespace}/${name}`;
      store.put(service(path, { app: name }, 3100));
      if (backend === undefined) return;
      backends.set(path, backend);
      putPod(path, backend.ready, [name]);
    },
    async runPod(namespace, name, containers, lines) {
      const path = `${namespace}/${name}`;
      const pod = putPod(path, true, containers);
      world.logs.set(
        logKey(pod),
        containers.flatMap((container) => lines.map((line) => ({ container, at: world.now(), line }))),
      );
    },
  };
}

interface Served {
  readonly api: ApiServer;
  readonly world: World & { readonly store: MemoryStore };
}

/** The API server over the homelab's objects, without controllers: nothing moves but what a test moves. */
async function serve(findProcess: ProcessFinder): Promise<Served> {
  const now = () => new Date();
  const store = createStore(now);
  const world = { store, now, buckets: createBuckets(now), logs: new Map(), memories: new Map(), fault: () => false };
  const at = '2026-01-01T00:00:00Z';
  for (const object of [...clusterObjects(at), ...platformObjects(at, 'file:///repository')]) store.put(object);
  return { world, api: await startApi(world, findProcess) };
}
