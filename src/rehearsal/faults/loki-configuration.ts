import { parse, stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { specOf, type Tree } from '../tree.ts';
import { type Fault, inObject } from './fault.ts';

const WHERE = 'the running configuration of monitoring/loki (GET /config)';
const VALUES = 'environment.loki.values';

/** Something between Git and the process changes Loki's configuration: it renders, it verifies, `/ready` is green. */
const UNNOTICED: readonly Fault[] = [
  {
    name: 'retention-off',
    description: "something strips compactor.retention_enabled from Loki's configuration: all is green, and nothing is ever deleted",
    phase: 2,
    check: 'loki.retention-runs',
    says: ['monitoring/loki', 'compactor.retention_enabled', VALUES],
    ...configured((config) => delete config.compactor.retention_enabled),
  },
  {
    name: 'retention-without-period',
    description: "Loki's configuration has no retention_period: all is green, and everything is kept for ever",
    phase: 2,
    check: 'loki.retention-period',
    says: [WHERE, 'no retention period: lines are kept for ever', VALUES],
    ...configured((config) => delete config.limits_config.retention_period),
  },
  {
    name: 'retention-period-wrong',
    description: 'Loki keeps lines for 48 hours, whatever the goals say',
    phase: 2,
    check: 'loki.retention-period',
    says: [WHERE, 'retention_period is 2d', 'environment.loki.retention'],
    ...configured((config) => Object.assign(config.limits_config, { retention_period: '48h' })),
  },
  {
    name: 'delete-store-filesystem',
    description: "delete requests are kept on the pod's own disk",
    phase: 2,
    check: 'loki.delete-store',
    says: [WHERE, 'delete requests are kept in filesystem', VALUES],
    ...configured((config) => Object.assign(config.compactor, { delete_request_store: 'filesystem' })),
  },
  {
    name: 'object-store-filesystem',
    description: "the schema says object_store: filesystem: all is green, and chunks go to the pod's own disk",
    phase: 2,
    check: 'loki.storage-is-s3',
    says: [WHERE, 'chunks are kept in filesystem', VALUES],
    ...configured((config) => Object.assign(config.schema_config.configs[0], { object_store: 'filesystem' })),
  },
  {
    name: 'schema-in-future',
    description: 'the first schema begins in the future: /ready is green, queries find nothing, every push is refused',
    phase: 2,
    check: 'loki.schema-active',
    says: [WHERE, 'the first schema begins on 2099-01-01', VALUES],
    ...configured((config) => Object.assign(config.schema_config.configs[0], { from: '2099-01-01' })),
  },
  {
    name: 'replication-factor-3',
    description: 'each line is wanted on three replicas, and there is one: /ready is green, pushes and queries are refused',
    phase: 2,
    check: 'loki.replication',
    says: ['StatefulSet monitoring/loki', 'replication_factor 3 on 1 replica', VALUES],
    ...configured((config) => Object.assign(config.common, { replication_factor: 3 })),
  },
  {
    name: 'path-style-unnoticed',
    description: 'Loki names the bucket in the host that it asks; with retention off it starts all the same, and every flush fails',
    phase: 2,
    check: 'loki.path-style',
    says: [WHERE, 'Loki asks for http://loki-logs.<host>', 's3ForcePathStyle'],
    ...configured((config) => {
      config.common.storage.s3.s3forcepathstyle = false;
      config.compactor.retention_enabled = false;
    }),
  },
  {
    name: 'another-bucket',
    description: 'Loki writes to another bucket than the one of the goals',
    phase: 2,
    check: 'loki.bucket-configured',
    says: [WHERE, "Loki's bucket is loki-a1b2c3", 'environment.storage.bucket.name'],
    ...configured((config) => Object.assign(config.common.storage.s3, { bucketnames: 'loki-a1b2c3' })),
  },
  {
    name: 'credentials-unnoticed',
    description: "Loki's process has no keys of its bucket; with retention off it starts all the same, and every flush fails",
    phase: 2,
    check: 'loki.credentials',
    says: ['Pod monitoring/loki-0', 'AWS_ACCESS_KEY_ID and no AWS_SECRET_ACCESS_KEY', 'Secret monitoring/loki-s3-credentials'],
    ...both(
      withoutKeys,
      configured((config) => Object.assign(config.compactor, { retention_enabled: false })),
    ),
  },
  {
    name: 'structured-metadata-off',
    description: 'Loki takes no structured metadata: it would refuse what Alloy parses out of the lines, and Alloy drops what is refused',
    phase: 2,
    check: 'loki.structured-metadata',
    says: [WHERE, 'allow_structured_metadata: false', VALUES],
    ...configured((config) => Object.assign(config.limits_config, { allow_structured_metadata: false })),
  },
  {
    name: 'rate-limited',
    description: 'Loki takes no byte a second: every push is answered with 429',
    phase: 2,
    check: 'loki.nothing-discarded',
    says: ['rate_limited', 'ingestion_rate_mb', VALUES],
    ...configured((config) => Object.assign(config.limits_config, { ingestion_rate_mb: 0, ingestion_burst_size_mb: 0 })),
  },
  {
    name: 'stream-limit',
    description: 'Loki takes one stream and no more: pushes to others are answered with 429',
    phase: 2,
    check: 'loki.nothing-discarded',
    says: ['stream_limit', 'max_global_streams_per_user', VALUES],
    ...configured((config) => Object.assign(config.limits_config, { max_global_streams_per_user: 1 })),
  },
  {
    name: 'label-limit',
    description: 'Loki takes streams with two labels and no more: pushes of others are answered with 400, and lost',
    phase: 2,
    check: 'loki.nothing-discarded',
    says: ['max_label_names_per_series', 'labelmap'],
    ...configured((config) => Object.assign(config.limits_config, { max_label_names_per_series: 2 })),
  },
  {
    name: 'queries-rejected',
    description: 'Loki takes no query for more than 5 lines: a rejected query is not an empty result',
    phase: 4,
    check: 'loki.library-runs',
    says: ['5 of 5 rejected', 'max entries limit per query exceeded', 'mend the queries of the library'],
    ...configured((config) => Object.assign(config.limits_config, { max_entries_limit_per_query: 5 })),
  },
  {
    name: 'canary-misses',
    description: 'Loki looks back no further than a millisecond: what it accepted does not come back from any query',
    phase: 2,
    check: 'loki.canary',
    says: ['monitoring/loki', 'entries missing', 'do not come back'],
    ...configured((config) => Object.assign(config.limits_config, { max_query_lookback: '1ms' })),
  },
  {
    name: 'no-memcached',
    description: "Loki's configuration names no cache: it is ready without them all the same",
    phase: 5,
    check: 'loki.caches-answer',
    says: ['monitoring/loki', 'Loki uses no memcached', VALUES],
    ...configured((config) => {
      delete config.chunk_store_config;
      delete config.query_range;
    }),
  },
  {
    name: 'rules-on-s3',
    description: 'the ruler reads its rules from S3, where none are: those in ConfigMaps are never evaluated',
    phase: 5,
    check: 'loki.rules-storage',
    says: [WHERE, 'ruler.storage.type: s3', 'loki.rulerConfig'],
    ...configured((config) => Object.assign(config.ruler, { storage: { type: 's3' } })),
  },
  {
    name: 'rules-nowhere',
    description: "the ruler's values stand under loki.ruler, which the chart does not read: it has no rules",
    phase: 5,
    check: 'loki.rules-storage',
    says: [WHERE, 'the ruler reads its rules from nowhere', 'the chart does not read loki.ruler'],
    ...configured((config) => Object.assign(config, { ruler: {} })),
  },
  {
    name: 'rule-path-is-directory',
    description: 'rule_path is the folder with the rules: Loki empties it at its start',
    phase: 5,
    check: 'loki.rule-path',
    says: [WHERE, 'rule_path is /rules', 'loki.rulerConfig.rule_path'],
    ...configured((config) => Object.assign(config.ruler, { rule_path: '/rules' })),
  },
  {
    name: 'remote-write-nowhere',
    description: 'the ruler writes what it records to a Prometheus that is not there: its rules are healthy',
    phase: 5,
    check: 'loki.remote-write-succeeds',
    says: ['http://prometheus.monitoring.svc:9090', 'monitoring/kube-prometheus-stack-prometheus:9090', VALUES],
    ...configured((config) =>
      Object.assign(config.ruler.remote_write.clients.prometheus, { url: 'http://prometheus.monitoring.svc:9090/api/v1/write' }),
    ),
  },
];

/** What Loki does not start with: it exits with its own words in its log, again and again. */
const FATAL: readonly Fault[] = [
  {
    name: 'path-style-off',
    description: 'Loki names the bucket in the host that it asks: there is no such host, and it exits at its start',
    words: 'lookup loki-logs.rook-ceph-rgw-storage.storage.svc: no such host',
    ...configured((config) => Object.assign(config.common.storage.s3, { s3forcepathstyle: false })),
  },
  {
    name: 'credentials-missing',
    description: "Loki's process has no keys of its bucket: it exits at its start, for retention is on",
    words: 'no EC2 IMDS role found',
    remedy: 'Helm writes the StatefulSet again, and Loki restarts with the keys',
    distort: withoutKeys,
  },
  {
    name: 'unknown-config-key',
    description: 'the retention period stands under compactor, which has no such key: Loki exits at its start',
    words: 'field retention_period not found in type compactor.Config',
    ...configured((config) => Object.assign(config.compactor, { retention_period: '720h' })),
  },
  {
    name: 'index-period',
    description: 'the period of the index is not 24h: Loki exits at its start',
    words: 'tsdb must always have periodic config for index set to 24h',
    ...configured((config) => Object.assign(config.schema_config.configs[0].index, { period: '168h' })),
  },
  {
    name: 'delete-store-missing',
    description: 'retention is on without a store for delete requests: Loki exits at its start',
    words: 'compactor.delete-request-store should be configured when retention is enabled',
    ...configured((config) => delete config.compactor.delete_request_store),
  },
].map(({ words, ...fault }) => ({
  phase: 2,
  check: 'loki.no-restarts',
  says: ['Pod monitoring/loki-0', 'CrashLoopBackOff', 'exit code 1', words, 'kubectl logs -n monitoring loki-0'],
  ...fault,
}));

export const LOKI_CONFIGURATION: readonly Fault[] = [...UNNOTICED, ...FATAL];

function configured(edit: (config: Tree) => unknown): Pick<Fault, 'remedy'> & Required<Pick<Fault, 'distort'>> {
  return {
    remedy: 'Helm writes the whole configuration again, and Loki restarts with it',
    ...inObject('ConfigMap', 'loki', ({ data }) => {
      const config = parse(data['config.yaml']);
      edit(config);
      data['config.yaml'] = stringify(config);
    }),
  };
}

function withoutKeys(object: Manifest): Manifest {
  const strip = (set: Tree) => delete specOf(set).template.spec.containers[0].env;
  return inObject('StatefulSet', 'loki', strip).distort(object);
}

function both(first: (object: Manifest) => Manifest, { remedy, distort }: ReturnType<typeof configured>): ReturnType<typeof configured> {
  return { remedy, distort: (object) => distort(first(object)) };
}
