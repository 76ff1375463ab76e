import { stringify } from 'yaml';
import { chunkSettings, queryLimits, retentionRuns, storageIsS3 } from '#checks/loki-config.ts';
import { failed, http, LOKI, met, noEndpoints, pending, recorded, STORAGE, table, unreadable } from '../support.ts';

/** The recorded Loki kept lines for a week, in another bucket than our goals'. */
const WEEK = { ...LOKI, retention: '7d' } as const;
const CHUNKS = { ...STORAGE, bucket: { ...STORAGE.bucket, name: 'loki-chunks' } };

const compactor = { retention_enabled: true, delete_request_store: 's3' };
const limits = { retention_period: '1w', split_queries_by_interval: '15m', max_query_series: 500, max_entries_limit_per_query: 5000 };
const schema = { from: '2024-04-01', object_store: 's3' };
const aws = { s3forcepathstyle: true, bucketnames: 'loki-chunks', endpoint: 'http://rgw:80' };

const running = (sections: Record<string, unknown> = {}) => ({
  running: http(
    200,
    stringify({
      common: { replication_factor: 1 },
      schema_config: { configs: [schema] },
      storage_config: { aws },
      compactor,
      limits_config: limits,
      ingester: { chunk_target_size: 1572864, chunk_idle_period: '30m0s' },
      // Has a retention_period, too: whoever greps finds the wrong one.
      table_manager: { retention_deletes_enabled: false, retention_period: '0s' },
      ...sections,
    }),
  ),
});
const withLimits = (rest: Record<string, unknown>) => running({ limits_config: { ...limits, ...rest } });
const withAws = (rest: Record<string, unknown>) => running({ storage_config: { aws: { ...aws, ...rest } } });
const withSchema = (rest: Record<string, unknown>) => running({ schema_config: { configs: [{ ...schema, ...rest }] } });
const notThere = { running: noEndpoints };
const asRecorded = () => ({ running: recorded('config.excerpt.yaml') });
const WHERE = 'the running configuration of monitoring/loki (GET /config)';

export default [
  table(retentionRuns(WEEK), running(), 'the compactor deletes after 1w, delete requests in s3', [
    met('as recorded', asRecorded, 'after 1w'),
    pending('not there', notThere, '/config at monitoring/loki:3100 answers 503'),
    pending('a mode that fails', () => ({ running: recorded('config.mode-diff.json') }), '/config at monitoring/loki:3100 answers 500'),
    failed(
      'retention_period without retention_enabled',
      running({ compactor: { ...compactor, retention_enabled: false } }),
      'a retention period is set, but nothing deletes',
      WHERE,
      'loki.compactor.retention_enabled',
    ),
    failed('Loki leaves false out', running({ compactor: {} }), 'nothing deletes', 'mend it in Git'),
    failed(
      'no store for delete requests',
      running({ compactor: { retention_enabled: true } }),
      'kept in no store',
      'delete_request_store: s3',
    ),
    failed(
      'delete requests on the local disk',
      running({ compactor: { ...compactor, delete_request_store: 'filesystem' } }),
      'delete requests are kept in filesystem',
      WHERE,
      'environment.loki.values',
    ),
    failed(
      '30 days as a goal, 7 in the values',
      withLimits({ retention_period: '30d' }),
      'retention_period is 30d',
      'the goals, which say 7d',
    ),
    failed('no period: kept for ever', withLimits({ retention_period: '0s' }), 'retention_period is 0s', 'environment.loki.retention'),
    unreadable('no YAML', { running: http(200, 'a: b: c') }, 'monitoring/loki:3100/config: not YAML'),
  ]),
  table(storageIsS3(LOKI, CHUNKS), running(), 'object_store s3, path style, bucket loki-chunks', [
    met('as recorded', asRecorded, 'bucket loki-chunks'),
    met('the newest schema counts', running({ schema_config: { configs: [{ from: '2020-01-01', object_store: 'filesystem' }, schema] } })),
    pending('not there', notThere, '503'),
    failed(
      'object_store: filesystem, all green',
      withSchema({ object_store: 'filesystem' }),
      WHERE,
      'object_store: filesystem',
      'mend it in Git',
    ),
    failed('a schema from in the future', withSchema({ from: '2027-01-01' }), 'begin in the future: every push is refused'),
    failed('no path style', withAws({ s3forcepathstyle: false }), 's3forcepathstyle is false: Loki asks for <bucket>.<host>'),
    failed("a claim's generated bucket name", withAws({ bucketnames: 'loki-a1b2' }), 'bucketnames is loki-a1b2', 'environment.loki.values'),
    failed('no bucket', withAws({ bucketnames: undefined }), 'bucketnames is empty'),
    failed('replication_factor 3 on one pod', running({ common: { replication_factor: 3 } }), 'replication_factor is 3 with one replica'),
    failed("Loki's own replication_factor", running({ common: {} }), 'replication_factor is 3'),
    unreadable('another page', { running: http(200, 'ready') }, 'monitoring/loki:3100/config: the whole answer'),
  ]),
  table(chunkSettings(LOKI), running(), 'target size 1572864 bytes, idle period 30m0s', [
    pending('not there', notThere, '503'),
    failed(
      'not set',
      running({ ingester: {} }),
      'chunk_target_size 0, chunk_idle_period not set',
      'loki.ingester in environment.loki.values',
    ),
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
    failed('not split', withLimits({ split_queries_by_interval: '0s' }), 'split_queries_by_interval 0s', 'environment.loki.values'),
    unreadable('a limit that is none', withLimits({ max_query_series: 'many' }), 'limits_config.max_query_series'),
  ]),
];
