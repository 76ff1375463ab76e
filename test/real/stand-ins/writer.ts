import type { Kubernetes, Method, Reply, RequestOptions } from '#adapters/kubernetes/connect.ts';
import { pathOfObject } from '#adapters/kubernetes/paths.ts';
import { type Manifest, nameOf, type ObjectRef, refOf } from '#model/kubernetes.ts';
import type { Store } from '#rehearsal/world.ts';
import type { Report } from './mirror.ts';

type Writer = Pick<Store, 'put' | 'setStatus' | 'remove'>;

/**
 * Writes to the API server without anybody waiting: in order for each object, nothing that is there already, and nothing again that
 * is just being written. The mirror tells when it has happened.
 */
export function createWriter(kubernetes: Kubernetes, get: Store['get'], report: Report, signal: AbortSignal): Writer {
  const underWay = new Map<string, { readonly content: string; readonly done: Promise<void> }>();

  function enqueue(ref: ObjectRef, action: string, method: Method, path: string, options: RequestOptions): void {
    const object = nameOf(ref);
    const content = JSON.stringify([method, path, options.body]);
    const before = underWay.get(object);
    if (before?.content === content) return;
    const send = async (): Promise<void> => {
      try {
        accept(await kubernetes.request(method, path, { ...options, signal }));
      } catch (error) {
        if (!signal.aborted) report(`${action} ${object}`, error);
      }
      if (underWay.get(object) === entry) underWay.delete(object);
    };
    const entry = { content, done: (before?.done ?? Promise.resolve()).then(send) };
    underWay.set(object, entry);
  }

  return {
    put(manifest) {
      const ref = refOf(manifest);
      const present = get(ref);
      const wanted = applied(manifest);
      if (isPartOf(wanted, present)) return present as Manifest;
      enqueue(ref, 'applying', 'PATCH', pathOfObject(ref), {
        query: { fieldManager: 'stand-ins', force: 'true' },
        body: wanted,
        contentType: 'application/apply-patch+yaml',
      });
      return manifest;
    },
    setStatus(ref, status) {
      if (isPartOf(status, get(ref)?.status) && !underWay.has(nameOf(ref))) return;
      const contentType = 'application/merge-patch+json';
      enqueue(ref, 'reporting', 'PATCH', `${pathOfObject(ref)}/status`, { body: { status }, contentType });
    },
    remove(ref) {
      const uid = get(ref)?.metadata.uid;
      // Another object of the same name is not meant.
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
      if (uid !== undefined) enqueue(ref, 'removing', 'DELETE', pathOfObject(ref), { body });
    },
  };
}

/** An object that is gone, or another by now, needs nothing any more. */
function accept({ status, body }: Reply): void {
  if (status >= 300 && status !== 404 && status !== 409) throw new Error(`status ${status}: ${body}`);
}

/** Without status and what the server itself keeps in the metadata. */
function applied({ status: _, metadata, ...rest }: Manifest): Manifest {
  const { name, namespace, labels, annotations, ownerReferences } = metadata;
  return JSON.parse(JSON.stringify({ ...rest, metadata: { name, namespace, labels, annotations, ownerReferences } }));
}

/** Whether all of `part` is in `whole`, which the server and others may have added to. */
function isPartOf(part: unknown, whole: unknown): boolean {
  if (typeof part !== 'object' || part === null) return part === whole;
  // What is empty the server leaves out.
  if (typeof whole !== 'object' || whole === null) return Object.keys(part).length === 0;
  if (Array.isArray(part) && part.length !== (whole as readonly unknown[]).length) return false;
  return Object.entries(part).every(([key, value]) => value === undefined || isPartOf(value, (whole as Record<string, unknown>)[key]));
}
