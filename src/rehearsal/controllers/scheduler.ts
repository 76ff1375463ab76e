import type { Manifest } from '#model/kubernetes.ts';
import { parseQuantity, specOf, statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { requestOf } from './admission.ts';

export function nodesOf(world: World): string[] {
  return world.store.list('v1', 'Node').map(({ metadata }) => metadata.name);
}

/** The nodes that a DaemonSet's pods go to: those whose taints they all tolerate. */
export function toleratedNodes(world: World, { tolerations = [] }: Tree): string[] {
  const tolerates = (taint: Tree) =>
    tolerations.some(({ key, operator }: Tree) => (key ?? taint.key) === taint.key && operator === 'Exists');
  const nodes = world.store.list('v1', 'Node').filter((node) => (specOf(node).taints ?? []).every(tolerates));
  return nodes.map(({ metadata }) => metadata.name);
}

/** Why no node can take the pod, in the scheduler's words. Nothing but the size of empty nodes counts: this world never fills up. */
export function whyUnschedulable(world: World, pod: Manifest): string | undefined {
  const nodes = world.store.list('v1', 'Node');
  const fits = nodes.some((node) => requestOf(pod, 'memory') <= parseQuantity(statusOf(node).allocatable.memory));
  const all = `0/${nodes.length} nodes are available: ${nodes.length}`;
  return fits ? undefined : `${all} Insufficient memory. preemption: ${all} Preemption is not helpful for scheduling.`;
}
