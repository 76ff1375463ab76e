import { container, object, service } from '#rehearsal/build.ts';
import { serve } from '#test/rehearsal/serve.ts';
import type { Backend, Stage } from './stage.ts';

/** The embedded API server: what controllers and kubelets would do is put into its store. */
export async function startEmbedded(): Promise<Stage> {
  const backends = new Map<string, Backend>();
  const { api, world } = await serve((pod) => backends.get(`${pod.metadata.namespace}/${pod.metadata.name}`)?.process);
  const { store } = world;

  function putPod(path: string, ready: boolean, names: readonly string[]): void {
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
    const containers = names.map((name) => container(name, 'image'));
    const status = { phase: 'Running', conditions };
    store.put(object('v1', 'Pod', path, { labels: { app: path.slice(path.indexOf('/') + 1) }, spec: { containers }, status }));
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
    async runPod(namespace, name, containers) {
      const path = `${namespace}/${name}`;
      putPod(path, true, containers);
      const lines = containers.flatMap((container) => ['one', 'two'].map((line) => ({ container, at: world.now(), line })));
      world.logs.set(path, lines);
    },
  };
}
