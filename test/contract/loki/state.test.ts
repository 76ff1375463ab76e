import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { until, useCluster } from '../services.ts';
import { PARTS, startLoki } from './loki.ts';

const TEXT = 'text/plain; charset=utf-8';
const RULES = `groups:
  - name: log-volume
    interval: 1s
    rules:
      - record: namespace:log_lines:rate5m
        expr: sum by (namespace) (rate({namespace=~".+"} [5m]))
`;
/** All that run in a single binary. */
const MODULES = [
  'cache-generation-loader',
  'compactor',
  'distributor',
  'ingester',
  'ingester-querier',
  'memberlist-kv',
  'querier',
  'query-frontend',
  'query-frontend-tripperware',
  'query-scheduler',
  'query-scheduler-ring',
  'ring',
  'rule-evaluator',
  'ruler',
  'runtime-config',
  'server',
  'store',
];

const loki = useCluster(PARTS, (cluster) => startLoki(cluster, { rules: RULES }));

test('/ready', async () => {
  expect(await loki().ask('/ready')).toMatchObject({ status: 200, contentType: TEXT, text: 'ready\n' });
});

test('/services: every module on a line of its own', async () => {
  const { status, contentType, text } = await loki().ask('/services');
  expect([status, contentType]).toEqual([200, TEXT]);
  expect(text.split('\n').sort()).toEqual(['', ...MODULES.map((module) => `${module} => Running`)]);
});

test('/loki/api/v1/status/buildinfo', async () => {
  const { status, contentType, json } = await loki().ask('/loki/api/v1/status/buildinfo');
  expect([status, contentType]).toEqual([200, 'application/json']);
  const text = expect.any(String);
  // A build without a stamp does not know its version.
  const version = expect.stringMatching(/^(3\.7\.8)?$/);
  expect(json).toEqual({ version, revision: text, branch: text, buildUser: text, buildDate: text, goVersion: text });
});

test('/config: durations normalised, secrets masked, defaults filled in', async () => {
  const { bucket, keys } = loki().store;
  const { status, contentType, text } = await loki().ask('/config');
  expect([status, contentType]).toEqual([200, TEXT]);
  expect(parse(text)).toMatchObject({
    common: { replication_factor: 1 },
    schema_config: { configs: [{ from: '2024-04-01', object_store: 's3', index: { period: '1d' } }] },
    storage_config: {
      aws: {
        s3forcepathstyle: true,
        bucketnames: bucket,
        region: 'us-east-1',
        access_key_id: keys.accessKeyId,
        secret_access_key: '********',
      },
    },
    compactor: { retention_enabled: true, delete_request_store: 's3', retention_delete_delay: '2h0m0s' },
    limits_config: {
      retention_period: '30d',
      reject_old_samples_max_age: '1w',
      split_queries_by_interval: '1h',
      max_query_series: 500,
      max_entries_limit_per_query: 5000,
    },
    ingester: { chunk_idle_period: '30m0s', chunk_target_size: 1_572_864 },
    ruler: { storage: { type: 'local', local: { directory: '/rules' } } },
  });
});

test('/metrics: the series that are asked of Prometheus', async () => {
  const { status, contentType, text } = await loki().ask('/metrics');
  expect([status, contentType]).toEqual([200, expect.stringContaining('text/plain; version=0.0.4; charset=utf-8')]);
  for (const name of ['sum', 'count']) expect(text).toMatch(new RegExp(`^loki_ingester_chunk_compression_ratio_${name} \\d`, 'm'));
});

test('/prometheus/api/v1/rules: what is recorded, and whether that works', async () => {
  const rules = () => loki().ask('/prometheus/api/v1/rules');
  await until(async () => (await rules()).json.data.groups[0]?.rules[0].health === 'ok');
  const { status, contentType, json } = await rules();
  expect([status, contentType]).toEqual([200, 'application/json']);
  const evaluated = { lastEvaluation: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), evaluationTime: expect.any(Number) };
  const rule = {
    name: 'namespace:log_lines:rate5m',
    query: 'sum by (namespace)(rate({namespace=~".+"}[5m]))',
    labels: {},
    health: 'ok',
    lastError: '',
    type: 'recording',
    ...evaluated,
  };
  const groups = [{ name: 'log-volume', file: 'rules.yaml', rules: [rule], interval: 1, limit: 0, ...evaluated }];
  expect(json).toEqual({ status: 'success', data: { groups }, errorType: '', error: '' });
});

test('an unknown path', async () => {
  expect(await loki().ask('/nope')).toMatchObject({ status: 404, contentType: TEXT, text: '404 page not found\n' });
});
