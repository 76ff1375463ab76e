type Chart = { repository?: string; version?: string };

/** `environment` of a goals file as goals/goals.schema.json admits it: everything is optional, null says "we don't have that". */
export interface Settings {
  readonly gitops?: {
    remote?: string;
    branch?: string;
    delivery?: 'push' | 'pull-request';
    directory?: string;
    namespace?: string;
    source?: string;
    kustomization?: string;
  };
  readonly storage?: {
    endpoint?: string;
    region?: string;
    storageClass?: string;
    bucket?: { name?: string; from?: 'existing' | 'object-bucket-claim' };
    secret?: { name?: string; from?: 'existing' | 'external-secret' | 'object-bucket-claim' };
    rook?: { namespace?: string; cluster?: string; objectStore?: string } | null;
  };
  readonly externalSecrets?: Record<string, never> | null;
  readonly loki?: {
    namespace?: string;
    mode?: 'Monolithic' | 'SingleBinary';
    chart?: Chart;
    version?: string;
    retention?: string;
    memory?: { request?: string; limit?: string };
    persistence?: { size?: string; storageClass?: string };
    caches?: { chunks?: number; results?: number };
    values?: Record<string, unknown>;
  };
  readonly alloy?: {
    namespace?: string;
    chart?: Chart;
    excludedNamespaces?: readonly string[];
    rateLimit?: number;
    values?: Record<string, unknown>;
  };
  readonly prometheus?: { service?: string; release?: string } | null;
  readonly grafana?: { service?: string; login?: { secret?: string; user?: string; password?: string } } | null;
  readonly airflow?: {
    namespace?: string;
    release?: string;
    claim?: string;
    file?: string;
    kustomization?: string;
    archive?: { bucket?: string; secret?: string };
  } | null;
  readonly adopt?: readonly string[];
  readonly gates?: { soak?: string; decommission?: string };
}
