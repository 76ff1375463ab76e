import { type Check, check } from '#model/check.ts';
import type { Rook } from '#model/environment.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { Ceph, Deployment } from './objects.ts';
import { formatBytes } from './quantity.ts';
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
      const { health, details = {} } = found.status.ceph ?? {};
      const saw = `${found.status.phase || 'no phase'}, ${health || 'no health reported'}`;
      const why = Object.entries(details).map(([code, { message }]) => `${code}: ${message}`);
      const remedy = `kubectl describe cephcluster -n ${namespace} ${cluster}; ceph health detail in Rook's toolbox tells more`;
      if (health === 'HEALTH_OK') return met(saw);
      // HEALTH_WARN serves: it is shown, and does not stop a rollout.
      if (health === 'HEALTH_WARN') return met([saw, ...why].join('; '));
      if (health === 'HEALTH_ERR')
        return failed(saw, [`CephCluster ${namespace}/${cluster} needs somebody`, found.status.message, ...why], remedy);
      return pending(saw, [found.status.message], remedy);
    },
  });

/** Where Ceph stops all writes (mon_osd_full_ratio), and where it begins to warn: https://docs.ceph.com/en/latest/rados/configuration/mon-config-ref/#storage-capacity */
const FULL = 0.95;
const NEARLY_FULL = 0.85;

export const cephHasRoom = ({ namespace, cluster }: Rook): Check =>
  check({
    id: 'ceph.has-room',
    title: `CephCluster ${namespace}/${cluster} has room for more`,
    holds: 'on-entry',
    after: ['ceph.healthy'],
    reads: { found: readObject({ apiVersion: ROOK, kind: 'CephCluster', namespace, name: cluster }, Ceph) },
    judge: ({ found }) => {
      const { bytesTotal = 0, bytesUsed = 0 } = found?.status.ceph?.capacity ?? {};
      const describe = `kubectl describe cephcluster -n ${namespace} ${cluster}`;
      if (bytesTotal === 0)
        return pending('it reports no capacity', [`status.ceph.capacity of CephCluster ${namespace}/${cluster} is empty`], describe);
      const saw = `${formatBytes(bytesUsed)} of ${formatBytes(bytesTotal)} used`;
      if (bytesUsed < bytesTotal * FULL) return met(bytesUsed < bytesTotal * NEARLY_FULL ? saw : `${saw}: nearly full, Ceph warns`);
      return failed(
        saw,
        [`Ceph stops all writes at ${FULL * 100} % (CephCluster ${namespace}/${cluster})`],
        `add disks or delete what is not needed; ${describe}`,
      );
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
      const off = own.find(({ spec }) => spec.replicas === 0);
      if (off !== undefined)
        return failed(
          `Deployment ${namespace}/${off.metadata.name} is scaled to 0`,
          [`no gateway serves CephObjectStore ${namespace}/${objectStore}`],
          `kubectl scale deployment -n ${namespace} ${off.metadata.name} --replicas=1, and see spec.gateway.instances of CephObjectStore ${namespace}/${objectStore}`,
        );
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
