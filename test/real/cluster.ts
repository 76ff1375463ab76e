import type { Gateway } from './gateway.ts';

/**
 * What a test can know of the real cluster that `npm run test:real` keeps up around it. Everything runs in a network namespace of
 * its own, so that addresses and ports are the same each time; vitest runs inside of it.
 */
export interface RealCluster {
  /** "https://127.0.0.1:6443": a real kube-apiserver with RBAC; its certificate is trusted by this process. */
  readonly server: string;
  /** Path of a kubeconfig with the token `admin` (in system:masters). */
  readonly kubeconfig: string;
  /** "http://10.88.254.1:9080/git": bare repositories are served below it by git http-backend, pushes allowed. */
  readonly git: string;
  /** The directory of those repositories on the disk, to make new ones in. */
  readonly repositories: string;
  /** "http://10.88.254.1:9080/charts": a Helm repository. */
  readonly charts: string;
  /** "http://10.88.254.1:80": the Ceph object gateway, with the keys of its administrator. */
  readonly s3: Gateway;
  /** Where to put files that end with the cluster. */
  readonly directory: string;
}

/** The parts that a test may need. */
export type PartName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kwok'
  | 'source-controller'
  | 'kustomize-controller'
  | 'helm-controller'
  | 'git'
  | 'charts'
  | 'ceph'
  | 'loki'
  | 'memcached'
  | 'nginx'
  | 'prometheus';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Absent in `npm test`: then contracts are tested against the embedded cluster. */
    readonly realCluster?: RealCluster;
    /** Parts that can't be had here, with the reason. */
    readonly missingParts?: Partial<Record<PartName, string>>;
  }
}
