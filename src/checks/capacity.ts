import { type Check, check } from '#model/check.ts';
import { failed, met } from '#model/verdict.ts';
import { Node, Pod, ResourceQuota } from './objects.ts';
import { formatBytes, parseQuantity } from './quantity.ts';
import { readList } from './reads.ts';

export interface Demand {
  /** Whose requests are being rolled out: they count as free, they are ours. */
  readonly releases: readonly string[];
  readonly namespace: string;
  readonly memory: string;
  readonly cpu: string;
  /** Memory of the largest pod: it has to fit on one node. */
  readonly largest: string;
}

type Resource = 'cpu' | 'memory';

const PODS = readList({ group: '', version: 'v1', resource: 'pods' }, Pod);
const LOWER = 'lower environment.loki.memory and environment.loki.caches';

/** Allocatable less what is requested: total memory of the nodes is not free memory. */
export const capacitySuffices = (demand: Demand): Check =>
  check({
    id: 'cluster.capacity',
    title: `There is room for ${demand.cpu} CPU and ${demand.memory} memory`,
    holds: 'on-entry',
    reads: { nodes: readList({ group: '', version: 'v1', resource: 'nodes' }, Node), pods: PODS },
    judge: ({ nodes = [], pods = [] }) => {
      const others = pods.filter((pod) => isRunning(pod) && !isOurs(pod, demand));
      const usable = nodes.filter(({ spec }) => !spec.unschedulable);
      const rooms = usable.map(({ metadata, status }) => {
        const there = others.filter(({ spec }) => spec.nodeName === metadata.name);
        const free = (resource: Resource) => parseQuantity(status.allocatable[resource] ?? '0') - requestsOf(there, resource);
        return { name: metadata.name, cpu: free('cpu'), memory: free('memory') };
      });
      const total = (resource: Resource) => rooms.reduce((sum, room) => sum + Math.max(0, room[resource]), 0);
      const room = `${total('cpu').toFixed(1)} CPU and ${formatBytes(total('memory'))} are not requested`;
      const each = rooms.map(({ name, cpu, memory }) => `${name}: ${cpu.toFixed(1)} CPU and ${formatBytes(memory)} are not requested`);
      if (total('memory') < parseQuantity(demand.memory) || total('cpu') < parseQuantity(demand.cpu))
        return failed(room, [`the rollout asks for ${demand.cpu} CPU and ${demand.memory}`, ...each], `${LOWER}, or add a node`);
      if (rooms.every(({ memory }) => memory < parseQuantity(demand.largest)))
        return failed(
          `${room}, but on no node ${demand.largest}`,
          [`the largest pod asks for ${demand.largest}`, ...each],
          `${LOWER}, or add a node`,
        );
      return met(room);
    },
  });

/** A quota refuses pods at creation: their workload stays below what it wants, without a word of its own. */
export const quotaSuffices = (demand: Demand): Check =>
  check({
    id: 'cluster.quota',
    title: `No quota of namespace ${demand.namespace} stands against ${demand.cpu} CPU and ${demand.memory} memory`,
    holds: 'on-entry',
    reads: {
      quotas: readList({ group: '', version: 'v1', resource: 'resourcequotas', namespace: demand.namespace }, ResourceQuota),
      pods: PODS,
    },
    judge: ({ quotas = [], pods = [] }) => {
      const ours = pods.filter((pod) => isRunning(pod) && isOurs(pod, demand));
      const short = quotas.flatMap(({ metadata, spec, status }) =>
        RESOURCES.flatMap(([resource, of]) => {
          const { [resource]: hard } = spec.hard;
          const used = status.used[resource] ?? '0';
          if (hard === undefined || parseQuantity(hard) - parseQuantity(used) + requestsOf(ours, of) >= parseQuantity(demand[of]))
            return [];
          return [{ name: metadata.name, why: `${resource}: ${used} of ${hard} is used, the rollout asks for ${demand[of]}` }];
        }),
      );
      const [first] = short;
      if (first === undefined) return met(quotas.length === 0 ? 'there is no quota' : `${quotas.length} with room enough`);
      return failed(
        `ResourceQuota ${demand.namespace}/${first.name} leaves too little`,
        short.map(({ name, why }) => `${name}: ${why}`),
        `raise spec.hard of ResourceQuota ${demand.namespace}/${first.name} in Git, or ${LOWER}`,
      );
    },
  });

/** A quota's names for what pods request: https://kubernetes.io/docs/concepts/policy/resource-quotas/#compute-resource-quota */
const RESOURCES = [
  ['requests.memory', 'memory'],
  ['memory', 'memory'],
  ['requests.cpu', 'cpu'],
  ['cpu', 'cpu'],
] as const;

function requestsOf(pods: readonly Pod[], resource: Resource): number {
  const containers = pods.flatMap(({ spec }) => spec.containers);
  return containers.reduce((sum, { resources }) => sum + parseQuantity(resources.requests[resource] ?? '0'), 0);
}

function isRunning({ status }: Pod): boolean {
  return status.phase !== 'Succeeded' && status.phase !== 'Failed';
}

function isOurs(pod: Pod, { releases, namespace }: Demand): boolean {
  return pod.metadata.namespace === namespace && releases.includes(pod.metadata.labels['app.kubernetes.io/instance'] ?? '');
}
