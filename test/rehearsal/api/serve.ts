import { type ApiServer, startApi } from '#rehearsal/api/server.ts';
import { createStore, type MemoryStore } from '#rehearsal/api/store.ts';
import { clusterObjects } from '#rehearsal/homelab/cluster.ts';
import { platformObjects } from '#rehearsal/homelab/platform.ts';
import { createBuckets } from '#rehearsal/services/buckets.ts';
import type { ServiceProcess, World } from '#rehearsal/world.ts';

export interface Served {
  readonly api: ApiServer;
  readonly world: World & { readonly store: MemoryStore };
}

/** The API server over the homelab's objects, without controllers: nothing moves but what a test moves. */
export async function serve(process?: ServiceProcess, remembered?: number): Promise<Served> {
  const now = () => new Date();
  const store = createStore(now, remembered);
  const world = { store, now, buckets: createBuckets(now), logs: new Map(), fault: () => false };
  const at = '2026-01-01T00:00:00Z';
  for (const object of [...clusterObjects(at), ...platformObjects(at, 'file:///repository')]) store.put(object);
  return { world, api: await startApi(world, () => process) };
}
