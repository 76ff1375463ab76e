import { randomUUID } from 'node:crypto';
import { stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { container, labelsFor, object, workload } from '#rehearsal/build.ts';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { renderLoki } from '#rehearsal/controllers/charts/loki.ts';
import { fluxKustomization } from '#rehearsal/homelab/platform.ts';
import { lokiValues } from '../../phases/2-loki/values.ts';
import { git, pushFiles } from '../adapters/support/git.ts';
import { environmentWith } from '../phases/environments.ts';

const SOURCE = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' };
const APPS = 'kubernetes/apps';
export const OTHER = `${APPS}/observability/loki`;

/** What somebody else commits; Flux has applied it when this is over. */
export async function commit({ checkout, world, settle }: EmbeddedCluster, files: Readonly<Record<string, string>>): Promise<void> {
  git(checkout, 'pull', '--quiet', '--rebase', '--autostash', 'origin', 'main');
  await pushFiles(checkout, files, "somebody else's");
  const source = world.store.get(SOURCE) as Manifest;
  const annotations = { ...source.metadata.annotations, 'reconcile.fluxcd.io/requestedAt': randomUUID() };
  world.store.put({ ...source, metadata: { ...source.metadata, annotations } });
  await settle();
}

/** Loki as another Kustomization of the same repository has it: an older chart. */
export async function installBySomebody(cluster: EmbeddedCluster): Promise<void> {
  await commit(cluster, {
    [`${APPS}/kustomization.yaml`]: kustomization('./monitoring', './airflow', './observability'),
    [`${APPS}/observability/kustomization.yaml`]: kustomization('./loki/ks.yaml'),
    [`${OTHER}/ks.yaml`]: stringify(fluxKustomization('observability', `./${OTHER}/app`)),
    [`${OTHER}/app/helmrelease.yaml`]: otherRelease(),
  });
}

export function otherRelease(annotations: Readonly<Record<string, string>> = {}): string {
  const chart = {
    spec: { chart: 'loki', version: '6.30.1', sourceRef: { kind: 'HelmRepository', name: 'grafana', namespace: 'flux-system' } },
  };
  const values = lokiValues(environmentWith());
  return stringify(
    object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'monitoring/loki', { annotations, spec: { interval: '30m', chart, values } }),
  );
}

export function kustomization(...resources: readonly string[]): string {
  return stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources });
}

/** Loki's StatefulSet as `helm install loki grafana/loki` leaves it. */
export function installedByHelm(size = '20Gi'): Manifest {
  const labels = { ...labelsFor('loki', 'loki', 'single-binary'), 'helm.sh/chart': 'loki-6.30.1', 'app.kubernetes.io/managed-by': 'Helm' };
  const set = leftOver(size);
  const annotations = { 'meta.helm.sh/release-name': 'loki', 'meta.helm.sh/release-namespace': 'monitoring' };
  return { ...set, metadata: { ...set.metadata, labels, annotations } };
}

/** All of Loki's chart with our values, as helm would have installed it. */
export function renderedByHelm(): readonly Manifest[] {
  const rendered = renderLoki('loki', 'monitoring', lokiValues(environmentWith()));
  if (typeof rendered === 'string') throw new Error(rendered);
  const annotations = { 'meta.helm.sh/release-name': 'loki', 'meta.helm.sh/release-namespace': 'monitoring' };
  return rendered.map((each) => ({ ...each, metadata: { ...each.metadata, annotations } }));
}

/** The same of no release. */
export function leftOver(size = '20Gi'): Manifest {
  const resources = { requests: { storage: size } };
  const spec = { accessModes: ['ReadWriteOnce'], storageClassName: 'ceph-block', resources };
  const volumeClaimTemplates = [{ metadata: { name: 'storage' }, spec }];
  const loki = container('server', 'docker.io/grafana/loki:3.5.1');
  return workload('StatefulSet', 'monitoring/loki', { app: 'loki' }, loki, {}, { volumeClaimTemplates });
}

export function leftVolume(): Manifest {
  const resources = { requests: { storage: '5Gi' } };
  return object('v1', 'PersistentVolumeClaim', 'monitoring/storage-loki-0', {
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'ceph-block', resources },
  });
}

/** Somebody deletes the namespace, and something in it has a finalizer. */
export function terminate({ world: { store } }: EmbeddedCluster): void {
  const found = store.get({ apiVersion: 'v1', kind: 'Namespace', name: 'monitoring' }) as Manifest;
  store.put({ ...found, metadata: { ...found.metadata, deletionTimestamp: new Date().toISOString() } });
}
