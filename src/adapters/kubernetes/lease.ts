import { EXIT, UserError } from '#model/errors.ts';
import { type Manifest, nameOf } from '#model/kubernetes.ts';
import type { Clock, HeldLock, Lock } from '#model/ports.ts';
import { type Kubernetes, parseReply, type Reply } from './connect.ts';
import { messageOf, writeFailure } from './failures.ts';
import { expiryOf, holderOf, LEASE_SECONDS, type LeaseSpec, leaseRefIn, PHASE, RUN, specOf } from './holder.ts';
import { pathOfObject } from './paths.ts';
import { readObject } from './read.ts';

const RENEW_EVERY = 10_000;
const RETRY_EVERY = 2_000;
const REQUEST_TIMEOUT = 5_000;

export interface LockParts {
  readonly kubernetes: Kubernetes;
  readonly clock: Clock;
  readonly namespace: string;
  /** What `processIdentity` gives; a parameter for tests. */
  readonly identity: string;
}

/** One writer at a time: a Lease in the cluster, changed by compare-and-swap on its resourceVersion only. */
export function createLock(parts: LockParts): Lock {
  return {
    async acquire(run, onLost, signal) {
      const lease = await take(parts, run, signal);
      return hold(parts, lease, run, onLost);
    },
  };
}

/** The Lease as we wrote it last, and when we began to write it: from then on its time counts. */
interface Written {
  readonly lease: Manifest;
  readonly began: Moment;
}

async function take(parts: LockParts, run: string, signal: AbortSignal): Promise<Written> {
  const ref = leaseRefIn(parts.namespace);
  for (;;) {
    const { object: present } = await readObject(parts.kubernetes, ref, signal);
    if (present !== undefined) refuseIfHeld(present, parts);
    const began = moment();
    const reply = await write(parts, present, specFor(parts, present), { [RUN]: run, [PHASE]: null }, signal);
    if (reply.status === 200 || reply.status === 201) return { lease: parseReply(reply, nameOf(ref)) as unknown as Manifest, began };
    // Somebody was quicker: see who.
    if (reply.status !== 409) throw writeFailure(reply, `taking ${nameOf(ref)}`);
  }
}

function hold(parts: LockParts, taken: Written, run: string, onLost: (why: string) => void): HeldLock {
  const released = new AbortController();
  let written = taken;
  let phase: number | undefined;
  let lost = false;
  let queue: Promise<unknown> = Promise.resolve();

  function lose(why: string): void {
    if (lost || released.signal.aborted) return;
    lost = true;
    released.abort();
    onLost(why);
  }

  /** One after the other: each needs the version that the one before it made. */
  function renew(): Promise<boolean> {
    const next = queue.then(async () => {
      if (lost || released.signal.aborted) return false;
      const began = moment();
      const annotations = { [RUN]: run, ...(phase !== undefined && { [PHASE]: String(phase) }) };
      const reply = await write(parts, written.lease, specFor(parts, written.lease), annotations, released.signal);
      if (reply.status === 200) {
        written = { lease: parseReply(reply, nameOf(leaseRefIn(parts.namespace))) as unknown as Manifest, began };
        return true;
      }
      if (reply.status === 409 || reply.status === 404) await adopt(reply);
      return false;
    });
    queue = next.catch(() => undefined);
    return next.catch(() => false);
  }

  /** A conflict is the end, unless the other writer was ourselves: an answer of ours that got lost. */
  async function adopt(reply: Reply): Promise<void> {
    const { object } = await readObject(parts.kubernetes, leaseRefIn(parts.namespace), released.signal);
    const holder = object && specOf(object).holderIdentity;
    if (object !== undefined && holder === parts.identity) written = { ...written, lease: object };
    else lose(`the Lease was taken by ${holder ?? 'nobody: it was deleted'} (${messageOf(reply)})`);
  }

  async function keepRenewing(): Promise<void> {
    let pause = RENEW_EVERY;
    while (!released.signal.aborted) {
      await parts.clock.sleep(pause, released.signal);
      if (released.signal.aborted) return;
      if (isOver(written.began)) return lose(`the Lease could not be renewed for ${LEASE_SECONDS} seconds`);
      pause = (await renew()) ? RENEW_EVERY : RETRY_EVERY;
    }
  }

  void keepRenewing();
  return {
    valid: () => !lost && !released.signal.aborted && !isOver(written.began),
    async renew() {
      await renew();
    },
    describe(number) {
      phase = number;
      void renew();
    },
    async release() {
      await queue;
      if (released.signal.aborted) return;
      released.abort();
      const { holderIdentity: _, ...spec } = specOf(written.lease);
      // A Lease that can't be given back runs out by itself.
      await write(parts, written.lease, spec, { [RUN]: run, [PHASE]: null }, undefined).catch(() => undefined);
    },
  };
}

function specFor({ clock, identity }: LockParts, present: Manifest | undefined): LeaseSpec {
  const before = present === undefined ? {} : specOf(present);
  const now = microTime(clock.now());
  const ours = before.holderIdentity === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: LEASE_SECONDS,
    acquireTime: (ours ? before.acquireTime : undefined) ?? now,
    renewTime: now,
    leaseTransitions: (before.leaseTransitions ?? 0) + (ours || present === undefined ? 0 : 1),
  };
}

/** Creates or replaces; a Lease that changed since it was read is a 409. */
async function write(
  { kubernetes, namespace }: LockParts,
  present: Manifest | undefined,
  spec: LeaseSpec,
  annotations: Readonly<Record<string, string | null>>,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  const ref = leaseRefIn(namespace);
  const kept = Object.entries({ ...present?.metadata.annotations, ...annotations }).filter(([, value]) => value !== null);
  const version = present?.metadata.resourceVersion;
  const metadata = {
    name: ref.name,
    namespace,
    ...(version !== undefined && { resourceVersion: version }),
    annotations: Object.fromEntries(kept),
  };
  const body = { apiVersion: ref.apiVersion, kind: ref.kind, metadata, spec };
  const path = pathOfObject(ref);
  const options = { body, timeout: REQUEST_TIMEOUT, ...(signal !== undefined && { signal }) };
  if (present !== undefined) return kubernetes.request('PUT', path, options);
  return kubernetes.request('POST', path.slice(0, path.lastIndexOf('/')), options);
}

/** @throws UserError with exit 4 when somebody who may be alive holds it */
function refuseIfHeld(lease: Manifest, { clock, identity }: LockParts): void {
  const holder = holderOf(lease, clock.now());
  if (holder === undefined || holder.identity === identity || holder.state !== 'alive') return;
  const { run, phase, since = 'an unknown time' } = holder;
  const doing = [run && `run ${run}`, phase && `phase ${phase}`].filter(Boolean).join(', ');
  throw new UserError(
    `another run holds ${nameOf(leaseRefIn(lease.metadata.namespace ?? ''))}: ${holder.identity}${doing === '' ? '' : ` (${doing})`}, since ${since}; without renewal it expires at ${expiryOf(lease).toISOString()}`,
    'wait for that run to end, or end it there; one that has died is taken over when its Lease expires. `anton-logging unlock` shows who holds it',
    EXIT.locked,
  );
}

/** V1MicroTime */
function microTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}

interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

function moment(): Moment {
  return { monotonic: performance.now(), wall: Date.now() };
}

/** Real time, not the clock port's: monotonic time sees a stopped process, wall time a machine that slept. */
function isOver(began: Moment): boolean {
  const limit = LEASE_SECONDS * 1000;
  return performance.now() - began.monotonic >= limit || Date.now() - began.wall >= limit;
}
