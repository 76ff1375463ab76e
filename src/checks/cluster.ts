import * as semver from 'semver';
import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Scope } from '#model/kubernetes.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { AnyObject, findCondition, Node, Pod, StorageClass } from './objects.ts';
import { formatBytes, parseQuantity } from './quantity.ts';
import { parseJson, readApi, readList, readObject } from './reads.ts';

const NODES: Scope = { group: '', version: 'v1', resource: 'nodes' };
const PODS: Scope = { group: '', version: 'v1', resource: 'pods' };

export const nodesAreReady: Check = check({
  id: 'cluster.nodes-ready',
  title: 'Every node is Ready',
  holds: 'always',
  reads: { nodes: readList(NODES, Node) },
  judge: ({ nodes = [] }) => {
    const down = nodes.filter((node) => findCondition(node.status.conditions, 'Ready')?.status !== 'True');
    if (nodes.length > 0 && down.length === 0) return met(`${nodes.length} of ${nodes.length} nodes Ready`);
    const causes = down.map((node) => {
      const ready = findCondition(node.status.conditions, 'Ready');
      return `${node.metadata.name} is not Ready: ${ready?.message || ready?.reason || 'it says nothing'}`;
    });
    return pending(
      `${nodes.length - down.length} of ${nodes.length} nodes Ready`,
      causes,
      'kubectl describe node shows why; a drained node has to come back or leave',
    );
  },
});

/** The oldest API that the manifests need: chart loki 18 wants Kubernetes 1.25, HelmRelease v2 and kustomization v1 come with Flux 2.3, which wants 1.28. */
const OLDEST = '1.28.0';

export const versionIsSupported: Check = check({
  id: 'cluster.version-supported',
  title: `The API server is at least ${OLDEST}`,
  holds: 'always',
  reads: { version: readApi('/version') },
  judge: ({ version }) => {
    if (version.status !== 200) return notAnswering("the API server's /version", version);
    const says = v.safeParse(v.object({ gitVersion: v.string() }), safeJson(version.text));
    const found = says.success ? semver.coerce(says.output.gitVersion) : null;
    if (found === null)
      return failed(
        'the API server answered /version without a version',
        [version.text.slice(0, 120)],
        'see whether the address in the kubeconfig is a Kubernetes API server',
      );
    if (semver.gte(found, OLDEST)) return met(`Kubernetes ${found.version}`);
    return failed(
      `Kubernetes ${found.version}`,
      [`the charts and Flux's APIs need ${OLDEST} or newer`],
      'upgrade the control plane first (talosctl upgrade-k8s on Talos)',
    );
  },
});

/** More than this, and "the last hour" of a query is another hour than ours. */
const SKEW = 30_000;

export const clockAgrees: Check = check({
  id: 'cluster.clock-agrees',
  title: "This machine's clock agrees with the API server's",
  holds: 'on-entry',
  reads: { version: readApi('/version') },
  judge: ({ version }, now) => {
    if (version.date === undefined)
      return failed(
        'the API server sends no Date header that can be read',
        ["the clocks can't be compared, and times in queries would be guesses"],
        'see what stands between here and the API server: kubectl cluster-info shows its address',
      );
    const skew = Math.abs(version.date.getTime() - now.getTime());
    if (skew <= SKEW) return met(`${Math.round(skew / 1000)} s apart`);
    return failed(
      `${Math.round(skew / 1000)} s apart`,
      [`here it is ${now.toISOString()}, there ${version.date.toISOString()}`],
      'let NTP set the clock of this machine (timedatectl) and of the control plane (talosctl time)',
    );
  },
});

export const storageClassExists = (name: string): Check =>
  check({
    id: 'storage.class-exists',
    title: `StorageClass ${name} exists`,
    holds: 'always',
    reads: { storageClass: readObject({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name }, StorageClass) },
    judge: ({ storageClass }) =>
      storageClass === undefined
        ? failed(
            `there is no StorageClass ${name}`,
            [`Loki's volume asks for ${name}`],
            'name an existing one in environment.loki.persistence.storageClass (kubectl get storageclass)',
          )
        : met(`provisioned by ${storageClass.provisioner}`),
  });

export interface Demand {
  /** Whose requests are being rolled out: they count as free, they are ours. */
  readonly releases: readonly string[];
  readonly namespace: string;
  readonly memory: string;
  readonly cpu: string;
}

/** Allocatable less what is requested: total memory of the nodes is not free memory. */
export const capacitySuffices = (demand: Demand): Check =>
  check({
    id: 'cluster.capacity',
    title: `There is room for ${demand.cpu} CPU and ${demand.memory} memory`,
    holds: 'on-entry',
    reads: { nodes: readList(NODES, Node), pods: readList(PODS, Pod) },
    judge: ({ nodes = [], pods = [] }) => {
      const usable = new Set(nodes.filter(({ spec }) => !spec.unschedulable).map(({ metadata }) => metadata.name));
      const others = pods.filter((pod) => isRunning(pod) && usable.has(pod.spec.nodeName ?? '') && !isOurs(pod, demand));
      const free = (resource: 'cpu' | 'memory') =>
        nodes
          .filter(({ metadata }) => usable.has(metadata.name))
          .reduce((sum, node) => sum + parseQuantity(node.status.allocatable[resource] ?? '0'), 0) -
        others
          .flatMap(({ spec }) => spec.containers)
          .reduce((sum, { resources }) => sum + parseQuantity(resources.requests[resource] ?? '0'), 0);
      const room = `${free('cpu').toFixed(1)} CPU and ${formatBytes(free('memory'))} are not requested`;
      if (free('memory') >= parseQuantity(demand.memory) && free('cpu') >= parseQuantity(demand.cpu)) return met(room);
      return failed(
        room,
        [`the rollout asks for ${demand.cpu} CPU and ${demand.memory}`],
        'lower environment.loki.memory and environment.loki.caches, or add a node',
      );
    },
  });

/** Alloy mounts /var/log of the node: baseline and restricted refuse such pods at creation. */
export const hostPathIsAdmitted = (namespace: string): Check =>
  check({
    id: 'cluster.host-path-admitted',
    title: `Namespace ${namespace} admits pods that mount a host path`,
    holds: 'always',
    reads: { found: readObject({ apiVersion: 'v1', kind: 'Namespace', name: namespace }, AnyObject) },
    judge: ({ found }) => {
      const label = 'pod-security.kubernetes.io/enforce';
      if (found === undefined)
        return failed(
          `there is no namespace ${namespace}`,
          ['Alloy is to run there'],
          `create it through Git, with the label ${label}: privileged`,
        );
      const level = found.metadata.labels[label];
      if (level === undefined || level === 'privileged')
        return met(level === undefined ? 'no pod-security level is enforced' : 'privileged');
      return failed(
        `pod security "${level}" is enforced`,
        [`"${level}" refuses hostPath volumes, which Alloy needs to read the node's logs`],
        `label namespace ${namespace} in Git: ${label}: privileged`,
      );
    },
  });

function isRunning({ status }: Pod): boolean {
  return status.phase !== 'Succeeded' && status.phase !== 'Failed';
}

function isOurs(pod: Pod, { releases, namespace }: Demand): boolean {
  return pod.metadata.namespace === namespace && releases.includes(pod.metadata.labels['app.kubernetes.io/instance'] ?? '');
}

function safeJson(text: string): unknown {
  try {
    return parseJson(text, '/version');
  } catch {
    return undefined;
  }
}
