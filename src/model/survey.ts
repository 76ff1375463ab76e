import type { ServiceRef } from './kubernetes.ts';

/** What a cluster and a checkout of its repository look like to somebody who has no goals for them yet. */
export interface Survey {
  /** Of the checkout, by `git remote`. */
  readonly remotes: readonly { readonly name: string; readonly url: string }[];
  /** The YAML files at the tip of the branch that Flux follows. */
  readonly files: Readonly<Record<string, string>>;
  readonly cluster: SurveyedCluster;
  /** The keys of the Secret that is called like Grafana's service; undefined when it is not there or may not be read. */
  readonly grafanaKeys: readonly string[] | undefined;
}

/** Lists of all namespaces; undefined where the API server does not serve the kind. */
export interface SurveyedCluster {
  readonly nodes: readonly { readonly name: string /** Bytes. */; readonly memory: number }[];
  readonly namespaces: readonly Named[];
  readonly storageClasses: readonly StorageClass[];
  readonly services: readonly SurveyedService[];
  readonly workloads: readonly Workload[];
  readonly claims: readonly Named[];
  readonly gitRepositories: readonly GitRepository[] | undefined;
  readonly kustomizations: readonly SurveyedKustomization[] | undefined;
  readonly helmReleases: readonly HelmRelease[] | undefined;
  readonly cephClusters: readonly Named[] | undefined;
  readonly objectStores: readonly ObjectStore[] | undefined;
  /** External Secrets' SecretStores. */
  readonly secretStores: readonly Named[] | undefined;
  readonly prometheuses: readonly SurveyedPrometheus[] | undefined;
}

type Labels = Readonly<Record<string, string>>;

export interface Named {
  /** Empty for what lives in no namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
}

interface StorageClass extends Named {
  readonly provisioner: string;
  readonly parameters: Labels;
  readonly isDefault: boolean;
  /** ISO 8601 */
  readonly created: string;
}

export interface SurveyedService extends Named {
  readonly selector: Labels;
  readonly ports: readonly { readonly name: string; readonly port: ServiceRef['port'] }[];
}

interface Workload extends Named {
  readonly podLabels: Labels;
  /** Of its containers' variables those that come out of a Secret. */
  readonly secretVariables: readonly { readonly variable: string; readonly secret: string; readonly key: string }[];
}

export interface GitRepository extends Named {
  readonly url: string;
  /** The branch that it follows; undefined when it follows a tag, a version or a commit. */
  readonly branch: string | undefined;
}

export interface SurveyedKustomization extends Named {
  /** As kustomize-controller understands it: "kubernetes/apps", and "" for the repository's top. */
  readonly path: string;
  readonly source: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly targetNamespace: string | undefined;
}

interface HelmRelease extends Named {
  readonly chart: string | undefined;
  /** Of the chart that was released last, else the one that is asked for, which may be a range. */
  readonly version: string | undefined;
  /** Where Helm installs it, and under which name. */
  readonly targetNamespace: string;
  readonly release: string;
  /** `logs.persistence.existingClaim` of its values. */
  readonly logClaim: string | undefined;
}

interface ObjectStore extends Named {
  readonly isReady: boolean;
  /** Its gateway's address in the cluster, as Rook reports it. */
  readonly endpoint: string | undefined;
  readonly port: number | undefined;
}

interface SurveyedPrometheus extends Named {
  readonly takesRemoteWrites: boolean;
  /** Labels by which it selects ServiceMonitors; empty: it selects all; undefined: none, or by expressions. */
  readonly selects: Labels | undefined;
}
