import type { Manifest, ObjectRef } from '#model/kubernetes.ts';

/** The state of the embedded world. Controllers and services read and change it; the API server serves its objects. */
export interface World {
  readonly store: Store;
  /** Real time plus the offset in ConfigMap rehearsal/clock. */
  now(): Date;
  readonly buckets: Buckets;
  /** What each pod has written, by its `logKey`: lines with the time they were written. */
  readonly logs: Map<string, LogLine[]>;
  /** What processes keep to themselves: see memoryOf. */
  readonly memories: Map<string, unknown>;
  /** Whether ConfigMap rehearsal/fault-NAME is there. */
  fault(name: string): boolean;
  /** What somebody makes of an object whenever Flux has written it. */
  mutate?(object: Manifest): Manifest;
  /** How long the containers of a pod take to start; milliseconds, none unless it is told. */
  startTime?(pod: Manifest): number;
  /** The order in which controllers get to look at the world this time; sources before consumers unless it is told. */
  arrange?<T>(controllers: readonly T[]): readonly T[];
}

/** All that a world is made of, and nothing but data while no fault is on: a copy of it is another world. */
export interface WorldState extends Pick<World, 'logs' | 'memories'> {
  /** By "apiVersion/kind", then by "namespace/name". */
  readonly objects: Map<string, Map<string, Manifest>>;
  /** By bucket, then by key. */
  readonly contents: Map<string, Map<string, { readonly body: Buffer; readonly modified: Date }>>;
  /** Which key pairs open which buckets, by access key. */
  readonly grants: Map<string, { readonly secretKey: string; readonly buckets: readonly string[] }>;
}

export interface LogLine {
  readonly container: string;
  readonly at: Date;
  readonly line: string;
}

/** Objects as the API server keeps them. Every write bumps resourceVersion; generation moves when anything but metadata and status changed. */
export interface Store {
  get(ref: ObjectRef): Manifest | undefined;
  list(apiVersion: string, kind: string, namespace?: string): readonly Manifest[];
  /** Creates or replaces; status is kept when the new object has none. */
  put(manifest: Manifest): Manifest;
  /** Replaces the status; no event when nothing changed. */
  setStatus(ref: ObjectRef, status: Record<string, unknown>): void;
  remove(ref: ObjectRef): void;
  /** Called after each write, in order. Returns the way to stop it. */
  subscribe(listener: (event: StoreEvent) => void): () => void;
}

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Manifest;
}

/** Buckets of the object store by name, and the key pairs that open them. */
export interface Buckets {
  create(bucket: string): void;
  has(bucket: string): boolean;
  /** With all that is in it. */
  remove(bucket: string): void;
  put(bucket: string, key: string, body: Buffer): void;
  get(bucket: string, key: string): Buffer | undefined;
  delete(bucket: string, key: string): void;
  list(bucket: string, prefix: string): readonly { readonly key: string; readonly size: number; readonly modified: Date }[];
  /** Makes a key pair valid for a bucket. */
  grant(accessKey: string, secretKey: string, bucket: string): void;
  secretOf(accessKey: string): { readonly secretKey: string; readonly buckets: readonly string[] } | undefined;
}

/** A process behind a service, reached over the service proxy. */
export interface ServiceRequest {
  readonly method: string;
  /** With the leading slash, decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface ServiceResponse {
  readonly status: number;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

export type ServiceProcess = (request: ServiceRequest, world: World) => ServiceResponse | Promise<ServiceResponse>;
