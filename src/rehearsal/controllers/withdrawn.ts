import { dataOf } from '../tree.ts';
import type { World } from '../world.ts';

export const WITHDRAWN = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'rehearsal', name: 'withdrawn' };

/** Whether registries and chart repositories have taken it out: "docker.io/grafana/loki:3.7.8", "loki-18.11.0". By its beginning. */
export function isWithdrawn(world: World, artifact: string): boolean {
  const all = Object.values(dataOf(world.store.get(WITHDRAWN)));
  return all.some((beginning) => artifact.startsWith(beginning));
}
