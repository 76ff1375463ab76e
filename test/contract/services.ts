import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, inject, vi } from 'vitest';
import { pathOfObject, pathOfScope } from '#adapters/kubernetes/paths.ts';
import { type Manifest, refOf, scopeOf } from '#model/kubernetes.ts';
import { startCluster } from '#rehearsal/cluster.ts';
import type { Tree } from '#rehearsal/tree.ts';
import type { World } from '#rehearsal/world.ts';
import type { PartName } from '#test/real/cluster.ts';
import { skipWithout } from '#test/real/support/needs.ts';

/** The cluster whose services are asked: the real one, or the embedded one. */
export interface Cluster {
  /** Of the API server. */
  readonly url: string;
  /** Of the embedded one alone. */
  readonly world?: World;
  /** Exists until the tests of the file are over. */
  create(manifest: Manifest): Promise<void>;
  /** Until it is gone: a process that ends later would keep its port. */
  remove(manifest: Manifest): Promise<void>;
  /** Asks NAMESPACE/NAME:PORT over the API server's proxy. */
  ask(service: string, path: string, asked?: Asked): Promise<Answer>;
}

export interface Asked {
  readonly method?: string;
  /** A text is sent as it is. */
  readonly query?: string | Readonly<Record<string, string>>;
  /** Texts and bytes are sent as they are, all else as JSON. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string | null;
  readonly headers: Headers;
  readonly text: string;
  /** Of an answer that is JSON. */
  readonly json: Tree;
}

/**
 * Has what the tests of a file need started before them; gives it to each of them. They are skipped, with the reason, when a part
 * that they need can't be had.
 */
export function useCluster<Started>(parts: readonly PartName[], start: (cluster: Cluster) => Promise<Started>): () => Started {
  const isSkipped = skipWithout(parts);
  let started: Started;
  let stop = async () => {};
  beforeAll(async () => {
    if (isSkipped) return;
    const cluster = await openCluster();
    stop = cluster.stop;
    started = await start(cluster);
  });
  afterAll(() => stop());
  return () => started;
}

/** A name that no other file has, and no other run on the same cluster. */
export function uniqueName(): string {
  return `contract-${process.pid}-${Date.now().toString(36)}`;
}

/** For a condition of the cluster to become true: real processes take their time to start. */
export async function until(seen: () => unknown): Promise<void> {
  await vi.waitUntil(seen, { timeout: inject('realCluster') === undefined ? 5_000 : 90_000, interval: 50 });
}

async function openCluster(): Promise<Cluster & { stop(): Promise<void> }> {
  const real = inject('realCluster');
  if (real !== undefined) return connect(real.server, async () => {});
  const directory = await mkdtemp(join(tmpdir(), 'contract-'));
  const embedded = await startCluster({ directory });
  const stop = async () => {
    await embedded.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { ...connect(embedded.url, stop), world: embedded.world };
}

function connect(url: string, stop: () => Promise<void>): Cluster & { stop(): Promise<void> } {
  const present: Manifest[] = [];

  async function write(method: string, path: string, body?: Manifest): Promise<number> {
    const { status, text } = await send(`${url}${path}`, { method, ...(body === undefined ? {} : { body }) });
    if (status >= 300 && status !== 404) throw new Error(`${method} ${path}: ${status} ${text}`);
    return status;
  }

  async function remove(manifest: Manifest): Promise<void> {
    const path = pathOfObject(refOf(manifest));
    await write('DELETE', `${path}?gracePeriodSeconds=0`);
    if (manifest.kind !== 'Namespace') await until(async () => (await write('GET', path)) === 404);
  }

  return {
    url,
    remove,
    async create(manifest) {
      await write('POST', pathOfScope(scopeOf(refOf(manifest))), manifest);
      present.unshift(manifest);
    },
    ask(service, path, asked) {
      const [namespace, name] = service.split('/');
      return send(`${url}/api/v1/namespaces/${namespace}/services/${name}/proxy${path}`, asked);
    },
    async stop() {
      for (const manifest of present) await remove(manifest);
      await stop();
    },
  };
}

async function send(address: string, { method = 'GET', query = '', body }: Asked = {}): Promise<Answer> {
  const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(`${address}${typeof query === 'string' ? query : `?${new URLSearchParams(query)}`}`, {
    method,
    headers: { authorization: 'Bearer admin', ...(raw ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: raw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
  });
  const { status, headers } = response;
  const [text, contentType] = [await response.text(), headers.get('content-type')];
  return { status, contentType, headers, text, json: contentType?.startsWith('application/json') ? JSON.parse(text) : undefined };
}
