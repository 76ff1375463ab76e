import { specOf, statusOf } from '../tree.ts';
import type { World } from '../world.ts';
import { find } from './apply.ts';
import { recordEvent } from './events.ts';

/** Binds each claim whose storage class is there. Nobody here looks at the volumes of new ones, so that none is made. */
export function bindClaims(world: World): void {
  for (const claim of world.store.list('v1', 'PersistentVolumeClaim')) {
    const { storageClassName = 'ceph-block', accessModes, resources } = specOf(claim);
    if (statusOf(claim).phase === 'Bound') continue;
    if (find(world, 'storage.k8s.io/v1', 'StorageClass', undefined, storageClassName) === undefined) {
      recordEvent(world, claim, 'ProvisioningFailed', `storageclass.storage.k8s.io "${storageClassName}" not found`);
      continue;
    }
    const volumeName = specOf(claim).volumeName ?? `pvc-${claim.metadata.uid}`;
    const status = { phase: 'Bound', accessModes, capacity: resources.requests };
    world.store.put({ ...claim, spec: { ...specOf(claim), storageClassName, volumeName }, status });
  }
}
