import { type Manifest, type Permission, permissionOn, scopeOf } from '#model/kubernetes.ts';
import type { Holder } from '#model/status.ts';
import type { Kubernetes } from './connect.ts';
import { writeFailure } from './failures.ts';
import { isDeadHere } from './identity.ts';
import { pathOfObject } from './paths.ts';
import { readObject } from './read.ts';

/** How long a Lease lasts without renewal. */
export const LEASE_SECONDS = 30;
/** A week. */
const LONGEST_LEASE = 7 * 24 * 3600;
/** Annotations that tell others what its holder does. */
export const RUN = 'anton-logging/run';
export const PHASE = 'anton-logging/phase';

/**
 * @returns undefined: nobody does
 * @throws UserError or Unobserved when the Lease can't be read
 */
export async function readHolder(kubernetes: Kubernetes, namespace: string, now: Date): Promise<Holder | undefined> {
  const { object } = await readObject(kubernetes, leaseRefIn(namespace));
  return object === undefined ? undefined : holderOf(object, now);
}

/** Whom a Lease names, and whether it may still write. */
export function holderOf(lease: Manifest, now: Date): Holder | undefined {
  const { holderIdentity: identity, acquireTime: since, renewTime: renewed } = specOf(lease);
  if (identity === undefined || identity === '') return undefined;
  const { [RUN]: run, [PHASE]: phase } = lease.metadata.annotations ?? {};
  const known = { run, phase, since, renewed };
  const state = isDeadHere(identity) ? 'gone' : expiryOf(lease) < now ? 'expired' : 'alive';
  return { identity, state, ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) };
}

/** Without a time of renewal it has expired. */
export function expiryOf(lease: Manifest): Date {
  const { renewTime = '', leaseDurationSeconds = LEASE_SECONDS } = specOf(lease);
  const renewed = Date.parse(renewTime);
  // Anybody may have written it: what gives no time would be held for ever.
  const seconds = Number.isInteger(leaseDurationSeconds) ? Math.min(leaseDurationSeconds, LONGEST_LEASE) : LEASE_SECONDS;
  return new Date(Number.isNaN(renewed) ? 0 : renewed + seconds * 1000);
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

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

const TYPES: Readonly<Record<string, string>> = {
  holderIdentity: 'string',
  leaseDurationSeconds: 'number',
  acquireTime: 'string',
  renewTime: 'string',
  leaseTransitions: 'number',
} satisfies Record<keyof LeaseSpec, string>;

/** Anybody may have written it: what is of another type is left out. */
export function specOf({ spec }: Manifest): LeaseSpec {
  const fields = typeof spec === 'object' && spec !== null ? Object.entries(spec) : [];
  return Object.fromEntries(fields.filter(([key, value]) => !Object.hasOwn(TYPES, key) || typeof value === TYPES[key]));
}
