interface Explanation {
  /** "removed StatefulSet airflow/airflow-triggerer: spec.replicas" */
  readonly what: RegExp;
  readonly why: string;
}

/** Why nobody notices a mutation, and whether that is a gap. */
const EXPLANATIONS: readonly Explanation[] = [
  {
    what: /^(removed|changed) (Service|ServiceMonitor|PrometheusRule|Deployment|StatefulSet|DaemonSet) \S+: metadata\.labels\./,
    why: 'A label of an object that a chart has rendered. Who selects by it finds nothing any more, and that is what checks see (a target that is gone, a rule that is not loaded); nobody selects by this one.',
  },
  {
    what: /^removed (Service|ServiceMonitor) \S+: spec\.selector\./,
    why: 'A selector that asks for less still finds the same pods here. What was taken out of an object of a chart has no owner who could be told from Helm: a gap, as long as it does no harm.',
  },
  {
    what: /^removed (ConfigMap|Service|ServiceMonitor|PrometheusRule|Deployment|StatefulSet|DaemonSet) monitoring\//,
    why: 'What was taken out of an object of a chart has no owner who could be told from Helm, and Git does not hold what a chart renders. Checks see what comes of it; of this nothing came in the embedded cluster: a gap.',
  },
  {
    what: /^(removed|changed) (Deployment|StatefulSet|ConfigMap|Service|Secret) airflow\//,
    why: "Airflow's own release belongs to its owners: of it only what carries logs is judged.",
  },
  {
    what: /^(removed|changed) (CephCluster|CephObjectStore) \S+: (spec|metadata)\./,
    why: "Ceph's own settings belong to its owners. Whether buckets can be had, are reachable and have room is judged by what Ceph reports and by requests.",
  },
  {
    what: /^(removed|changed) (CephCluster|CephObjectStore) \S+: status\./,
    why: 'A part of the report that no check reads: of a cluster health and capacity are read, of an object store its phase; or room that is still enough.',
  },
  {
    what: /^(removed|changed) Kustomization flux-system\/(?!loki|alloy|airflow-logs)/,
    why: 'A Kustomization of somebody else: it is read to see that it owns nothing of ours.',
  },
  {
    what: /^(removed|changed) Prometheus \S+: /,
    why: "Prometheus' own settings belong to its owners. Whether it scrapes, loads rules and takes what is written is asked of Prometheus itself, and of its object its condition Available and the receiver.",
  },
  {
    what: /^(removed|changed) StorageClass \S+: /,
    why: 'A class is read when a volume or a bucket is made: those that are there stay as they are.',
  },
  {
    what: /^(removed|changed) Secret \S+: metadata\./,
    why: 'Nobody selects Secrets by labels here.',
  },
];

/** Why a mutation may survive; undefined: nobody has looked at it. */
export function explain(mutation: string): string | undefined {
  return EXPLANATIONS.find(({ what }) => what.test(mutation))?.why;
}
