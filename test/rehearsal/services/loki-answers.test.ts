import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { request } from '#rehearsal/services/answers.ts';
import { effectiveConfiguration, normaliseConfiguration } from '#rehearsal/services/loki-configuration.ts';
import { push } from '#rehearsal/services/loki-push.ts';
import { labelNames, labelValues, queryInstant, queryRange, series } from '#rehearsal/services/loki-query.ts';
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
  const environment = {};
  const flushes = { done: 0, failed: 0 };
  return {
    streams: new Map(),
    requests: new Map(),
    flushes,
    pod: 'loki-0',
    namespace: 'monitoring',
    started: PUSHED,
    configuration: effectiveConfiguration(configuration),
    environment,
  };
}

function pushFile(loki: RunningLoki, file: string, now = PUSHED): ServiceResponse {
  const { method, path, body, headers } = read(file).request;
  const asked = request(method, path);
  return push(
    {
      ...asked,
      headers: { 'content-type': headers?.['Content-Type'] ?? 'application/json' },
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? '')),
    },
    loki,
    at(now),
  );
}

/** As the recorded Loki was filled, but for its lines over OTLP. */
function fillLoki(): RunningLoki {
  const loki = startLoki();
  for (const file of ['push.ok', 'push.structured-metadata', 'push.mixed', 'push.no-labels']) pushFile(loki, file);
  return loki;
}

const PUSHES = [
  'bad-label-name',
  'broken-json',
  'empty',
  'get',
  'mixed',
  'no-labels',
  'ok',
  'structured-metadata',
  'too-far-behind',
  'too-many-labels',
  'too-new',
  'too-old',
  'wrong-content-type',
];

test.runIf(recorded).for(PUSHES)('push.%s is answered as Loki did', (name) => {
  const loki = startLoki();
  if (name === 'too-far-behind') {
    // The newest line of the stream was this old when it was recorded.
    pushFile(loki, 'push.ok');
  }
  const { status, contentType, body } = read(`push.${name}`);
  const answer = pushFile(loki, `push.${name}`);
  const text = String(answer.body ?? '').replace(
    /oldest acceptable timestamp is: [^']*'/,
    "oldest acceptable timestamp is: 2026-11-22T13:41:52Z'",
  );
  expect([answer.status, answer.contentType ?? null, name === 'too-far-behind' ? text : (answer.body ?? '')]).toEqual([
    status,
    contentType,
    body,
  ]);
});

test.runIf(recorded)('metadata that is no string is refused as broken', () => {
  const { status, body } = read('push.metadata-not-string');
  const answer = pushFile(startLoki(), 'push.metadata-not-string');
  expect(answer.status).toBe(status);
  expect(String(answer.body).split(', error found')[0]).toBe(body.split(', error found')[0]);
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

test('a line that is too long is refused, whatever its stream', () => {
  const values = [[`${PUSHED}000000`, 'x'.repeat(300_000)]];
  const answer = push(request('POST', '', { body: { streams: [{ stream: { app: 'loki' }, values }] } }), startLoki(), at(PUSHED));
  expect(answer).toMatchObject({
    status: 400,
    body: "max entry size '262144' bytes exceeded for stream '{app=\"loki\", service_name=\"loki\"}' while adding an entry with length '300000' bytes\n",
  });
});

const ANSWERED = [
  'query.log-selector',
  'query.vector-empty',
  'query.vector',
  'query-range.empty',
  'query-range.error-bad-start',
  'query-range.error-empty-matcher',
  'query-range.error-end-before-start',
  'query-range.error-limit',
  'query-range.error-no-query',
  'query-range.error-syntax',
  'query-range.error-too-long',
  'query-range.matrix',
  'query-range.streams',
  'query-range.streams-forward',
  'label-values',
  'label-values.unknown',
  'labels',
  'labels.empty',
  'series',
  'series.empty',
  'series.error-empty-matcher',
  'series.no-match-argument',
];

test.runIf(recorded).for(ANSWERED)('%s is answered as Loki did', (name) => {
  const { request: asked, status, contentType, body } = read(name);
  const query = new URLSearchParams(asked.query);
  const [, label] = /label\/(\w+)\/values/.exec(asked.path) ?? [];
  const answering = { series, query: queryInstant, query_range: queryRange, labels: labelNames }[asked.path.split('/').at(-1) as string];
  const answer = (label === undefined ? answering : labelValues(label))?.(
    query,
    name.includes('empty') && !name.includes('error') ? startLoki() : fillLoki(),
    at(ASKED),
  );
  expect([answer?.status, answer?.contentType]).toEqual([status, contentType]);
  if (typeof body === 'string') expect(answer?.body).toBe(body);
  else expect(withoutStatistics(JSON.parse(String(answer?.body)))).toEqual(withoutStatistics(body));
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
  const written = `${CONFIGURATION}\nauth_enabled: false\nruler: {storage: {type: local, local: {directory: /rules}}}`.replace(
    'common: {replication_factor: 1}',
    'common: {replication_factor: 1, storage: {s3: {bucketnames: loki-chunks, s3forcepathstyle: true, access_key_id: AKIALOWER, secret_access_key: hidden}}}',
  );
  const printed = normaliseConfiguration(effectiveConfiguration(written));
  expect(printed).toMatchObject({
    storage_config: {
      aws: { s3forcepathstyle: true, bucketnames: 'loki-chunks', access_key_id: 'AKIALOWER', secret_access_key: '********' },
    },
    schema_config: { configs: [{ from: '2024-04-01', index: { period: '1d' } }] },
    compactor: {
      retention_enabled: true,
      compaction_interval: '1m0s',
      delete_request_cancel_period: '24h0m0s',
      delete_request_store: 's3',
    },
    limits_config: { retention_period: '1w', max_query_length: '30d1h', reject_old_samples_max_age: '1w', max_line_size: '256KB' },
    ruler: { storage: { type: 'local', local: { directory: '/rules' } }, poll_interval: '1m0s' },
    table_manager: { retention_period: '0s' },
  });
  expect(printed).not.toHaveProperty('auth_enabled');
  expect(normaliseConfiguration({ limits_config: { retention_period: '720h' } })).toEqual({ limits_config: { retention_period: '30d' } });
});
