import type { Duration } from './check.ts';
import type { ObjectRef, ServiceRef } from './kubernetes.ts';
import type { BucketRef, SecretKeys } from './read.ts';

/** Everything the manifests and checks need to know about one cluster, resolved: no optional value is left open. `null`: "we don't have that". */
export interface Environment {
  readonly gitops: GitOps;
  readonly storage: Storage;
  readonly loki: Loki;
  readonly alloy: Alloy;
  readonly prometheus: Prometheus | null;
  readonly grafana: Grafana | null;
  readonly airflow: Airflow | null;
  /** "HelmRelease monitoring/loki": what is there already, made by somebody else, and is to become ours. */
  readonly adopt: readonly string[];
  readonly gates: { readonly soak: Duration; readonly decommission: Duration };
  readonly targets: Targets;
}

export interface GitOps {
  readonly remote: string;
  readonly branch: string;
  /** How commits come to the branch: by our own push, or by somebody who merges a branch that we push. */
  readonly delivery: 'push' | 'pull-request';
  /** Where the loki and alloy directories go, in the repository's own layout; its kustomization.yaml lists them. "." is the repository's root. */
  readonly directory: string;
  /** Where Flux's Kustomizations live. */
  readonly namespace: string;
  readonly source: ObjectRef;
  /** The Kustomization that applies `directory`. */
  readonly parent: ObjectRef;
}

export interface Storage {
  readonly rook: Rook | null;
  readonly endpoint: string;
  readonly bucket: BucketRef;
  readonly bucketFrom: 'existing' | 'object-bucket-claim';
  readonly secretFrom: 'existing' | 'external-secret' | 'object-bucket-claim';
  /** For the object bucket claim. */
  readonly storageClass: string;
}

export interface Rook {
  readonly namespace: string;
  readonly cluster: string;
  readonly objectStore: string;
}

export interface Chart {
  readonly repository: string;
  readonly name: string;
  readonly version: string;
}

export interface Loki {
  readonly namespace: string;
  readonly name: string;
  readonly chart: Chart;
  /** The image's tag: chart 18.11.0 itself carries one that some object stores reject. */
  readonly version: string;
  readonly mode: 'Monolithic';
  readonly service: ServiceRef;
  readonly gateway: ServiceRef;
  readonly canary: ServiceRef;
  readonly retention: Duration;
  readonly memory: { readonly request: string; readonly limit: string };
  readonly persistence: { readonly size: string; readonly storageClass: string };
  /** MiB */
  readonly caches: { readonly chunks: number; readonly results: number };
  /** Merged over our values last: the user's way out. */
  readonly values: Readonly<Record<string, unknown>>;
}

export interface Alloy {
  readonly namespace: string;
  readonly name: string;
  readonly chart: Chart;
  readonly service: ServiceRef;
  /** Namespaces whose pods are not collected. */
  readonly excludedNamespaces: readonly string[];
  /** Lines per second and pod. */
  readonly rateLimit: number;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface Prometheus {
  readonly service: ServiceRef;
  /** The label `release` that it selects ServiceMonitors and rules by. */
  readonly release: string;
}

export interface Grafana {
  readonly service: ServiceRef;
  readonly namespace: string;
  readonly login: SecretKeys;
}

export interface Airflow {
  readonly namespace: string;
  readonly release: string;
  readonly claim: string;
  /** The file of its HelmRelease in the repository: values are edited there. */
  readonly file: string;
  readonly kustomization: ObjectRef;
  /** Where its files and its own remote logs go: a bucket of its own, with a Secret in its own namespace, because pods can't read another's. */
  readonly archive: BucketRef;
}

export interface Targets {
  /** 0 to 1 */
  readonly coverage: number;
  /** Seconds, for queries over 24 h. */
  readonly p95: number;
  /** 0 to 1 */
  readonly availability: number;
  readonly compression: number;
  /** Share of the old cost that is saved: 0 to 1. */
  readonly saving: number;
  readonly streams: number;
  readonly namespaces: number;
}
