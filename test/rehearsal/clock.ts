import type { Manifest } from '#model/kubernetes.ts';
import { dataOf } from '#rehearsal/tree.ts';
import type { World } from '#rehearsal/world.ts';

/** Lets so many milliseconds pass in the embedded cluster. */
export function moveClock({ store }: World, milliseconds: number): void {
  const clock = store.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'rehearsal', name: 'clock' }) as Manifest;
  store.put({ ...clock, data: { offsetMilliseconds: String(Number(dataOf(clock).offsetMilliseconds) + milliseconds) } });
}
