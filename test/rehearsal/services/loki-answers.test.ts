import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { request } from '#rehearsal/services/answers.ts';
import { effectiveConfiguration, normaliseConfiguration } from '#rehearsal/services/loki-configuration.ts';
import { push } from '#rehearsal/services/loki-push.ts';
import { queryInstant, queryRange, series } from '#rehearsal/services/loki-query.ts';
import type { RunningLoki } from '#rehearsal/services/loki-state.ts';
import type { Tree } from '#rehearsal/tree.ts';
import type { ServiceResponse, World } from '#rehearsal/world.ts';

/** Answers recorded from a real Loki 3.7.8; they stand beside the project, not in it. */
const RECORDED = new URL('../../../../shared/domain/answers/loki/', import.meta.url);
const recorded = existsSync(RECORDED);
const read = (file: string): Tree => JSON.parse(readFileSync(new URL(`${file}.json`, RECORDED), 'utf8'));
/** When the pushes were recorded; queries ran a second later. */
const PUSHED = Date.parse('2026-11-22T14:42:23.254Z');
const ASKED = Date.parse('2026-11-22T14:42:24.536Z');

const CONFIGURATION = `
common: {replication_factor: 1}
limits_config: {retention_period: 168h}
compactor: {retention_enabled: true, delete_request_store: s3, compaction_interval: 1m}
schema_config: {configs: [{from: "2024-04-01", object_store: s3, index: {period: 24h}}]}
`;

function at(now: number): World {
  return { now: () => new Date(now) } as World;
}

function startLoki(configuration = CONFIGURATION): RunningLoki {
  return {
    streams: new Map(),
    namespace: 'monitoring',
    started: PUSHED,
    configuration: effectiveConfiguration(configuration),
    environment: {},
  };
}

function pushFile(loki: RunningLoki, file: string, now = PUSHED): ServiceResponse {
  const { method, path, body } = read(file).request;
  return push({ ...request(method, { body: body ?? '' }), path }, loki, at(now));
}

/** As the recorded Loki was filled, but for its lines over OTLP. */
function fillLoki(): RunningLoki {
  const loki = startLoki();
  for (const file of ['push.ok', 'push.structured-metadata', 'push.mixed', 'push.no-labels']) pushFile(loki, file);
  return loki;
}

const PUSHES = ['get', 'mixed', 'no-labels', 'ok', 'structured-metadata', 'too-old'];

test.runIf(recorded).for(PUSHES)('push.%s is answered as Loki did', (name) => {
  const { status, contentType, body } = read(`push.${name}`);
  const answer = pushFile(startLoki(), `push.${name}`);
  expect([answer.status, answer.contentType ?? null, answer.body ?? '']).toEqual([status, contentType, body]);
});

test.runIf(recorded)('configurations that refuse every line, or metadata, are told as Loki tells it', () => {
  const cases = [
    ['push.no-schema', CONFIGURATION.replace('2024-04-01', '2036-04-01'), 1_795_359_699_846],
    ['push.too-few-replicas', CONFIGURATION.replace('replication_factor: 1', 'replication_factor: 3'), PUSHED],
    ['push.structured-metadata-off', CONFIGURATION.replace('168h}', '168h, allow_structured_metadata: false}'), 1_795_359_732_400],
  ] as const;
  for (const [file, configuration, now] of cases) {
    const answer = pushFile(startLoki(configuration), file, now);
    expect([answer.status, answer.body]).toEqual([read(file).status, read(file).body]);
  }
});

const ANSWERED = [
  'query-range.empty',
  'query-range.error-empty-matcher',
  'query-range.streams',
  'query-range.streams-forward',
  'series',
  'series.error-empty-matcher',
];

test.runIf(recorded).for(ANSWERED)('%s is answered as Loki did', (name) => {
  const { request: asked, status, contentType, body } = read(name);
  const answering = asked.path.endsWith('series') ? series : queryRange;
  const loki = name.endsWith('.empty') ? startLoki() : fillLoki();
  const answer = answering(new URLSearchParams(asked.query), loki, at(ASKED));
  expect([answer.status, answer.contentType]).toEqual([status, contentType]);
  if (typeof body === 'string') expect(answer.body).toBe(body);
  else expect(withoutStatistics(JSON.parse(String(answer.body)))).toEqual(withoutStatistics(body));
});

test("a metric query is refused, but for Grafana's own instant query", () => {
  const ask = (query: string) => new URLSearchParams({ query });
  expect(queryRange(ask('sum(rate({app="loki"}[5m]))'), startLoki(), at(ASKED)).status).toBe(400);
  const answer = queryInstant(ask('vector(1)+vector(1)'), startLoki(), at(ASKED));
  expect(JSON.parse(String(answer.body)).data.result).toEqual([{ metric: {}, value: [ASKED / 1000, '2'] }]);
});

/** Without the times that it took, without what came over OTLP, and sorted: the order counts for nothing. */
function withoutStatistics(body: Tree): Tree {
  const text = (value: unknown) => JSON.stringify(value, Object.keys(Object.assign({}, ...flatten(value))).sort());
  const { data, ...rest } = body;
  if (data === undefined) return rest;
  const list = (data.result ?? data).filter((item: Tree) => !JSON.stringify(item).match(/otlp|k8s_namespace_name/));
  const sorted = [...list].sort((a: Tree, b: Tree) => (text(a) < text(b) ? -1 : 1));
  return { ...rest, data: Array.isArray(data) ? sorted : { resultType: data.resultType, result: sorted } };
}

function flatten(value: unknown): object[] {
  return typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(flatten)] : [];
}

test('the configuration is printed as Loki does: durations normalised, secrets masked, defaults filled in', () => {
  const written = CONFIGURATION.replace(
    'replication_factor: 1',
    'replication_factor: 1, storage: {s3: {bucketnames: loki-chunks, s3forcepathstyle: true, access_key_id: AKIALOWER, secret_access_key: hidden}}',
  );
  const printed = normaliseConfiguration(effectiveConfiguration(written));
  expect(printed).toMatchObject({
    storage_config: {
      aws: { s3forcepathstyle: true, bucketnames: 'loki-chunks', access_key_id: 'AKIALOWER', secret_access_key: '********' },
    },
    schema_config: { configs: [{ from: '2024-04-01', index: { period: '1d' } }] },
    compactor: { retention_enabled: true, compaction_interval: '1m0s', retention_delete_delay: '2h0m0s', delete_request_store: 's3' },
    limits_config: { retention_period: '1w', split_queries_by_interval: '1h', reject_old_samples_max_age: '1w' },
  });
  expect(normaliseConfiguration({ limits_config: { retention_period: '720h' } })).toEqual({ limits_config: { retention_period: '30d' } });
});
