import { refOf } from '#model/kubernetes.ts';
import { specOf, statusOf } from '../tree.ts';
import type { World } from '../world.ts';
import { apply, find } from './apply.ts';

/** Gives each claim of a storage class that is there a volume of its size. */
export function bindClaims(world: World): void {
  for (const claim of world.store.list('v1', 'PersistentVolumeClaim')) {
    if (statusOf(claim).phase === 'Bound') continue;
    const storageClass = specOf(claim).storageClassName ?? defaultClass(world);
    if (find(world, 'storage.k8s.io/v1', 'StorageClass', undefined, storageClass) === undefined) {
      world.store.setStatus(refOf(claim), { phase: 'Pending' });
      continue;
    }
    const { name, namespace, uid } = claim.metadata;
    const { accessModes = ['ReadWriteOnce'], resources } = specOf(claim);
    const capacity = { storage: resources?.requests?.storage };
    const volumeName = specOf(claim).volumeName ?? `pvc-${uid}`;
    const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid };
    const spec = { capacity, accessModes, claimRef, persistentVolumeReclaimPolicy: 'Delete', storageClassName: storageClass };
    if (find(world, 'v1', 'PersistentVolume', undefined, volumeName) === undefined) {
      apply(world, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: volumeName }, spec, status: { phase: 'Bound' } });
    }
    world.store.put({
      ...claim,
      spec: { ...specOf(claim), storageClassName: storageClass, volumeName },
      status: { phase: 'Bound', accessModes, capacity },
    });
  }
}

function defaultClass(world: World): string {
  const classes = world.store.list('storage.k8s.io/v1', 'StorageClass');
  return (
    classes.find(({ metadata }) => metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true')?.metadata.name ?? ''
  );
}
