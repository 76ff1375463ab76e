import { type Kubernetes, parseReply } from '#adapters/kubernetes/connect.ts';
import { pathOfObject, pathOfScope } from '#adapters/kubernetes/paths.ts';
import { type Manifest, refOf, scopeOf } from '#model/kubernetes.ts';
import { specOf, statusOf, type Tree } from '#rehearsal/tree.ts';
import type { World } from '#rehearsal/world.ts';
import { NODE_ADDRESSES } from '../parts/network.ts';
import { keepDoing } from '../stand-ins/loop.ts';
import type { Report } from '../stand-ins/mirror.ts';
import { openHosts } from './hosts.ts';
import { RealPod } from './pod.ts';
import { isReal, type Programs } from './programs.ts';
import type { Lookup } from './root.ts';
import { writeRules } from './rules-sidecar.ts';

/** How often a process is asked whether it is ready, as its probe would be; milliseconds. */
const PROBE_EVERY = 250;

/**
 * The smallest kubelet: for pods whose containers have real programs here (Loki, nginx, Prometheus); all others are kwok's.
 * @param world mirrors the real API server
 */
export async function startKubelet(kubernetes: Kubernetes, world: World, programs: Programs, signal: AbortSignal): Promise<void> {
  const { store } = world;
  const writeHosts = await openHosts(programs.directory);
  const pods = new Map<string, RealPod>();
  const reported = new Map<string, string>();
  let addresses = 0;
  // Objects change under our hands, and the API server may be away for a moment.
  const report: Report = (what, error) => void process.stderr.write(`${what}: ${(error as Error).message}\n`);
  const wake = keepDoing('kubelet', reconcile, world, { every: PROBE_EVERY, report, signal });

  async function reconcile(): Promise<void> {
    await writeHosts(store.list('v1', 'Service'), store.list('v1', 'Pod'));
    const ours = store
      .list('v1', 'Pod')
      .filter((pod) => specOf(pod).nodeName !== undefined && specOf(pod).containers.some(({ name }: Tree) => isReal(name)));
    for (const [uid, pod] of pods) {
      if (ours.some(({ metadata }) => metadata.uid === uid)) continue;
      await pod.stop();
      pods.delete(uid);
    }
    for (const manifest of ours) {
      const { namespace = '' } = manifest.metadata;
      await tend(manifest, (kind, name) => store.get({ apiVersion: 'v1', kind, namespace, name }));
      await writeRules(programs.directory, manifest, store.list('v1', 'ConfigMap', namespace));
    }
  }

  async function listServices(): Promise<readonly Manifest[]> {
    const path = pathOfScope(scopeOf({ apiVersion: 'v1', kind: 'Service' }));
    return parseReply(await kubernetes.request('GET', path, { signal }), path).items as unknown as readonly Manifest[];
  }

  async function tend(manifest: Manifest, find: Lookup): Promise<void> {
    const { uid = '', deletionTimestamp } = manifest.metadata;
    if (deletionTimestamp !== undefined) {
      await pods.get(uid)?.stop();
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
      await kubernetes.request('DELETE', pathOfObject(refOf(manifest)), { body, signal });
      return;
    }
    if (!pods.has(uid)) {
      // The watch of Services may be behind the one of Pods: who starts now looks names up now.
      await writeHosts(await listServices(), store.list('v1', 'Pod'));
      addresses += 1;
      pods.set(uid, new RealPod(`10.88.${200 + Math.floor(addresses / 250)}.${(addresses % 250) + 1}`, programs, () => wake()));
    }
    const pod = pods.get(uid) as RealPod;
    await pod.tend(manifest, find);
    const { unready, ...status } = pod.status(manifest);
    const told = JSON.stringify([status, unready]);
    if (reported.get(uid) === told) return;
    const body = { status: { ...status, ...addressesOf(pod), conditions: conditionsOf(manifest, unready) } };
    const patch = { body, contentType: 'application/merge-patch+json', signal };
    const reply = await kubernetes.request('PATCH', `${pathOfObject(refOf(manifest))}/status`, patch);
    if (reply.status === 200) reported.set(uid, told);
  }
}

function addressesOf({ address, startTime }: RealPod): Tree {
  const [ip] = NODE_ADDRESSES;
  return { hostIP: ip, hostIPs: [{ ip }], podIPs: [{ ip: address }], startTime };
}

/** The scheduler's own condition is kept; a transition is dated when it happens. */
function conditionsOf(pod: Manifest, unready: readonly string[]): Tree[] {
  const before: Tree[] = statusOf(pod).conditions ?? [];
  const readiness =
    unready.length === 0
      ? { status: 'True' }
      : { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const wanted: Tree[] = [
    { type: 'Initialized', status: 'True' },
    { type: 'ContainersReady', ...readiness },
    { type: 'Ready', ...readiness },
  ];
  const dated = wanted.map((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    return { ...condition, lastTransitionTime: old?.status === condition.status ? old.lastTransitionTime : new Date().toISOString() };
  });
  return [...before.filter(({ type }) => !wanted.some((each) => each.type === type)), ...dated];
}
