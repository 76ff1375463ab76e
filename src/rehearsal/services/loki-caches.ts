import { isReady } from '../controllers/apply.ts';
import { hasLabels, specOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import type { RunningLoki } from './loki-state.ts';

/** The memcached clients that a Loki's configuration asks for, and how many servers each of them has found. */
export function cacheServers(
  { store }: World,
  { configuration }: RunningLoki,
): readonly { readonly name: string; readonly servers: number }[] {
  const clients: Readonly<Record<string, Tree>> = {
    'chunks-cache': configuration.chunk_store_config?.chunk_cache_config,
    'frontend.results-cache': configuration.query_range?.results_cache?.cache,
  };
  return Object.entries(clients).flatMap(([name, cache]) => {
    const [, service, namespace = ''] = /_tcp\.([^.]+)\.([^.]+)/.exec(cache?.memcached_client.addresses) ?? [];
    if (service === undefined) return [];
    const behind = store.get({ apiVersion: 'v1', kind: 'Service', namespace, name: service });
    const pods = store.list('v1', 'Pod', namespace).filter((pod) => hasLabels(pod, specOf(behind).selector) && isReady(pod));
    return [{ name, servers: pods.length }];
  });
}
