import { type Check, check } from '#model/check.ts';
import type { Rook } from '#model/environment.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { Ceph, Deployment } from './objects.ts';
import { readList, readObject } from './reads.ts';

const ROOK = 'ceph.rook.io/v1';

export const cephIsHealthy = ({ namespace, cluster }: Rook): Check =>
  check({
    id: 'ceph.healthy',
    title: `CephCluster ${namespace}/${cluster} is healthy`,
    holds: 'always',
    reads: { found: readObject({ apiVersion: ROOK, kind: 'CephCluster', namespace, name: cluster }, Ceph) },
    judge: ({ found }) => {
      if (found === undefined)
        return failed(
          `there is no CephCluster ${namespace}/${cluster}`,
          ['environment.storage.rook names it'],
          'name it in environment.storage.rook, or null where there is no Rook',
        );
      const health = found.status.ceph?.health;
      const saw = `${found.status.phase}, ${health || 'no health reported'}`;
      // HEALTH_WARN serves: it is shown, and does not stop a rollout.
      return health === 'HEALTH_OK' || health === 'HEALTH_WARN'
        ? met(saw)
        : pending(saw, [found.status.message], `kubectl describe cephcluster -n ${namespace} ${cluster}`);
    },
  });

/** An object store of an earlier try that hangs in deletion, or failed, keeps a new one from coming up. */
export const storeIsNotStuck = ({ namespace, objectStore }: Rook): Check =>
  check({
    id: 'ceph.store-not-stuck',
    title: `No object store in ${namespace} is stuck in deletion or failed`,
    holds: 'always',
    reads: { stores: readList({ group: 'ceph.rook.io', version: 'v1', resource: 'cephobjectstores', namespace }, Ceph) },
    judge: ({ stores }) => {
      if (stores === undefined)
        return failed(
          'the API server knows no CephObjectStore',
          ['Rook is not installed'],
          'install Rook, or set environment.storage.rook to null',
        );
      const stuck = stores.find(({ metadata, status }) => metadata.deletionTimestamp !== undefined || status.phase === 'Failure');
      if (stuck === undefined) return met(`${stores.length} object ${stores.length === 1 ? 'store' : 'stores'}, none of them stuck`);
      const why =
        stuck.metadata.deletionTimestamp === undefined
          ? `phase ${stuck.status.phase}`
          : `being deleted since ${stuck.metadata.deletionTimestamp}`;
      return failed(
        `CephObjectStore ${namespace}/${stuck.metadata.name}: ${why}`,
        [stuck.status.message, `${objectStore} can't come up beside it`],
        `kubectl describe cephobjectstore -n ${namespace} ${stuck.metadata.name} shows what holds it; it has to be gone or healthy`,
      );
    },
  });

export const storeIsReady = ({ namespace, objectStore }: Rook): Check =>
  check({
    id: 'ceph.store-ready',
    title: `CephObjectStore ${namespace}/${objectStore} is Ready and its gateway is available`,
    holds: 'always',
    reads: {
      store: readObject({ apiVersion: ROOK, kind: 'CephObjectStore', namespace, name: objectStore }, Ceph),
      gateways: readList({ group: 'apps', version: 'v1', resource: 'deployments', namespace }, Deployment),
    },
    judge: ({ store, gateways = [] }) => {
      if (store === undefined)
        return failed(
          `there is no CephObjectStore ${namespace}/${objectStore}`,
          ['nothing serves S3 without it'],
          'create it through Git, or name the one you have in environment.storage.rook.objectStore',
        );
      if (store.status.phase !== 'Ready')
        return pending(
          `phase ${store.status.phase || 'none'}`,
          [store.status.message],
          `kubectl describe cephobjectstore -n ${namespace} ${objectStore}`,
        );
      const own = gateways.filter(({ metadata }) => metadata.name.startsWith(`rook-ceph-rgw-${objectStore}`));
      const down = own.filter(({ spec, status }) => status.availableReplicas < spec.replicas);
      if (own.length === 0 || down.length > 0) {
        return pending(
          own.length === 0 ? 'no gateway deployment' : `${down.map(({ metadata }) => metadata.name).join(', ')} not available`,
          [],
          `kubectl get deployment -n ${namespace}`,
        );
      }
      return met(`Ready at ${store.status.info?.endpoint ?? 'an endpoint it does not name'}`);
    },
  });
