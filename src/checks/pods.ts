import { type Check, check } from '#model/check.ts';
import { nameOf, type ObjectRef, type Scope } from '#model/kubernetes.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { newestOf, timeOf } from './events.ts';
import { Claim, EventObject, findCondition, Node, Pod, StorageClass, Workload } from './objects.ts';
import { formatBytes, parseQuantity } from './quantity.ts';
import { readList, readObject } from './reads.ts';

const inNamespace = (resource: string, namespace: string): Scope => ({ group: '', version: 'v1', resource, namespace });

/**
 * A pod that admission refuses is never made: no pod tells of it, only an event of the workload that wants it.
 * @param after the check that says that the workload is the newest one
 */
export const podsAreAdmitted = (id: string, workload: ObjectRef, after: string): Check => {
  const { namespace = '', kind, name } = workload;
  return check({
    id,
    title: `No pod of ${nameOf(workload)} is refused at its creation`,
    holds: 'always',
    after: [after],
    reads: { found: readObject(workload, Workload), events: readList(inNamespace('events', namespace), EventObject) },
    judge: ({ found, events = [] }, now) => {
      if (found === undefined) return pending(`${nameOf(workload)} is not there`, [], `kubectl get ${kind.toLowerCase()} -n ${namespace}`);
      const { status, spec } = found;
      const wanted = status.desiredNumberScheduled ?? spec.replicas;
      const made = status.currentNumberScheduled ?? status.replicas;
      const saw = `${made} of ${wanted} pods made`;
      if (made >= wanted) return met(saw);
      const refusal = newestOf(events, kind, name, 'FailedCreate');
      if (refusal === undefined)
        return pending(
          saw,
          [`${nameOf(workload)} has not made the others yet`],
          `kubectl describe ${kind.toLowerCase()} -n ${namespace} ${name}`,
        );
      const why = [`${nameOf(workload)}: ${refusal.message}`];
      const remedy = remedyOf(refusal.message, namespace);
      return now.getTime() - timeOf(refusal) > FRESH ? pending(saw, why, remedy) : failed(saw, why, remedy);
    },
  });
};

/** An older refusal may be mended already: the controller tries again, less and less often; milliseconds. */
const FRESH = 60_000;

function remedyOf(message: string, namespace: string): string {
  if (message.includes('PodSecurity'))
    return `label namespace ${namespace} in Git: pod-security.kubernetes.io/enforce: privileged (kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=privileged --overwrite)`;
  if (message.includes('exceeded quota'))
    return `raise the quota in Git (kubectl get resourcequota -n ${namespace}), or lower environment.loki.memory and environment.loki.caches`;
  return `mend what admission names, then: kubectl get events -n ${namespace} --field-selector reason=FailedCreate`;
}

/** A pod that asks for more than the largest node has waits for ever; else it waits for room. */
export const podsFitNodes = (id: string, namespace: string, selector: string, setting: string, after: string): Check =>
  check({
    id,
    title: `Every pod with ${selector} finds a node`,
    holds: 'always',
    after: [after],
    reads: {
      pods: readList(inNamespace('pods', namespace), Pod, selector),
      nodes: readList({ group: '', version: 'v1', resource: 'nodes' }, Node),
    },
    judge: ({ pods = [], nodes = [] }) => {
      const waiting = pods.flatMap((pod) => {
        const scheduled = findCondition(pod.status.conditions, 'PodScheduled');
        return scheduled?.status === 'False' ? [{ pod, says: `${scheduled.reason}: ${scheduled.message}` }] : [];
      });
      if (waiting.length === 0) return met(`${pods.length} pods, none waits for a node`);
      const largest = Math.max(0, ...nodes.map(({ status }) => parseQuantity(status.allocatable.memory ?? '0')));
      const hopeless = waiting.find(({ pod }) => requestOf(pod) > largest);
      const { pod, says } = hopeless ?? (waiting[0] as (typeof waiting)[number]);
      const name = `Pod ${namespace}/${pod.metadata.name}`;
      const saw = `${name} finds no node`;
      const describe = `kubectl describe pod -n ${namespace} ${pod.metadata.name}`;
      if (hopeless === undefined) return pending(saw, [says], `lower ${setting}, add a node, or free one: ${describe}`);
      return failed(
        saw,
        [says, `${name} asks for ${formatBytes(requestOf(pod))}, and the largest node has ${formatBytes(largest)}`],
        `lower ${setting}; ${describe}`,
      );
    },
  });

function requestOf({ spec }: Pod): number {
  return spec.containers.reduce((sum, { resources }) => sum + parseQuantity(resources.requests.memory ?? '0'), 0);
}

/** A claim without a volume keeps its pod from starting; why there is none, only its events tell. */
export const claimsAreBound = (id: string, namespace: string, names: readonly string[], after: string): Check =>
  check({
    id,
    title: `The volumes are there: ${names.map((name) => `${namespace}/${name}`).join(', ')}`,
    holds: 'always',
    after: [after],
    reads: {
      claims: readList(inNamespace('persistentvolumeclaims', namespace), Claim),
      classes: readList({ group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' }, StorageClass),
      events: readList(inNamespace('events', namespace), EventObject),
    },
    judge: ({ claims = [], classes = [], events = [] }) => {
      const open = names.filter((name) => claims.find(({ metadata }) => metadata.name === name)?.status.phase !== 'Bound');
      const [first] = open;
      if (first === undefined) return met(`${names.length} Bound`);
      const what = `PersistentVolumeClaim ${namespace}/${first}`;
      const describe = `kubectl describe pvc -n ${namespace} ${open.join(' ')}`;
      const claim = claims.find(({ metadata }) => metadata.name === first);
      if (claim === undefined) return pending(`${what} is not there yet`, [], `kubectl get pvc -n ${namespace}`);
      const wanted = claim.spec.storageClassName;
      const storageClass = classes.find(({ metadata }) => metadata.name === wanted);
      if (claim.status.phase === 'Lost')
        return failed(
          `${what} is Lost`,
          [`its volume ${claim.spec.volumeName ?? ''} is gone`],
          `its data is lost: delete it and let it be made anew, or restore the volume; ${describe}`,
        );
      if (wanted !== undefined && wanted !== '' && storageClass === undefined)
        return failed(
          `${what} asks for StorageClass ${wanted}, which is not there`,
          [`${what} is ${claim.status.phase}`],
          `name an existing one in environment.loki.persistence.storageClass (kubectl get storageclass); a claim keeps its class: ${describe}`,
        );
      const newest = newestOf(events, 'PersistentVolumeClaim', first);
      const by = storageClass === undefined ? [] : [`StorageClass ${wanted} is provisioned by ${storageClass.provisioner}`];
      return pending(
        `${what} is ${claim.status.phase}`,
        [newest === undefined ? '' : `${newest.reason}: ${newest.message}`, ...by],
        `see whether its provisioner runs: ${describe}`,
      );
    },
  });
