import { type Manifest, refOf } from '#model/kubernetes.ts';
import { parseQuantity, specOf, statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { find } from './apply.ts';

const ENFORCE = 'pod-security.kubernetes.io/enforce';

/** Why a pod may not be made, in the words of the admission that refuses it; undefined: it may. */
export function refusalOf(world: World, pod: Manifest): string | undefined {
  const { namespace = '' } = pod.metadata;
  const level = find(world, 'v1', 'Namespace', undefined, namespace)?.metadata.labels?.[ENFORCE] ?? 'privileged';
  const mounted = (specOf(pod).volumes ?? []).filter(({ hostPath }: Tree) => hostPath).map(({ name }: Tree) => `"${name}"`);
  if (level !== 'privileged' && mounted.length > 0)
    return `violates PodSecurity "${level}:latest": hostPath volumes (volume${mounted.length > 1 ? 's' : ''} ${mounted.join(', ')})`;
  for (const quota of world.store.list('v1', 'ResourceQuota', namespace)) {
    for (const [resource, hard] of Object.entries<string>(specOf(quota).hard)) {
      const used = usedIn(world, namespace, resource);
      const asked = requestOf(pod, resource);
      if (used + asked > parseQuantity(hard))
        return `exceeded quota: ${quota.metadata.name}, requested: ${resource}=${asked}, used: ${resource}=${used}, limited: ${resource}=${hard}`;
    }
  }
  return undefined;
}

export function countQuotas(world: World): void {
  for (const quota of world.store.list('v1', 'ResourceQuota')) {
    const { hard } = specOf(quota);
    const used = Object.keys(hard).map((resource) => [resource, String(usedIn(world, quota.metadata.namespace ?? '', resource))]);
    world.store.setStatus(refOf(quota), { hard, used: Object.fromEntries(used) });
  }
}

/** What the pods of a namespace request of "requests.memory". */
function usedIn(world: World, namespace: string, resource: string): number {
  const pods = world.store.list('v1', 'Pod', namespace).filter((pod) => statusOf(pod).phase !== 'Succeeded');
  return pods.reduce((sum, pod) => sum + requestOf(pod, resource), 0);
}

/** Of all containers, in bytes or cores. */
export function requestOf(pod: Manifest, resource: string): number {
  const requested = (container: Tree) => container.resources?.requests?.[resource.replace('requests.', '')] ?? '0';
  return specOf(pod).containers.reduce((sum: number, container: Tree) => sum + parseQuantity(requested(container)), 0);
}
