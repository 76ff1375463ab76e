import type { Manifest } from '#model/kubernetes.ts';
import { condition, container, object, service, workload } from '../build.ts';

const FLUX = ['source-controller', 'kustomize-controller', 'helm-controller', 'notification-controller', 'image-automation-controller'];
const RGW = { app: 'rook-ceph-rgw', rook_object_store: 'storage' };

/** Flux, Rook's object store, and External Secrets. `repository` is what Flux follows. */
export function platformObjects(at: string, repository: string): readonly Manifest[] {
  return [
    ...FLUX.map((name) => {
      const labels = { 'app.kubernetes.io/part-of': 'flux', 'app.kubernetes.io/component': name, app: name };
      return workload('Deployment', `flux-system/${name}`, labels, container('manager', `ghcr.io/fluxcd/${name}:v1.7.0`));
    }),
    object('source.toolkit.fluxcd.io/v1', 'GitRepository', 'flux-system/flux-system', {
      spec: { interval: '1m', url: repository, ref: { branch: 'main' } },
    }),
    fluxKustomization('cluster-apps', './kubernetes/apps'),
    fluxKustomization('airflow', './kubernetes/apps/airflow/airflow/app'),

    object('ceph.rook.io/v1', 'CephCluster', 'storage/storage', {
      spec: { mon: { count: 3 } },
      status: {
        phase: 'Ready',
        message: 'Cluster created successfully',
        ceph: {
          health: 'HEALTH_OK',
          lastChecked: at,
          capacity: { bytesTotal: 6 * 2 ** 40, bytesUsed: 2 * 2 ** 40, bytesAvailable: 4 * 2 ** 40 },
        },
      },
    }),
    object('ceph.rook.io/v1', 'CephBlockPool', 'storage/ceph-block', {
      spec: { failureDomain: 'host', replicated: { size: 3 } },
      status: { phase: 'Ready' },
    }),
    object('ceph.rook.io/v1', 'CephObjectStore', 'storage/storage', {
      spec: { dataPool: { replicated: { size: 3 } }, gateway: { port: 80, instances: 1 } },
      status: {
        phase: 'Ready',
        info: { endpoint: 'http://rook-ceph-rgw-storage.storage.svc:80' },
        conditions: [condition('Ready', at, 'Created')],
      },
    }),
    workload('Deployment', 'storage/rook-ceph-rgw-storage-a', RGW, container('rgw', 'quay.io/ceph/ceph:v19.2.3')),
    service('storage/rook-ceph-rgw-storage', RGW, 80, 8080),

    workload(
      'Deployment',
      'external-secrets/external-secrets',
      { app: 'external-secrets' },
      container('external-secrets', 'ghcr.io/external-secrets/external-secrets:v0.20.4'),
    ),
  ];
}

export function fluxKustomization(name: string, path: string): Manifest {
  const sourceRef = { kind: 'GitRepository', name: 'flux-system' };
  return object('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', `flux-system/${name}`, {
    spec: { interval: '10m', path, prune: true, sourceRef },
  });
}
