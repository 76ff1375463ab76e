import { connect, type Kubernetes } from '#adapters/kubernetes/connect.ts';
import { pathOfObject, pathOfScope } from '#adapters/kubernetes/paths.ts';
import { type Manifest, type ObjectRef, refOf, scopeOf } from '#model/kubernetes.ts';
import { statusOf } from '#rehearsal/tree.ts';
import type { RealCluster } from '../cluster.ts';

let connected: Promise<Kubernetes> | undefined;

/** The administrator's own connection: what happens to a cluster by other hands than ours. */
export function kubernetesOf({ kubeconfig }: RealCluster): Promise<Kubernetes> {
  connected ??= connect({ kubeconfig });
  return connected;
}

export async function patchObject(cluster: RealCluster, ref: ObjectRef, body: object): Promise<void> {
  const kubernetes = await kubernetesOf(cluster);
  const reply = await kubernetes.request('PATCH', pathOfObject(ref), { body, contentType: 'application/merge-patch+json' });
  if (reply.status !== 200) throw new Error(`${ref.kind} ${ref.name}: ${reply.status} ${reply.body}`);
}

export async function applyObject(cluster: RealCluster, manifest: Manifest): Promise<void> {
  const kubernetes = await kubernetesOf(cluster);
  const query = { fieldManager: 'administrator', force: 'true' };
  const path = pathOfObject(refOf(manifest));
  const reply = await kubernetes.request('PATCH', path, { query, body: manifest, contentType: 'application/apply-patch+yaml' });
  if (reply.status >= 300) throw new Error(`${manifest.kind} ${manifest.metadata.name}: ${reply.status} ${reply.body}`);
}

export async function getObject(cluster: RealCluster, ref: ObjectRef): Promise<Manifest | undefined> {
  const kubernetes = await kubernetesOf(cluster);
  const reply = await kubernetes.request('GET', pathOfObject(ref));
  return reply.status === 200 ? (JSON.parse(reply.body) as Manifest) : undefined;
}

export async function deleteObject(cluster: RealCluster, ref: ObjectRef): Promise<void> {
  const kubernetes = await kubernetesOf(cluster);
  const reply = await kubernetes.request('DELETE', pathOfObject(ref));
  if (reply.status !== 200) throw new Error(`${ref.kind} ${ref.name}: ${reply.status} ${reply.body}`);
}

/** Watches an object of Flux as anybody could. @returns when its controller said that it had handled the next request to reconcile */
export async function watchHandled(cluster: RealCluster, ref: ObjectRef): Promise<number> {
  const kubernetes = await kubernetesOf(cluster);
  const before = statusOf(await getObject(cluster, ref)).lastHandledReconcileAt;
  const query = { watch: 'true', timeoutSeconds: '60' };
  for await (const event of kubernetes.stream(pathOfScope(scopeOf(ref)), query, AbortSignal.timeout(60_000))) {
    const { object } = event as { object: Manifest };
    const handled = statusOf(object).lastHandledReconcileAt;
    if (object.metadata.name === ref.name && handled !== undefined && handled !== before) return performance.now();
  }
  throw new Error(`${ref.kind} ${ref.name} handled no request within a minute`);
}
