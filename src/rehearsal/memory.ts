import type { World } from './world.ts';

let sites = 0;

/** What the processes of a world remember, by key: it lives as long as the world, and goes with a copy of its state. */
export function memoryOf<T>(create: () => T): (world: World, key: string) => T {
  sites += 1;
  const site = sites;
  return ({ memories }, key) => {
    const place = `${site} ${key}`;
    if (!memories.has(place)) memories.set(place, create());
    return memories.get(place) as T;
  };
}
