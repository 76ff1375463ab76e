import type { Manifest } from '#model/kubernetes.ts';
import { type Handler, json, status } from './server.ts';

export interface Store {
  readonly handler: Handler;
  /** By path of the object. */
  readonly objects: Map<string, Manifest>;
  /** Method and path of every request, in order. */
  readonly asked: string[];
  /** While true, every request is answered 500. */
  broken: boolean;
}

/** Objects by path with optimistic locking: as much of an API server as a Lease, an apply or a patch needs. */
export function createStore(): Store {
  const objects = new Map<string, Manifest>();
  let version = 0;
  const keep = (path: string, object: Manifest): Manifest => {
    version += 1;
    const kept = { ...object, metadata: { uid: `uid-${version}`, ...object.metadata, resourceVersion: String(version) } };
    objects.set(path, kept);
    return kept;
  };
  const store: Store = {
    objects,
    asked: [],
    broken: false,
    handler(request, response) {
      const url = new URL(request.url ?? '/', 'http://store');
      const path = url.pathname;
      store.asked.push(`${request.method} ${path}`);
      if (store.broken) return status(response, 500, 'InternalError', 'etcd is gone');
      const present = objects.get(path);
      const body = request.body === '' ? {} : JSON.parse(request.body);
      const dryRun = url.searchParams.get('dryRun') === 'All';
      if (request.method === 'POST') {
        const at = `${path}/${body.metadata.name}`;
        if (objects.has(at)) return status(response, 409, 'AlreadyExists', `${at} already exists`);
        return json(response, 201, keep(at, body));
      }
      const apply = request.headers['content-type'] === 'application/apply-patch+yaml';
      if (present === undefined && apply) return json(response, 201, dryRun ? body : keep(path, body));
      if (present === undefined) return status(response, 404, 'NotFound', `${path} not found`);
      if (request.method === 'GET') return json(response, 200, present);
      if (request.method === 'DELETE') {
        objects.delete(path);
        return json(response, 200, { kind: 'Status', apiVersion: 'v1', status: 'Success' });
      }
      if (request.method === 'PUT' && body.metadata.resourceVersion !== present.metadata.resourceVersion) {
        return status(response, 409, 'Conflict', 'the object has been modified');
      }
      const next = request.method === 'PUT' ? { ...body, metadata: { uid: present.metadata.uid, ...body.metadata } } : merge(present, body);
      json(response, 200, dryRun ? next : keep(path, next as Manifest));
    },
  };
  return store;
}

function merge(before: unknown, patch: unknown): unknown {
  if (typeof before !== 'object' || before === null || typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(patch)) merged[key] = merge(merged[key], value);
  return merged;
}
