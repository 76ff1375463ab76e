import type { Manifest } from '#model/kubernetes.ts';
import { condition, object, service, workload } from './build.ts';

const FLUX = ['source-controller', 'kustomize-controller', 'helm-controller', 'notification-controller', 'image-automation-controller'];
const RGW = { app: 'rook-ceph-rgw', rook_object_store: 'storage' };

/** Flux, Rook with its object store, and External Secrets. `repository` is what Flux follows. */
export function platformObjects(at: string, repository: string): readonly Manifest[] {
  return [
    ...FLUX.map((name) =>
      workload('Deployment', `flux-system/${name}`, {
        image: `ghcr.io/fluxcd/${name}:v1.7.0`,
        labels: { 'app.kubernetes.io/part-of': 'flux', 'app.kubernetes.io/component': name },
        podLabels: { app: name },
        container: 'manager',
      }),
    ),
    object('source.toolkit.fluxcd.io/v1', 'GitRepository', 'flux-system/flux-system', {
      spec: { interval: '1m', url: repository, ref: { branch: 'main' } },
    }),
    kustomization('cluster-apps', './kubernetes/apps'),
    kustomization('airflow', './kubernetes/apps/airflow/airflow/app'),

    workload('Deployment', 'storage/rook-ceph-operator', {
      image: 'docker.io/rook/ceph:v1.18.2',
      podLabels: { app: 'rook-ceph-operator' },
    }),
    object('ceph.rook.io/v1', 'CephCluster', 'storage/storage', {
      spec: { dataDirHostPath: '/var/lib/rook', mon: { count: 3 } },
      status: {
        phase: 'Ready',
        state: 'Created',
        message: 'Cluster created successfully',
        ceph: {
          health: 'HEALTH_OK',
          lastChecked: at,
          capacity: { bytesTotal: 12_000_000_000_000, bytesUsed: 1_400_000_000_000, bytesAvailable: 10_600_000_000_000 },
        },
        conditions: [condition('Ready', at, 'ClusterCreated', { message: 'Cluster created successfully' })],
      },
    }),
    object('ceph.rook.io/v1', 'CephObjectStore', 'storage/storage', {
      spec: { gateway: { port: 80, instances: 1 }, dataPool: { replicated: { size: 3 } }, metadataPool: { replicated: { size: 3 } } },
      status: {
        phase: 'Ready',
        info: { endpoint: 'http://rook-ceph-rgw-storage.storage.svc:80' },
        conditions: [condition('Ready', at, 'Created')],
      },
    }),
    workload('Deployment', 'storage/rook-ceph-rgw-storage-a', {
      image: 'quay.io/ceph/ceph:v19.2.3',
      labels: RGW,
      podLabels: RGW,
      container: 'rgw',
      ports: { http: 8080 },
      requests: { cpu: '500m', memory: '1Gi' },
    }),
    service('storage/rook-ceph-rgw-storage', RGW, 80, 8080),

    workload('Deployment', 'external-secrets/external-secrets', { image: 'ghcr.io/external-secrets/external-secrets:v0.20.4' }),
  ];
}

function kustomization(name: string, path: string): Manifest {
  const sourceRef = { kind: 'GitRepository', name: 'flux-system' };
  return object('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', `flux-system/${name}`, {
    spec: { interval: '10m', path, prune: true, sourceRef },
  });
}
