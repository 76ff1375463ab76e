import type { Reconcile } from '#model/change.ts';
import { Unreadable, UserError } from '#model/errors.ts';
import { type Manifest, nameOf, type ObjectRef, refOf } from '#model/kubernetes.ts';
import type { Clock } from '#model/ports.ts';
import { type Kubernetes, parseReply, type Reply } from './connect.ts';
import { writeFailure } from './failures.ts';
import { pathOfObject } from './paths.ts';
import { readObject } from './read.ts';

const MANAGER = 'anton-logging';
/** How long an object may take to go: a pod's grace period and a finalizer or two. */
const PATIENCE = 120_000;

/** What applying would change, one leaf a line; undefined: nothing. */
export async function previewApply(kubernetes: Kubernetes, manifest: Manifest, signal: AbortSignal): Promise<string | undefined> {
  const { object: live } = await readObject(kubernetes, refOf(manifest), signal);
  const what = nameOf(refOf(manifest));
  if (live === undefined) return `create ${what}`;
  if (mustBeReplaced(manifest, live)) return `delete and create ${what}: the spec of a pod can't be changed`;
  const reply = await sendApply(kubernetes, manifest, live, true, signal);
  if (reply.status !== 200) throw writeFailure(reply, `applying ${what}`);
  const lines = differences(withoutBookkeeping(live), withoutBookkeeping(parseReply(reply, what)), '');
  return lines.length === 0 ? undefined : `change ${what}\n${lines.join('\n')}`;
}

/** @throws UserError when the API server refuses, or somebody else manages a field */
export async function applyObject(kubernetes: Kubernetes, clock: Clock, manifest: Manifest, signal: AbortSignal): Promise<string> {
  const what = nameOf(refOf(manifest));
  let { object: live } = await readObject(kubernetes, refOf(manifest), signal);
  if (live !== undefined && mustBeReplaced(manifest, live)) {
    await removeObject(kubernetes, clock, refOf(manifest), signal);
    live = undefined;
  }
  const reply = await sendApply(kubernetes, manifest, live, false, signal);
  if (reply.status !== 200 && reply.status !== 201) throw writeFailure(reply, `applying ${what}`);
  return `${reply.status === 201 ? 'created' : 'applied'} ${what}`;
}

/**
 * Deletes an object and waits until it is gone.
 * @throws UserError when the API server refuses, or it is still there after two minutes
 */
export async function removeObject(kubernetes: Kubernetes, clock: Clock, ref: ObjectRef, signal: AbortSignal): Promise<string> {
  // Read before, for a controller may make another of the same name at once: that one is not to be waited for.
  const { object: doomed } = await readObject(kubernetes, ref, signal);
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
  const reply = await kubernetes.request('DELETE', pathOfObject(ref), { body, signal });
  if (reply.status === 404) return `${nameOf(ref)} was gone already`;
  if (reply.status !== 200 && reply.status !== 202) throw writeFailure(reply, `removing ${nameOf(ref)}`);
  const deadline = performance.now() + PATIENCE;
  for (let pause = 50; ; pause = Math.min(pause * 2, 1000)) {
    const { object } = await readObject(kubernetes, ref, signal);
    if (object === undefined || object.metadata.uid !== doomed?.metadata.uid) return `removed ${nameOf(ref)}`;
    if (performance.now() > deadline) {
      const holders = (object.metadata.finalizers as readonly string[] | undefined)?.join(', ') ?? 'none';
      throw new UserError(
        `${nameOf(ref)} is still there two minutes after it was deleted (finalizers: ${holders})`,
        `see what holds it (kubectl describe), then run again`,
      );
    }
    await clock.sleep(pause, signal);
    signal.throwIfAborted();
  }
}

/** Tells Flux to look now. @throws UserError when the object is not there or may not be changed */
export async function requestReconcile(
  kubernetes: Kubernetes,
  { object: ref, reset }: Reconcile,
  token: string,
  signal: AbortSignal,
): Promise<string> {
  // Flux resets only when both annotations have the same value.
  const annotations = { 'reconcile.fluxcd.io/requestedAt': token, ...(reset && { 'reconcile.fluxcd.io/resetAt': token }) };
  const reply = await kubernetes.request('PATCH', pathOfObject(ref), {
    query: { fieldManager: MANAGER },
    body: { metadata: { annotations } },
    contentType: 'application/merge-patch+json',
    signal,
  });
  if (reply.status !== 200) throw writeFailure(reply, `asking Flux to reconcile ${nameOf(ref)}`);
  return `asked Flux to ${reset ? 'reset and ' : ''}reconcile ${nameOf(ref)}`;
}

/** Fields are forced on objects that we made; on another's, a conflict names the other. */
async function sendApply(
  kubernetes: Kubernetes,
  manifest: Manifest,
  live: Manifest | undefined,
  dryRun: boolean,
  signal: AbortSignal,
): Promise<Reply> {
  const managers = (live?.metadata.managedFields ?? []) as readonly { readonly manager?: string }[];
  const ours = live === undefined || managers.some(({ manager }) => manager === MANAGER);
  return kubernetes.request('PATCH', pathOfObject(refOf(manifest)), {
    query: { fieldManager: MANAGER, fieldValidation: 'Strict', force: String(ours), ...(dryRun && { dryRun: 'All' }) },
    // JSON is YAML.
    body: manifest,
    contentType: 'application/apply-patch+yaml',
    signal,
  });
}

/** Pods can't be changed, and the names of probes are fixed: the old one has to go first. */
function mustBeReplaced(manifest: Manifest, live: Manifest): boolean {
  return manifest.kind === 'Pod' && (live.metadata.deletionTimestamp !== undefined || !isPartOf(manifest.spec, live.spec));
}

/** Whether everything in `part` is in `whole`, which the API server has filled with defaults. */
function isPartOf(part: unknown, whole: unknown): boolean {
  if (Array.isArray(part)) {
    return Array.isArray(whole) && part.length === whole.length && part.every((item, index) => isPartOf(item, whole[index]));
  }
  if (typeof part !== 'object' || part === null) return part === whole;
  if (typeof whole !== 'object' || whole === null) return false;
  return Object.entries(part).every(([key, value]) => isPartOf(value, (whole as Record<string, unknown>)[key]));
}

function withoutBookkeeping(object: Record<string, unknown> | Manifest): unknown {
  const { status: _, metadata, ...rest } = object as Record<string, unknown>;
  if (typeof metadata !== 'object' || metadata === null) throw new Unreadable('the API server answered without metadata');
  const { managedFields: __, resourceVersion: ___, generation: ____, ...named } = metadata as Record<string, unknown>;
  return { ...rest, metadata: named };
}

function differences(before: unknown, after: unknown, path: string): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  return [`  ${path}: ${JSON.stringify(before) ?? 'absent'} -> ${JSON.stringify(after) ?? 'absent'}`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
