import type { GitOps } from '#model/environment.ts';
import { nameOf, type ObjectRef } from '#model/kubernetes.ts';
import type { RemoteAnswer } from '#model/read.ts';
import { isObserved, progressOf, readyOf } from './flux-state.ts';
import { type Flux, findCondition } from './objects.ts';
import { findReason, remedyAt, type Subject } from './reasons.ts';

/** A link of the chain from Git to the cluster that is broken. */
export interface Link {
  readonly says: string;
  readonly remedy?: string;
}

/** What could not be read is missing; what is not there is undefined. */
interface Seen {
  readonly remote?: RemoteAnswer;
  readonly source?: Flux | undefined;
  readonly parent?: Flux | undefined;
  readonly kustomization?: Flux | undefined;
}

/** The broken links from the remote to the Kustomization; `ends`: what lies behind is still of before, and says nothing of today. */
export function troubleOfDelivery(
  { gitops, kustomization }: { readonly gitops: GitOps; readonly kustomization: ObjectRef },
  seen: Seen,
): { readonly links: readonly Link[]; readonly ends: boolean } {
  const before = linkOfRemote(seen.remote) ?? linkOfSource(gitops.source, seen);
  if (before !== undefined) return { links: [before], ends: true };
  if (!('kustomization' in seen)) return { links: [], ends: false };
  const found = seen.kustomization;
  if (found === undefined) return { links: [...linksOfParent(gitops.parent, seen), ...linkOfObject(kustomization, found)], ends: true };
  const applied = found.status.lastAppliedRevision ?? 'nothing';
  const isApplied = applied.endsWith(seen.remote?.tip ?? '');
  const [link] = linkOfObject(kustomization, found);
  const late = isApplied ? [] : [{ says: `${nameOf(kustomization)} has applied ${applied}`, remedy: reconcile(kustomization) }];
  const links = link === undefined ? late : [link];
  // While it waits for the health of what it has applied, the cause lies behind.
  const waits = readyOf(found)?.status === 'Unknown' || readyOf(found)?.reason === 'HealthCheckFailed';
  return { links, ends: links.length > 0 && !isApplied && !waits };
}

/** What an object says of itself when it is not Ready; nothing when it is. */
export function linkOfObject(ref: ObjectRef, found: Flux | undefined): readonly Link[] {
  const name = nameOf(ref);
  if (found === undefined) return [{ says: `${name} is not there` }];
  if (found.spec.suspend) return [{ says: `${name} is suspended`, remedy: resume(ref) }];
  if (isWell(found)) return [];
  const stalled = findCondition(found.status.conditions, 'Stalled');
  const released = findCondition(found.status.conditions, 'Released');
  const ready = readyOf(found);
  const reason = (stalled?.status === 'True' ? stalled.reason : ready?.reason) ?? '';
  // After a rollback Ready speaks of that: why there was one stands in Released.
  const message = (released?.status === 'False' ? released.message : ready?.message) ?? '';
  const said = stalled?.status === 'True' || ready?.status === 'False' ? `${reason}: ${message}` : progressOf(found)[0];
  const known = findReason(subjectOf(ref.kind), reason, message);
  const remedy = known === undefined ? undefined : remedyAt(known, { namespace: ref.namespace ?? '', name: ref.name });
  return [{ says: `${name}: ${said ?? 'it says nothing about being ready'}`, ...(remedy === undefined ? {} : { remedy }) }];
}

function linkOfRemote(remote: RemoteAnswer | undefined): Link | undefined {
  if (remote === undefined || remote.tip !== undefined) return undefined;
  const { remote: name, branch, unreachable } = remote;
  if (unreachable === undefined) return { says: `${name} has no branch ${branch}`, remedy: `git ls-remote ${name}` };
  return { says: `${name} can't be reached: ${unreachable}`, remedy: `check address and credentials: git ls-remote ${name}` };
}

function linkOfSource(ref: ObjectRef, seen: Seen): Link | undefined {
  if (!('source' in seen)) return undefined;
  const { source, remote } = seen;
  const fetched = source?.status.artifact?.revision ?? 'nothing';
  if (source !== undefined && fetched.endsWith(remote?.tip ?? '')) return undefined;
  const [link] = source === undefined || source.spec.suspend || !isWell(source) ? linkOfObject(ref, source) : [];
  return link ?? { says: `${nameOf(ref)} has fetched ${fetched}, the branch is at ${remote?.tip?.slice(0, 7)}`, remedy: reconcile(ref) };
}

/** Why what makes the Kustomization does not. */
function linksOfParent(ref: ObjectRef, seen: Seen): readonly Link[] {
  if (!('parent' in seen)) return [];
  return seen.parent === undefined || !isWell(seen.parent) || seen.parent.spec.suspend ? linkOfObject(ref, seen.parent) : [];
}

/** Objects of others than Flux count no generations. */
function isWell(found: Flux): boolean {
  return readyOf(found)?.status === 'True' && (found.status.observedGeneration === -1 || isObserved(found));
}

function resume(ref: ObjectRef): string {
  return `flux resume ${inFlux(ref)}; Git may set spec.suspend, too`;
}

function reconcile(ref: ObjectRef): string {
  return `flux reconcile ${inFlux(ref)}`;
}

/** "source git -n flux-system main": how Flux's command names it. */
function inFlux({ kind, namespace, name }: ObjectRef): string {
  return `${kind === 'GitRepository' ? 'source git' : kind.toLowerCase()} -n ${namespace} ${name}`;
}

function subjectOf(kind: string): Subject {
  return kind === 'HelmRelease' || kind === 'Kustomization' || kind === 'ExternalSecret' ? kind : 'source';
}
