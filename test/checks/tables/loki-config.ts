import { stringify } from 'yaml';
import { chunkSettings, queryLimits, structuredMetadataIsAllowed } from '#checks/loki-config.ts';
import { compactorSucceeded, retentionIsConfigured } from '#checks/loki-retention.ts';
import { replicationFits, storageIsConfigured } from '#checks/loki-storage.ts';
import type { Check } from '#model/check.ts';
import { environmentWith } from '../../phases/environments.ts';
import {
  absent,
  failed,
  http,
  LOKI,
  list,
  met,
  NOW,
  noEndpoints,
  object,
  pending,
  recorded,
  STORAGE,
  table,
  unreadable,
} from '../support.ts';

/** The recorded Loki kept lines for a week, in another bucket than our goals'. */
const WEEK = { ...LOKI, retention: '7d' } as const;
const CHUNKS = { ...STORAGE, bucket: { ...STORAGE.bucket, name: 'loki-chunks' } };

const compactor = { retention_enabled: true, delete_request_store: 's3' };
const limits = { retention_period: '1w', split_queries_by_interval: '15m', max_query_series: 500, max_entries_limit_per_query: 5000 };
const schema = { from: '2024-04-01', object_store: 's3' };
const aws = { s3forcepathstyle: true, bucketnames: 'loki-chunks', endpoint: 'http://rgw:80' };

export const running = (sections: Record<string, unknown> = {}) => ({
  running: http(
    200,
    stringify({
      common: { replication_factor: 1 },
      schema_config: { configs: [schema] },
      storage_config: { aws },
      compactor,
      limits_config: limits,
      ingester: { chunk_target_size: 1572864, chunk_idle_period: '30m0s' },
      ruler: { storage: { type: 'local', local: { directory: '/rules' } }, rule_path: '/tmp/rules', remote_write: { enabled: true } },
      // Has a retention_period, too: whoever greps finds the wrong one.
      table_manager: { retention_deletes_enabled: false, retention_period: '0s' },
      ...sections,
    }),
  ),
});
const withLimits = (rest: Record<string, unknown>) => running({ limits_config: { ...limits, ...rest } });
const withAws = (rest: Record<string, unknown>) => running({ storage_config: { aws: { ...aws, ...rest } } });
const withSchemas = (...configs: object[]) => running({ schema_config: { configs } });
const withCompactor = (rest: Record<string, unknown>) => running({ compactor: { ...compactor, ...rest } });
const notThere = { running: noEndpoints };
const asRecorded = () => ({ running: recorded('config.excerpt.yaml') });
const WHERE = 'the running configuration of monitoring/loki (GET /config)';
const MEND = 'kubectl get configmap -n monitoring loki -o yaml shows it applied';

const findOutside = (id: string, endpoint = 'https://s3.eu-central-1.amazonaws.com') =>
  storageIsConfigured(LOKI, environmentWith({ storage: { endpoint } }).storage).find((each) => each.id === id) as Check;
const outside = findOutside('loki.outside-store');
const overHttp = findOutside('loki.outside-store', 'http://s3.example.org');
const inHost = findOutside('loki.path-style');
const withOutside = (rest: Record<string, unknown>) =>
  withAws({ s3forcepathstyle: false, endpoint: 'https://s3.eu-central-1.amazonaws.com', region: 'eu-central-1', insecure: false, ...rest });

const [schemaIsActive, storageIsS3, pathStyle, bucket, credentials] = storageIsConfigured(LOKI, CHUNKS) as [
  Check,
  Check,
  Check,
  Check,
  Check,
];
const [retentionRuns, retentionPeriod, deleteStore] = retentionIsConfigured(WEEK) as [Check, Check, Check];

const env = (...names: string[]) => names.map((name) => ({ name, value: 'not to be told' }));
const pod = (name: string, keys: readonly object[] | undefined, container = 'loki') => ({
  name,
  spec: { containers: [{ name: 'loki-sc-rules' }, { name: container, env: keys }] },
});
const KEYS = env('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY');
const withKeysInside = withAws({ access_key_id: 'somebody' });

const RUN = 'loki_compactor_apply_retention_last_successful_run_timestamp_seconds';
const ranAgo = (minutes: number, rest = '') => ({ metrics: http(200, `${RUN} ${NOW.getTime() / 1000 - minutes * 60}\n${rest}`) });
const FAILED =
  'loki_compactor_apply_retention_operation_total{status="failure"} 3\nloki_compactor_apply_retention_operation_total{status="success"} 9\n';

export default [
  table(schemaIsActive, running(), 'in force since 2024-04-01', [
    met('as recorded', asRecorded, '2024-04-01'),
    met('the newest that has begun', withSchemas({ from: '2020-01-01' }, schema, { from: '2027-01-01' }), 'in force since 2024-04-01'),
    met('from today on', withSchemas({ from: '2026-11-22T15:00:00Z' })),
    pending('not there', notThere, '/config at monitoring/loki:3100 answers 503'),
    failed(
      'a schema from in the future',
      withSchemas({ from: '2026-11-22T15:00:01Z' }, { from: '2027-01-01' }),
      'the first schema begins on 2026-11-22T15:00:01Z',
      WHERE,
      'no schema config found for time',
      MEND,
      'loki.schemaConfig.configs[0].from',
      'a date in the past',
    ),
    failed('no schema', withSchemas(), 'there is no schema', WHERE),
    unreadable('another page', { running: http(200, 'ready') }, 'monitoring/loki:3100/config: the whole answer'),
  ]),
  table(storageIsS3, running(), 'object_store s3 at http://rgw:80', [
    met('as recorded', asRecorded, 'object_store s3'),
    met('by its other name', withSchemas({ ...schema, object_store: 'aws' }), 'object_store aws'),
    met('without an endpoint', withAws({ endpoint: undefined }), 'at the endpoint of AWS'),
    met('the newest schema counts', withSchemas({ from: '2020-01-01', object_store: 'filesystem' }, schema)),
    met('one in the future does not', withSchemas(schema, { from: '2027-01-01', object_store: 'filesystem' })),
    pending('not there', notThere, '503'),
    failed(
      'object_store: filesystem, all green',
      withSchemas({ ...schema, object_store: 'filesystem' }),
      'chunks are kept in filesystem',
      WHERE,
      'schema_config.configs[].object_store: filesystem',
      "they go to the pod's own disk",
      MEND,
      'loki.schemaConfig.configs[].object_store',
      'make it s3 in Git',
    ),
    failed('none', withSchemas({ from: '2024-04-01' }), 'chunks are kept in no store', 'object_store: nothing'),
    failed('no schema in force', withSchemas({ ...schema, from: '2027-01-01' }), 'chunks are kept in no store'),
  ]),
  table(pathStyle, running(), 's3forcepathstyle', [
    met('as recorded', asRecorded),
    pending('not there', notThere, '503'),
    failed(
      'no path style',
      withAws({ s3forcepathstyle: false }),
      'Loki asks for http://loki-chunks.<host>',
      WHERE,
      's3forcepathstyle: false',
      'serves no such host',
      MEND,
      'loki.storage.s3.s3ForcePathStyle',
      'make it true in Git',
    ),
    failed('Loki leaves false out', withAws({ s3forcepathstyle: undefined, bucketnames: '' }), 'Loki asks for http://<bucket>.<host>'),
  ]),
  table(outside, withOutside({}), 'https://s3.eu-central-1.amazonaws.com, region eu-central-1, encrypted, as running', [
    pending('not there', notThere, '503'),
    failed(
      'another store',
      withOutside({ endpoint: 'http://rgw:80' }),
      "Loki's endpoint is http://rgw:80",
      WHERE,
      'endpoint: http://rgw:80, the goals say https://s3.eu-central-1.amazonaws.com',
      MEND,
      'loki.storage.s3.endpoint',
    ),
    failed('no region', withOutside({ region: undefined }), "Loki's region is none", 'region: nothing, the goals say eu-central-1', MEND),
    failed('not encrypted', withOutside({ insecure: true }), "Loki's insecure is true", 'loki.storage.s3.insecure', 'make it false'),
  ]),
  table(inHost, withOutside({}), 'in the host, as running', [
    met('in the path, which it takes as well', withOutside({ s3forcepathstyle: true }), 's3forcepathstyle'),
    pending('not there', notThere, '503'),
  ]),
  table(overHttp, withOutside({ endpoint: 'http://s3.example.org', region: 'us-east-1', insecure: true }), 'not encrypted, as running', []),
  table(bucket, running(), 'bucket loki-chunks, as running', [
    met('as recorded', asRecorded, 'bucket loki-chunks'),
    pending('not there', notThere, '503'),
    failed(
      "a claim's generated bucket name",
      withAws({ bucketnames: 'loki-a1b2' }),
      "Loki's bucket is loki-a1b2",
      WHERE,
      'bucketnames: loki-a1b2, the goals say loki-chunks',
      MEND,
      'loki.storage.bucketNames.chunks',
      'environment.storage.bucket.name says: loki-chunks',
    ),
    failed('no bucket', withAws({ bucketnames: undefined }), "Loki's bucket is none", 'bucketnames: nothing'),
  ]),
  table(credentials, { ...running(), pods: list(pod('loki-0', KEYS)) }, 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of 1 pod', [
    met('of each pod', { pods: list(pod('loki-0', KEYS), pod('loki-1', KEYS)) }, 'of 2 pods'),
    met('in its configuration', { ...withKeysInside, pods: list() }, 'in its configuration'),
    pending('not there', notThere, '503'),
    pending(
      'no pod',
      { pods: list(pod('loki-canary', KEYS, 'loki-canary')) },
      'no pod in monitoring has a container loki',
      'kubectl get pods -n monitoring',
    ),
    failed(
      "the Secret's own names, as extraEnvFrom brings them",
      { pods: list(pod('loki-0', env('access_key_id', 'secret_access_key'))) },
      'Pod monitoring/loki-0: container loki has no AWS_ACCESS_KEY_ID and no AWS_SECRET_ACCESS_KEY',
      'extraEnvFrom',
      'every flush is refused',
      'singleBinary.extraEnv',
      'Secret monitoring/loki-s3-credentials',
    ),
    failed('none at all', { pods: list(pod('loki-0', undefined)) }, 'has no AWS_ACCESS_KEY_ID and no AWS_SECRET_ACCESS_KEY'),
    failed(
      'half a pair, in one of two',
      { pods: list(pod('loki-0', KEYS), pod('loki-1', env('AWS_ACCESS_KEY_ID')), pod('loki-2', [])) },
      'Pod monitoring/loki-1: container loki has no AWS_SECRET_ACCESS_KEY',
    ),
    unreadable('no pods', { pods: list({ spec: {} }) }, 'pods in monitoring'),
  ]),
  table(
    replicationFits(LOKI),
    { ...running(), found: object({ name: 'loki', spec: { replicas: 1, template: { spec: { containers: [] } } } }) },
    'replication_factor 1 on 1 replica',
    [
      met(
        'three on three',
        {
          ...running({ common: { replication_factor: 3 } }),
          found: object({ name: 'loki', spec: { replicas: 3, template: { spec: { containers: [] } } } }),
        },
        'replication_factor 3 on 3 replicas',
      ),
      pending('not there', notThere, '503'),
      pending('no StatefulSet', { found: absent }, 'StatefulSet monitoring/loki is not there', 'kubectl get statefulset -n monitoring'),
      failed(
        'replication_factor 3 on one pod',
        running({ common: { replication_factor: 3 } }),
        'replication_factor 3 on 1 replica',
        'StatefulSet monitoring/loki has spec.replicas 1',
        'refused with 500',
        MEND,
        'loki.commonConfig.replication_factor',
        'make it 1 in Git',
      ),
      failed("Loki's own replication_factor", running({ common: {} }), 'replication_factor 3'),
    ],
  ),
  table(retentionRuns, running(), 'compactor.retention_enabled, as running', [
    met('as recorded', asRecorded),
    pending('not there', notThere, '/config at monitoring/loki:3100 answers 503'),
    pending('a mode that fails', () => ({ running: recorded('config.mode-diff.json') }), '/config at monitoring/loki:3100 answers 500'),
    failed(
      'retention_period without retention_enabled',
      withCompactor({ retention_enabled: false }),
      'a retention period is set, but nothing deletes',
      WHERE,
      'compactor.retention_enabled: false',
      'for ever',
      MEND,
      'loki.compactor.retention_enabled',
      'environment.loki.values',
    ),
    failed('Loki leaves false out', running({ compactor: {} }), 'nothing deletes', 'in Git'),
    failed('no section', running({ compactor: undefined }), 'nothing deletes'),
    unreadable('no YAML', { running: http(200, 'a: b: c') }, 'monitoring/loki:3100/config: not YAML'),
  ]),
  table(retentionPeriod, running(), 'retention_period 1w, as running', [
    met('as recorded', asRecorded, 'retention_period 1w'),
    met('the same in another unit', withLimits({ retention_period: '168h' })),
    pending('not there', notThere, '503'),
    failed(
      '30 days as a goal, 7 in the values',
      withLimits({ retention_period: '30d' }),
      'retention_period is 30d',
      WHERE,
      'limits_config.retention_period: 30d, the goals say 7d',
      MEND,
      'loki.limits_config.retention_period',
      'environment.loki.retention says: 7d',
    ),
    failed('0s: kept for ever', withLimits({ retention_period: '0s' }), 'no retention period: lines are kept for ever', ': 0s, the goals'),
    failed('no period: kept for ever', withLimits({ retention_period: undefined }), 'kept for ever', ': nothing, the goals say 7d'),
  ]),
  table(deleteStore, running(), 'delete_request_store s3, as running', [
    met('as recorded', asRecorded),
    met('by its other name', withCompactor({ delete_request_store: 'aws' }), 'delete_request_store aws'),
    pending('not there', notThere, '503'),
    failed('none', running({ compactor: { retention_enabled: true } }), 'kept in no store', 'delete_request_store: nothing'),
    failed(
      'delete requests on the local disk',
      withCompactor({ delete_request_store: 'filesystem' }),
      'delete requests are kept in filesystem',
      WHERE,
      'delete_request_store: filesystem',
      MEND,
      'loki.compactor.delete_request_store',
      'make it s3 in Git',
    ),
  ]),
  table(compactorSucceeded(LOKI), { ...running(), ...ranAgo(4) }, 'the last success was 4 min ago, retention_period 1w', [
    met('at the end of what is lately', ranAgo(30), '30 min ago'),
    met('a clock a little behind', ranAgo(-1), '0 min ago'),
    met('by its own interval', { ...withCompactor({ compaction_interval: '1h0m0s' }), ...ranAgo(180) }, '180 min ago'),
    met('failures before it', ranAgo(4, FAILED)),
    pending('not there', notThere, '/config at monitoring/loki:3100 answers 503'),
    pending('no metrics', { metrics: noEndpoints }, '/metrics at monitoring/loki:3100 answers 503'),
    pending(
      'there, and 0: as with retention off',
      { metrics: http(200, `${RUN} 0\n`) },
      'retention was not applied yet',
      "one compaction_interval (10 min) after Loki's start",
    ),
    pending(
      'by its own interval, not yet',
      { ...withCompactor({ compaction_interval: '2h' }), metrics: http(200, '') },
      'compaction_interval (120 min)',
    ),
    failed(
      'every run fails',
      { metrics: http(200, `${RUN} 0\n${FAILED}`) },
      'no run has succeeded',
      '3 runs failed: loki_compactor_apply_retention_operation_total{status="failure"}',
      'kubectl logs -n monitoring statefulset/loki -c loki',
    ),
    failed(
      'it has stopped',
      ranAgo(31, FAILED),
      'the last success was 31 min ago',
      'every 10 min (compactor.compaction_interval), and 3 runs failed',
      'kubectl logs -n monitoring statefulset/loki -c loki',
    ),
  ]),
  table(chunkSettings(LOKI), running(), 'target size 1572864 bytes, idle period 30m0s', [
    pending('not there', notThere, '503'),
    failed(
      'not set',
      running({ ingester: {} }),
      'chunk_target_size 0, chunk_idle_period not set',
      'loki.ingester in environment.loki.values',
    ),
    failed('no size', running({ ingester: { chunk_idle_period: '30m' } }), 'chunk_target_size 0, chunk_idle_period 30m'),
    failed('no period', running({ ingester: { chunk_target_size: 1 } }), 'chunk_target_size 1, chunk_idle_period not set'),
    unreadable('a size that is none', running({ ingester: { chunk_target_size: 'big' } }), 'ingester.chunk_target_size'),
  ]),
  table(queryLimits(LOKI), running(), 'split by 15m, 500 series, 5000 lines', [
    met('as recorded', asRecorded, 'split by 15m'),
    pending('not there', notThere, '503'),
    failed(
      'unbounded',
      withLimits({ max_query_series: 0 }),
      'unbounded',
      'max_query_series 0',
      'loki.limits_config in environment.loki.values',
    ),
    failed('no end of lines', withLimits({ max_entries_limit_per_query: 0 }), 'max_entries_limit_per_query 0'),
    failed('not split', withLimits({ split_queries_by_interval: '0s' }), 'split_queries_by_interval 0s', 'environment.loki.values'),
    failed('no split', withLimits({ split_queries_by_interval: undefined }), 'split_queries_by_interval not set'),
    unreadable('a limit that is none', withLimits({ max_query_series: 'many' }), 'limits_config.max_query_series'),
  ]),
  table(structuredMetadataIsAllowed(LOKI), running(), 'allow_structured_metadata, as running', [
    met('as recorded', asRecorded),
    pending('not there', notThere, '503'),
    failed(
      'switched off',
      withLimits({ allow_structured_metadata: false }),
      'lines with structured metadata are refused with 400',
      WHERE,
      'limits_config.allow_structured_metadata: false',
      'Alloy sends level and trace_id so',
      MEND,
      'loki.limits_config.allow_structured_metadata',
      'make it true in Git',
    ),
  ]),
];
