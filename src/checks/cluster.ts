import * as semver from 'semver';
import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { AnyObject, type Condition, findCondition, Node, StorageClass } from './objects.ts';
import { parseJson, readApi, readList, readObject } from './reads.ts';

export const nodesAreReady: Check = check({
  id: 'cluster.nodes-ready',
  title: 'Every node is Ready',
  holds: 'always',
  reads: { nodes: readList({ group: '', version: 'v1', resource: 'nodes' }, Node) },
  judge: ({ nodes = [] }, now) => {
    const down = nodes.filter((node) => readyOf(node)?.status !== 'True');
    const saw = `${nodes.length - down.length} of ${nodes.length} nodes Ready`;
    if (nodes.length > 0 && down.length === 0) return met(saw);
    const causes = down.map((node) => {
      const ready = readyOf(node);
      return `${node.metadata.name} is not Ready: ${ready?.message || ready?.reason || 'it says nothing'}`;
    });
    const names = down.map(({ metadata }) => metadata.name);
    const remedy = `kubectl describe node ${names.join(' ')} shows why; one that does not come back has to leave: kubectl delete node`;
    const isGone = down.some((node) => now.getTime() - Date.parse(readyOf(node)?.lastTransitionTime ?? '') > TOLERATED);
    return isGone ? failed(saw, causes, remedy) : pending(saw, causes, remedy);
  },
});

/**
 * How long Kubernetes itself waits for a node before it evicts its pods; milliseconds.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */
const TOLERATED = 300_000;

function readyOf({ status }: v.InferOutput<typeof Node>): Condition | undefined {
  return findCondition(status.conditions, 'Ready');
}

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

/** Its claims get volumes only if somebody answers to its provisioner. CSI drivers are known by name; others can't be told by looking. */
export const storageClassExists = (name: string): Check =>
  check({
    id: 'storage.class-exists',
    title: `StorageClass ${name} exists, and its provisioner is installed`,
    holds: 'always',
    reads: {
      storageClass: readObject({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name }, StorageClass),
      drivers: readList({ group: 'storage.k8s.io', version: 'v1', resource: 'csidrivers' }, AnyObject),
    },
    judge: ({ storageClass, drivers = [] }) => {
      const choose = 'name an existing one in environment.loki.persistence.storageClass (kubectl get storageclass)';
      if (storageClass === undefined) return failed(`there is no StorageClass ${name}`, [`Loki's volume asks for ${name}`], choose);
      const { provisioner } = storageClass;
      const isCsi = /(^|\.)csi\./.test(provisioner);
      const installed = drivers.map(({ metadata }) => metadata.name);
      if (!isCsi || installed.includes(provisioner)) return met(`provisioned by ${provisioner}`);
      return failed(
        `StorageClass ${name} asks for ${provisioner}, and no such driver is installed`,
        [`installed CSI drivers: ${installed.join(', ') || 'none'}; a claim of ${name} would stay Pending for ever`],
        choose,
      );
    },
  });

function safeJson(text: string): unknown {
  try {
    return parseJson(text, '/version');
  } catch {
    return undefined;
  }
}
