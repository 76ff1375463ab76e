import { type Diagnosis, diagnosis, type Explanation } from '#model/check.ts';
import type { GitOps } from '#model/environment.ts';
import { nameOf, type ObjectRef } from '#model/kubernetes.ts';
import { type Link, linkOfObject, troubleOfDelivery } from './diagnosis-delivery.ts';
import type { Writer } from './diagnosis-pods.ts';
import { type Running, readWorkloads, troubleOfWorkloads } from './diagnosis-workloads.ts';
import { Claim, EventObject, Flux } from './objects.ts';
import { readList, readLogs, readObject, readTip } from './reads.ts';

/** How many lines of a log are told. */
const LINES = 5;

/** What comes from Git into the cluster and runs there, from the outside in. */
interface Delivery {
  readonly gitops: GitOps;
  readonly kustomization: ObjectRef;
  /** What the Kustomization applies and what reports Ready, in the order in which they need each other: a HelmRelease, an ExternalSecret. */
  readonly objects?: readonly ObjectRef[];
  readonly pods?: Pods;
}

interface Pods {
  readonly namespace: string;
  /** Labels of the workloads and of their pods. */
  readonly selector: string;
}

/**
 * Follows an app from the Git remote to the last lines of a container's log: source, Kustomization, what it applies, workload, pod, claim,
 * container. The causes begin with the first link that is broken.
 */
export function whyNotDelivered({ gitops, kustomization, objects = [], pods }: Delivery): Diagnosis {
  const named = Object.fromEntries(objects.map((ref) => [nameOf(ref), readObject(ref, Flux)]));
  return diagnosis({
    reads: {
      remote: readTip(),
      source: readObject(gitops.source, Flux),
      parent: readObject(gitops.parent, Flux),
      kustomization: readObject(kustomization, Flux),
      ...named,
      ...(pods === undefined ? {} : readsOf(pods)),
    },
    ...(pods === undefined ? {} : { nextPermissions: [toReadLogs(pods)] }),
    explain: (seen, now) => {
      const delivery = troubleOfDelivery({ gitops, kustomization }, seen);
      if (delivery.ends) return explanationOf(delivery.links);
      const applied = objects.flatMap((ref) =>
        nameOf(ref) in seen ? linkOfObject(ref, (seen as Record<string, Flux | undefined>)[nameOf(ref)]) : [],
      );
      return explanationOf([...delivery.links, ...applied], seen as Running, now);
    },
  });
}

/** From the workloads on: for what no Kustomization of ours delivers. */
export function whyPodsFail(pods: Pods): Diagnosis {
  return diagnosis({ reads: readsOf(pods), nextPermissions: [toReadLogs(pods)], explain: (seen, now) => explanationOf([], seen, now) });
}

function explanationOf(links: readonly Link[], running: Running = {}, now = new Date(0)): Explanation {
  const trouble = troubleOfWorkloads(running, now);
  const remedy = trouble?.remedy ?? links.findLast((link) => link.remedy !== undefined)?.remedy;
  return {
    cause: [...links.map(({ says }) => says), ...(trouble?.cause ?? [])],
    ...(remedy === undefined ? {} : { remedy }),
    ...(trouble?.writer === undefined ? {} : { next: lastLines(trouble.writer) }),
  };
}

/** What a container wrote before it ended; where that is not kept any more, what it writes now. */
function lastLines({ previous, ...place }: Writer): Diagnosis {
  return diagnosis({
    reads: { lines: readLogs(place, undefined, LINES, previous) },
    explain: ({ lines = [] }) => {
      if (lines.length > 0) return { cause: [`its log ends: ${lines.join(' | ')}`] };
      return previous ? { cause: [], next: lastLines({ ...place, previous: false }) } : { cause: [] };
    },
  });
}

function readsOf({ namespace, selector }: Pods) {
  const core = (resource: string) => ({ group: '', version: 'v1', resource, namespace });
  return {
    ...readWorkloads(namespace, selector),
    claims: readList(core('persistentvolumeclaims'), Claim),
    events: readList(core('events'), EventObject),
  };
}

function toReadLogs({ namespace }: Pods) {
  return { verb: 'get', group: '', resource: 'pods/log', namespace } as const;
}
