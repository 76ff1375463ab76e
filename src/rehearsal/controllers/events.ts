import type { Manifest } from '#model/kubernetes.ts';
import { timestamp } from '../api/store.ts';
import { hashOf } from '../tree.ts';
import type { World } from '../world.ts';

/** What a controller says of an object, once: said again it changes nothing, so that a world where nothing happens stands still. */
export function recordEvent(world: World, about: Manifest, reason: string, message: string, type: 'Normal' | 'Warning' = 'Warning'): void {
  const { apiVersion, kind } = about;
  const { name, namespace = 'default', uid } = about.metadata;
  const ref = { apiVersion: 'v1', kind: 'Event', namespace, name: `${name}.${hashOf([uid, reason, message], 16)}` };
  if (world.store.get(ref) !== undefined) return;
  const at = timestamp(world.now());
  const times = { firstTimestamp: at, lastTimestamp: at, count: 1 };
  const metadata = { name: ref.name, namespace };
  world.store.put({ ...ref, metadata, involvedObject: { apiVersion, kind, namespace, name, uid }, type, reason, message, ...times });
}
