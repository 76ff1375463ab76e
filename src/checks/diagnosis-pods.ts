import { type ContainerTrouble, troubleOf } from './containers.ts';
import { newestOf } from './events.ts';
import { type Claim, type ContainerStatus, type EventObject, findCondition, type Pod } from './objects.ts';
import { findReason, type Reason, remedyAt } from './reasons.ts';

/** A container, and which run of it wrote the log that may tell more. */
export interface Writer {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
}

/** What is wrong, outermost first. */
export interface Trouble {
  readonly cause: readonly string[];
  /** Of what is told of several: waiting in vain before what may pass. */
  readonly ends: Reason['ends'] | 'unknown';
  readonly remedy?: string;
  readonly writer?: Writer;
}

/** What stands around a pod: without an answer a list is missing, and nothing is said of it. */
export interface Surroundings {
  readonly claims?: readonly Claim[] | undefined;
  readonly events?: readonly EventObject[] | undefined;
}

/** The worst first. */
const ORDER: readonly Trouble['ends'][] = ['terminal', 'retried', 'starting', 'unknown'];

export function worstOf(troubles: readonly Trouble[]): Trouble | undefined {
  return troubles.toSorted((a, b) => ORDER.indexOf(a.ends) - ORDER.indexOf(b.ends))[0];
}

/** Why a pod does not work: no node, no volume, a container that does not run or has just died. Undefined when it works. */
export function troubleOfPod(pod: Pod, around: Surroundings, now: Date): Trouble | undefined {
  const { metadata, spec, status } = pod;
  const name = `Pod ${metadata.namespace}/${metadata.name}`;
  const where = spec.nodeName === undefined ? name : `${name} on ${spec.nodeName}`;
  const scheduled = findCondition(status.conditions, 'PodScheduled');
  if (scheduled?.status === 'False') {
    const said = { reason: scheduled.reason, message: scheduled.message };
    return innermost(
      { ...know('pod', said, pod), cause: [`${name} finds no node: ${said.reason}: ${said.message}`] },
      claimsOf(pod, around),
    );
  }
  if (status.reason !== '')
    return { ...know('pod', status, pod), cause: [`${where} is ${status.phase}: ${status.reason}: ${status.message}`] };
  const containers = [...status.initContainerStatuses, ...status.containerStatuses];
  const found = worstOf(containers.flatMap((container) => asTrouble(container, pod, troubleOf(container, pod, where, now))));
  if (found !== undefined && found.ends !== 'starting') return found;
  if (findCondition(status.conditions, 'Ready')?.status === 'True') return undefined;
  const starting: Trouble = found ?? { cause: [`${where} is not ready`], ends: 'unknown', ...firstWriter(containers, pod) };
  return innermost(innermost(starting, claimsOf(pod, around)), eventOf(pod, around));
}

function asTrouble({ name }: ContainerStatus, { metadata }: Pod, trouble: ContainerTrouble | undefined): readonly Trouble[] {
  if (trouble === undefined) return [];
  const { log, ...rest } = trouble;
  if (log === 'none') return [rest];
  return [{ ...rest, writer: { namespace: metadata.namespace, pod: metadata.name, container: name, previous: log === 'previous' } }];
}

/** Of the container that runs and is not ready. */
function firstWriter(containers: readonly ContainerStatus[], { metadata }: Pod): { readonly writer?: Writer } {
  const runs = containers.find(({ ready, state }) => !ready && state.waiting === undefined && state.terminated === undefined);
  return runs === undefined ? {} : { writer: { namespace: metadata.namespace, pod: metadata.name, container: runs.name, previous: false } };
}

/** What lies further in stands behind, and what mends that mends it. */
function innermost(outer: Trouble, inner: Trouble | undefined): Trouble {
  if (inner === undefined) return outer;
  return { ...outer, ...inner, cause: [...outer.cause, ...inner.cause] };
}

/** The first of its claims that has no volume, with what its provisioner says. */
function claimsOf({ metadata, spec }: Pod, { claims, events = [] }: Surroundings): Trouble | undefined {
  if (claims === undefined) return undefined;
  const { namespace } = metadata;
  const names = spec.volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
  const open = names.find((name) => claims.find((claim) => claim.metadata.name === name)?.status.phase !== 'Bound');
  if (open === undefined) return undefined;
  const what = `PersistentVolumeClaim ${namespace}/${open}`;
  const phase = claims.find((claim) => claim.metadata.name === open)?.status.phase;
  const event = newestOf(events, 'PersistentVolumeClaim', open);
  const cause = [phase === undefined ? `${what} is not there` : `${what} is ${phase}`];
  if (event === undefined) return { cause, ends: 'unknown', remedy: `kubectl describe pvc -n ${namespace} ${open}` };
  return {
    ...know('event', event, { metadata: { namespace, name: open } }),
    cause: [...cause, `${event.reason}: ${event.message}`],
  };
}

/** What the kubelet says of a pod that does not come up. */
function eventOf(pod: Pod, { events = [] }: Surroundings): Trouble | undefined {
  const event = newestOf(events, 'Pod', pod.metadata.name, 'FailedMount', 'FailedAttachVolume', 'Unhealthy');
  return event === undefined ? undefined : { ...know('event', event, pod), cause: [`${event.reason}: ${event.message}`] };
}

/** What the table says of the reason. */
export function know(
  of: 'pod' | 'event',
  { reason, message }: { readonly reason: string; readonly message: string },
  { metadata }: { readonly metadata: { readonly namespace: string; readonly name: string } },
): Pick<Trouble, 'ends' | 'remedy'> {
  const known = findReason(of, reason, message);
  return known === undefined ? { ends: 'unknown' } : { ends: known.ends, remedy: remedyAt(known, metadata) };
}
