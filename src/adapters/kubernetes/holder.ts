import { type Manifest, type Permission, permissionOn, scopeOf } from '#model/kubernetes.ts';
import type { Kubernetes } from './connect.ts';
import { writeFailure } from './failures.ts';
import { pathOfObject } from './paths.ts';
import { readObject } from './read.ts';

/** Who holds the Lease, as it says itself. */
export interface Holder {
  readonly identity: string;
  readonly run?: string;
  readonly phase?: string;
  readonly since?: string;
  readonly renewed?: string;
}

/** Undefined: nobody does. */
export async function readHolder(kubernetes: Kubernetes, namespace: string): Promise<Holder | undefined> {
  const { object } = await readObject(kubernetes, leaseRefIn(namespace));
  const { holderIdentity: identity, acquireTime: since, renewTime: renewed } = specOf(object);
  if (identity === undefined || identity === '') return undefined;
  const { 'anton-logging/run': run, 'anton-logging/phase': phase } = object?.metadata.annotations ?? {};
  const known = { run, phase, since, renewed };
  return { identity, ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) };
}

/**
 * Takes the Lease from whoever holds it; that run finds out when it renews and begins no write any more.
 * @throws UserError when the API server refuses, or the Lease changed meanwhile
 */
export async function dismissHolder(kubernetes: Kubernetes, namespace: string): Promise<void> {
  const { object } = await readObject(kubernetes, leaseRefIn(namespace));
  if (object === undefined) return;
  const { holderIdentity: _, ...spec } = specOf(object);
  // With the resourceVersion that was read: a renewal in between is a conflict.
  const reply = await kubernetes.request('PUT', pathOfObject(leaseRefIn(namespace)), { body: { ...object, spec } });
  if (reply.status !== 200) throw writeFailure(reply, `taking Lease ${namespace}/anton-logging`);
}

/** What taking, renewing and showing it needs. A name can't limit a creation: the API server knows it only afterwards. */
export function permissionsToHold(namespace: string): readonly Permission[] {
  const { name } = leaseRefIn(namespace);
  const scope = scopeOf(leaseRefIn(namespace));
  return [permissionOn(scope, 'create'), permissionOn(scope, 'get', name), permissionOn(scope, 'update', name)];
}

/** Of the one Lease that a rollout is done under, in Flux's namespace. */
export function leaseRefIn(namespace: string) {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name: 'anton-logging' };
}

function specOf(lease: Manifest | undefined): Readonly<Record<string, string | undefined>> {
  return (lease?.spec ?? {}) as Readonly<Record<string, string | undefined>>;
}
