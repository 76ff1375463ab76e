import fs from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import type { Kubernetes } from '#adapters/kubernetes/connect.ts';
import { messageOf } from '#adapters/kubernetes/failures.ts';
import { pathOfObject } from '#adapters/kubernetes/paths.ts';
import { type Manifest, nameOf, type ObjectRef, refOf } from '#model/kubernetes.ts';
import { object } from '#rehearsal/build.ts';
import { conditionOf, isReady } from '#rehearsal/controllers/apply.ts';
import { applicationObjects } from '#rehearsal/homelab/applications.ts';
import { clusterObjects } from '#rehearsal/homelab/cluster.ts';
import { platformObjects } from '#rehearsal/homelab/platform.ts';
import { specOf, type Tree } from '#rehearsal/tree.ts';
import { nodeObjects } from './parts/nodes.ts';

/** How a homelab differs from the usual one. */
export interface Lab {
  /** Where Rook and its object store live, and what the store is called. */
  readonly rook: { readonly namespace: string; readonly objectStore: string };
  /** Namespaces beside the usual ones. */
  readonly namespaces: readonly string[];
}

export const USUAL_LAB: Lab = { rook: { namespace: 'storage', objectStore: 'storage' }, namespaces: [] };

/** Kinds of Rook as open shapes: its module is not served, and nobody here is its operator. */
const ROOK_KINDS = [
  ['ceph.rook.io', 'v1', 'CephBlockPool', 'cephblockpools'],
  ['ceph.rook.io', 'v1', 'CephCluster', 'cephclusters'],
  ['ceph.rook.io', 'v1', 'CephObjectStore', 'cephobjectstores'],
  ['objectbucket.io', 'v1alpha1', 'ObjectBucketClaim', 'objectbucketclaims'],
] as const;

/** @param files of CustomResourceDefinitions */
export async function installDefinitions(kubernetes: Kubernetes, files: readonly string[]): Promise<void> {
  const texts = await Promise.all(files.map((file) => fs.readFile(file, 'utf8')));
  const read = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest | null));
  const definitions = [
    ...read.filter((each) => each !== null),
    ...ROOK_KINDS.map(([group, version, kind, plural]) => openDefinition(group, version, kind, plural)),
  ];
  await Promise.all(definitions.map((definition) => apply(kubernetes, definition)));
  await Promise.all(
    definitions.map((definition) => until(kubernetes, refOf(definition), (found) => conditionOf(found, 'Established')?.status === 'True')),
  );
}

/** What the cluster has before anything of ours, as in the embedded cluster: Ceph, Flux, and, unless only the platform is wanted, Prometheus, Grafana and Airflow. */
export async function furnish(kubernetes: Kubernetes, lab: Lab, git: string, charts: string, whole: boolean): Promise<void> {
  const at = new Date().toISOString();
  const objects = [
    ...clusterObjects(at).filter((each) => !isOwn(each) && each.metadata.namespace !== 'rehearsal'),
    ...lab.namespaces.map((name) => object('v1', 'Namespace', name, { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } })),
    ...platformObjects(at, git),
    ...(whole ? applicationObjects(at) : []),
    ...(whole ? ['airflow', 'kube-prometheus-stack'] : []).map((name) =>
      object('source.toolkit.fluxcd.io/v1', 'HelmRepository', `flux-system/${name}`, { spec: { interval: '10m', url: charts } }),
    ),
  ].map((each) => asHere(each, lab));
  await Promise.all(
    [...(nodeObjects() as Manifest[]), ...objects.filter(({ kind }) => kind === 'Namespace')].map((each) => apply(kubernetes, each)),
  );
  await Promise.all(objects.filter(({ kind }) => kind === 'Namespace').map((each) => awaitServiceAccount(kubernetes, each.metadata.name)));
  const follows = whole ? objects : objects.filter(({ kind }) => kind !== 'Kustomization' && kind !== 'GitRepository');
  await Promise.all(follows.filter(({ kind }) => kind !== 'Namespace').map((each) => apply(kubernetes, each)));
  if (!whole) return;
  for (const each of follows) {
    if (['Kustomization', 'GitRepository'].includes(each.kind)) await until(kubernetes, refOf(each), isReady);
  }
  for (const path of ['monitoring/kube-prometheus-stack', 'airflow/airflow']) {
    await until(kubernetes, refOf(object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', path)), isReady);
  }
}

/** What this cluster has by itself: nodes that kwok plays, and the definitions of kinds that are served. */
function isOwn({ kind }: Manifest): boolean {
  return kind === 'Node' || kind === 'CustomResourceDefinition';
}

/** Server-side apply, and the status that goes with it: nobody else would report it. */
export async function apply(kubernetes: Kubernetes, manifest: Manifest): Promise<void> {
  const { status, ...rest } = manifest;
  const path = pathOfObject(refOf(manifest));
  const query = { fieldManager: 'homelab', force: 'true' };
  const applied = await kubernetes.request('PATCH', path, { query, body: rest, contentType: 'application/apply-patch+yaml' });
  if (applied.status >= 300) throw new Error(`${nameOf(refOf(manifest))}: ${messageOf(applied)}`);
  if (status === undefined) return;
  const patched = await kubernetes.request('PATCH', `${path}/status`, { body: { status }, contentType: 'application/merge-patch+json' });
  if (patched.status >= 300) throw new Error(`status of ${nameOf(refOf(manifest))}: ${messageOf(patched)}`);
}

/** @throws Error when the object is not like that within a minute */
export async function until(kubernetes: Kubernetes, ref: ObjectRef, is: (object: Manifest | undefined) => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  let found: Manifest | undefined;
  for (;;) {
    const reply = await kubernetes.request('GET', pathOfObject(ref));
    found = reply.status === 200 ? (JSON.parse(reply.body) as Manifest) : undefined;
    if (is(found)) return;
    if (performance.now() > deadline) throw new Error(`${nameOf(ref)} did not get there in a minute: ${JSON.stringify(found?.status)}`);
    await sleep(100);
  }
}

/** Without it the API server admits no pod. */
function awaitServiceAccount(kubernetes: Kubernetes, namespace: string): Promise<void> {
  return until(kubernetes, { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name: 'default' }, (found) => found !== undefined);
}

/** What has to be otherwise than in the embedded cluster, and what this lab calls otherwise. */
function asHere(given: Manifest, { rook }: Lab): Manifest {
  const { namespace, name } = given.metadata;
  const spec = specOf(given);
  if (given.kind === 'StorageClass')
    return { ...given, provisioner: String(given.provisioner).replace(/^storage\./, `${rook.namespace}.`) };
  if (given.kind === 'CSIDriver')
    return { ...given, metadata: { ...given.metadata, name: name.replace(/^storage\./, `${rook.namespace}.`) } };
  if (given.kind === 'Namespace' && name === 'storage') return { ...given, metadata: { ...given.metadata, name: rook.namespace } };
  if (namespace !== 'storage') return given;
  // The gateway listens at the port of its Service: a ClusterIP is no other address than the pod's here.
  const ports =
    given.kind === 'Service' ? { spec: { ...spec, ports: spec.ports.map((port: Tree) => ({ ...port, targetPort: port.port })) } } : {};
  const renamed = given.kind === 'CephCluster' ? name : name.replace(/storage/, rook.objectStore);
  return { ...given, ...ports, metadata: { ...given.metadata, namespace: rook.namespace, name: renamed } };
}

function openDefinition(group: string, version: string, kind: string, plural: string): Manifest {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const versions = [{ name: version, served: true, storage: true, subresources: { status: {} }, schema }];
  const names = { kind, plural, singular: kind.toLowerCase() };
  return object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', `${plural}.${group}`, {
    spec: { group, scope: 'Namespaced', names, versions },
  });
}
