import { specOf, statusOf } from '../tree.ts';
import type { World } from '../world.ts';
import { find } from './apply.ts';
import { recordEvent } from './events.ts';

/** The driver that makes volumes in this cluster. */
const PROVISIONER = 'storage.rbd.csi.ceph.com';

/** Binds each claim whose storage class is there and answered to. Nobody here looks at the volumes of new ones, so that none is made. */
export function bindClaims(world: World): void {
  for (const claim of world.store.list('v1', 'PersistentVolumeClaim')) {
    const { storageClassName = 'ceph-block', accessModes, resources } = specOf(claim);
    if (statusOf(claim).phase === 'Bound') continue;
    const storageClass = find(world, 'storage.k8s.io/v1', 'StorageClass', undefined, storageClassName);
    if (storageClass === undefined) {
      recordEvent(world, claim, 'ProvisioningFailed', `storageclass.storage.k8s.io "${storageClassName}" not found`);
      continue;
    }
    const { provisioner } = storageClass;
    if (provisioner !== PROVISIONER) {
      const why = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator`;
      recordEvent(world, claim, 'ExternalProvisioning', why, 'Normal');
      continue;
    }
    const volumeName = specOf(claim).volumeName ?? `pvc-${claim.metadata.uid}`;
    const status = { phase: 'Bound', accessModes, capacity: resources.requests };
    world.store.put({ ...claim, spec: { ...specOf(claim), storageClassName, volumeName }, status });
  }
}
