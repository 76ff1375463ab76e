import type { Store, World } from './world.ts';

/** What the processes of a world remember, by key: it lives as long as the world's store. */
export function memoryOf<T>(create: () => T): (world: World, key: string) => T {
  const worlds = new WeakMap<Store, Map<string, T>>();
  return (world, key) => {
    const memory = worlds.get(world.store) ?? new Map<string, T>();
    worlds.set(world.store, memory);
    if (!memory.has(key)) memory.set(key, create());
    return memory.get(key) as T;
  };
}
