import { cachesAnswer, cachesAreHit } from '#checks/loki-caches.ts';
import { labelsAreBelowLimit, nothingIsDiscarded } from '#checks/loki-intake.ts';
import { flushesSucceed, ringIsHealthy, walHasRoom, writesSucceed } from '#checks/loki-metrics.ts';
import { failed, http, LOKI, met, NOW, noEndpoints, PROMETHEUS, pending, recorded, table, unreadable, vector } from '../support.ts';
import { running } from './loki-config.ts';

const metrics = (...lines: string[]) => ({ metrics: http(200, lines.join('\n')) });
const notThere = { metrics: noEndpoints };
const NOT_THERE = '/metrics at monitoring/loki:3100 answers 503';
const LOGS = 'kubectl logs -n monitoring statefulset/loki -c loki';

const put = (status: string, count: number) =>
  `loki_s3_request_duration_seconds_count{operation="S3.PutObject",status_code="${status}"} ${count}`;
const GET = 'loki_s3_request_duration_seconds_count{operation="S3.GetObject",status_code="200"} 10';
const flushed = (count: number) => `loki_ingester_chunks_flushed_total{reason="forced"} ${count}`;

const failures = (count: number) => metrics(`loki_ingester_chunks_flush_failures_total ${count}`);
const wal = (used: number, full = 0) =>
  metrics(`loki_ingester_wal_disk_usage_percent ${used}`, `loki_ingester_wal_disk_full_failures_total ${full}`);
const member = (state: string, count = 1, name = 'ingester') => `loki_ring_members{name="${name}",state="${state}"} ${count}`;

const RECEIVED = 'loki_distributor_lines_received_total{format="loki",tenant="fake"} 100';
const discarded = (reason: string, count: number, format = 'loki') =>
  `loki_discarded_samples_total{format="${format}",policy="",reason="${reason}",retention_hours="168",tenant="fake"} ${count}`;
/** What Prometheus had of it ten minutes ago. */
const before = (counts: Record<string, number>) => ({
  before: http(200, {
    data: {
      result: Object.entries(counts).map(([reason, value]) => ({
        metric: { reason, pod: 'loki-0' },
        value: [NOW.getTime() / 1000, String(value)],
      })),
    },
  }),
});
const refusedFor = (reason: string, ...says: string[]) =>
  failed(reason, metrics(RECEIVED, discarded(reason, 35)), `35 lines refused since Loki's start`, `35 for ${reason}:`, ...says);

const labels = (count: number, rest: Record<string, string> = {}) => ({
  ...Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, 'x'])),
  service_name: 'it',
  ...rest,
});
const series = (...streams: object[]) => ({ series: http(200, { status: 'success', data: streams }) });

const servers = (name: string, count: number) => `loki_memcache_client_servers{name="${name}"} ${count}`;
const asked = (keys: number, hits: number) =>
  metrics(
    `loki_cache_fetched_keys{name="chunks"} ${keys}`,
    'loki_cache_fetched_keys{name="results"} 0',
    `loki_cache_hits{name="chunks"} ${hits}`,
  );

export default [
  table(
    writesSucceed(LOKI, PROMETHEUS),
    { ...metrics(put('200', 2), put('500', 1), flushed(1)), past: vector() },
    "2 objects put since Loki's start",
    [
      met('as recorded, after a file system before it', () => ({ metrics: recorded('metrics.excerpt.txt') }), '2 objects put'),
      met('it has just restarted', { ...metrics(flushed(0)), past: vector(3, 4) }, "no flush since Loki's start; 7 objects put"),
      pending('not there', notThere, NOT_THERE),
      pending('nothing was flushed', metrics(flushed(0), GET), 'no chunk was flushed since its start'),
      pending('nothing was flushed, nor in the hour before', { ...metrics(GET), past: vector(0) }, 'no chunk was flushed'),
      pending('nothing was flushed, and Prometheus does not answer', { ...metrics(GET), past: noEndpoints }, 'no chunk was flushed'),
      failed(
        'chunks go to the local disk',
        { ...metrics(flushed(5), GET, put('500', 0)), past: vector(3) },
        '5 chunks flushed, none of them to S3',
        'monitoring/loki keeps them on its own disk',
        'loki.schemaConfig in environment.loki.values',
      ),
      failed(
        'refused',
        metrics(put('403', 4), put('200', 0), flushed(0)),
        'S3 has refused every write',
        '4 answered with 403',
        LOGS,
        'AWS_ACCESS_KEY_ID',
      ),
      failed('refused without a status', metrics('loki_s3_request_duration_seconds_count{operation="S3.PutObject"} 4'), 'no status'),
    ],
    ['past'],
  ),
  table(writesSucceed(LOKI, null), metrics(put('200', 2)), '2 objects put', [
    pending('nobody keeps a history', metrics(flushed(0)), 'no chunk was flushed'),
  ]),
  table(
    flushesSucceed(LOKI, PROMETHEUS),
    { ...failures(0), before: vector(0) },
    'none since its start',
    [
      met('as recorded', () => ({ metrics: recorded('metrics.excerpt.txt') })),
      met('it stands still', { ...failures(3), before: vector(3) }, '3 since its start, none within the last 10m'),
      pending('not there', notThere, NOT_THERE),
      pending('no such counter', metrics('loki_build_info 1'), 'loki_ingester_chunks_flush_failures_total is not there', LOGS),
      failed(
        'it grows',
        { ...failures(5), before: vector(3) },
        '2 flushes failed within the last 10m',
        'loki_ingester_chunks_flush_failures_total of monitoring/loki is 5',
        LOGS,
      ),
      failed('from a newer start', { ...failures(2), before: vector(3) }, "2 flushes failed since Loki's start"),
      failed('no history', { ...failures(2), before: vector() }, "2 flushes failed since Loki's start"),
      failed('Prometheus does not answer', { ...failures(2), before: noEndpoints }, "2 flushes failed since Loki's start"),
    ],
    ['before'],
  ),
  ...['3.7.2', '3.7.6', '3.6.11'].map((version) =>
    table(flushesSucceed({ ...LOKI, version }, null), failures(0), 'none since its start', [
      failed(`Loki ${version}`, failures(1), '1 flushes failed', `Loki ${version} sends checksums`, 'environment.loki.version to 3.7.7'),
    ]),
  ),
  ...['3.7.1', '3.7.7', '3.6.10', '3.5.8', '4.7.3', 'main'].map((version) =>
    table(flushesSucceed({ ...LOKI, version }, null), failures(0), 'none since its start', [
      failed(`Loki ${version}`, failures(1), 'monitoring/loki is 1\nkubectl'),
    ]),
  ),
  table(
    walHasRoom(LOKI, PROMETHEUS),
    { ...wal(0.124), before: vector(0) },
    '12.4 % used',
    [
      met('as recorded', () => ({ metrics: recorded('metrics.excerpt.txt') }), '12.4 % used'),
      met('just below', wal(0.8999), '90 % used'),
      met('it was full once', { ...wal(0.5, 3), before: vector(3) }, '50 % used'),
      met('no count of failures', metrics('loki_ingester_wal_disk_usage_percent 0.5'), '50 % used'),
      pending('not there', notThere, NOT_THERE),
      pending('no such metric', metrics('loki_build_info 1'), 'loki_ingester_wal_disk_usage_percent is not there', LOGS),
      failed(
        'nearly full',
        wal(0.9),
        '90 % used',
        'PersistentVolumeClaim monitoring/storage-loki-0: from 90 % on',
        'kubectl edit pvc -n monitoring storage-loki-0',
      ),
      failed(
        'full',
        { ...wal(0.7, 2), before: vector(1) },
        '70 % used, 1 writes failed within the last 10m',
        'PersistentVolumeClaim monitoring/storage-loki-0 is full',
        'environment.loki.persistence.size',
      ),
    ],
    ['before'],
  ),
  table(ringIsHealthy(LOKI), metrics(member('ACTIVE'), member('Unhealthy', 0), member('Unhealthy', 1, 'compactor')), '1 active', [
    met('three', metrics(member('ACTIVE', 3)), '3 active'),
    pending('not there', notThere, NOT_THERE),
    pending('none', metrics(member('ACTIVE', 0), member('ACTIVE', 1, 'compactor')), 'the ring has no member', LOGS),
    pending('one comes', metrics(member('ACTIVE', 2), member('JOINING')), '1 of 3 members are not active', '1 JOINING'),
    pending('in no state', metrics('loki_ring_members{name="ingester"} 1'), '1 in no state'),
    failed(
      'one is gone and not forgotten',
      metrics(member('ACTIVE'), member('Unhealthy', 2), member('LEAVING')),
      '3 of 4 members are not active',
      '2 Unhealthy',
      'the page /ring: kubectl port-forward -n monitoring service/loki 3100',
    ),
  ]),
  table(
    nothingIsDiscarded(LOKI, PROMETHEUS),
    { ...metrics(RECEIVED), ...before({}) },
    '100 lines received, none refused',
    [
      met(
        'it stands still',
        {
          ...metrics(RECEIVED, discarded('rate_limited', 35), discarded('line_too_long', 1)),
          ...before({ rate_limited: 35, line_too_long: 1 }),
        },
        'none refused lately; since its start 35 rate_limited, 1 line_too_long',
      ),
      met('counted and 0', metrics(RECEIVED, discarded('rate_limited', 0)), '100 lines received, none refused'),
      pending('not there', notThere, NOT_THERE),
      pending('none of none', metrics('loki_build_info 1'), 'no line was sent yet', 'kubectl get pods -n monitoring'),
      failed(
        'more of one than of another',
        {
          ...metrics(
            RECEIVED,
            discarded('too_far_behind', 5),
            discarded('stream_limit', 40),
            discarded('stream_limit', 2, ''),
            discarded('line_too_long', 1),
          ),
          ...before({ stream_limit: 12, line_too_long: 1 }),
        },
        '35 lines refused within the last 10m',
        '30 for stream_limit: loki_discarded_samples_total{reason="stream_limit"}\n5 for too_far_behind',
        'max_global_streams_per_user in environment.loki.values',
      ),
      failed('all of them', metrics(discarded('rate_limited', 35)), "35 lines refused since Loki's start"),
      failed(
        'from a newer start',
        { ...metrics(discarded('rate_limited', 3)), ...before({ rate_limited: 5 }) },
        '3 lines refused',
        "since Loki's start",
      ),
      refusedFor('rate_limited', 'ingestion_rate_mb', 'environment.alloy.rateLimit'),
      refusedFor('per_stream_rate_limit', 'loki.limits_config.per_stream_rate_limit'),
      refusedFor('stream_limit', 'drop labels with many values'),
      refusedFor('max_label_names_per_series', 'one by one, instead of labelmap'),
      refusedFor('too_far_behind', 'split the stream'),
      refusedFor('greater_than_max_sample_age', 'reject_old_samples_max_age'),
      refusedFor('too_far_in_future', 'NTP'),
      refusedFor('disallowed_structured_metadata', 'allow_structured_metadata: true'),
      refusedFor('line_too_long', `${LOGS} names the stream`),
      failed('without a reason', metrics('loki_discarded_samples_total 2'), '2 for none'),
    ],
    ['before'],
  ),
  table(cachesAnswer(LOKI), metrics(servers('chunks-cache', 1), servers('results-cache', 2)), '3 servers for 2 clients', [
    pending('not there', notThere, NOT_THERE),
    pending(
      'one has found none',
      metrics(servers('chunks-cache', 1), servers('results-cache', 0), 'loki_memcache_client_servers 0'),
      '2 of 3 clients have found no server',
      'results-cache has found no server',
      'a client has found no server',
      'kubectl get endpoints -n monitoring',
    ),
    failed(
      'none is configured, as recorded',
      () => ({ metrics: recorded('metrics.excerpt.txt') }),
      'Loki uses no memcached',
      'monitoring/loki has no loki_memcache_client_servers',
      'environment.loki.values',
    ),
  ]),
  table(cachesAreHit(LOKI), asked(20, 15), "75 % of 20 keys since Loki's start", [
    met('one is enough', asked(1000, 1), '0 % of 1000 keys'),
    pending('not there', notThere, NOT_THERE),
    pending('too few to say', asked(19, 15), '19 keys asked for', 'fewer than 20'),
    failed(
      'never hit',
      asked(20, 0),
      'none of 20 keys was in a cache',
      'the caches of monitoring/loki keep nothing',
      'kubectl logs -n monitoring statefulset/loki-chunks-cache',
      'environment.loki.caches',
    ),
    failed(
      'as recorded, but hits',
      () => ({ metrics: http(200, recorded('metrics.excerpt.txt').body.replaceAll(/(loki_cache_hits\S+) \d+/g, '$1 0')) }),
      'none of 50',
    ),
  ]),
  table(
    labelsAreBelowLimit(LOKI),
    { ...running(), ...series(labels(3), labels(12, { namespace: 'airflow', pod: 'scheduler-0' })) },
    'at most 14 label names on 2 streams, the limit is 15',
    [
      met(
        'as recorded',
        () => ({ running: recorded('config.excerpt.yaml'), series: recorded('series.json') }),
        'at most 4 label names on 3 streams',
      ),
      met('another limit', { ...running({ limits_config: { max_label_names_per_series: 31 } }), ...series(labels(30)) }, 'the limit is 31'),
      pending('not there', { running: noEndpoints }, '/config at monitoring/loki:3100 answers 503'),
      pending('no series', { series: noEndpoints }, 'series at monitoring/loki:3100 answers 503'),
      pending('no stream', () => ({ series: recorded('series.empty.json') }), 'there is no stream', LOGS),
      failed(
        'labels of everything',
        series(labels(13, { namespace: 'airflow', pod: 'scheduler-0' }), labels(2)),
        'at most 15 label names on 2 streams, the limit is 15',
        'the stream of airflow/scheduler-0 has l0, l1,',
        'l12, namespace, pod',
        'config.alloy',
      ),
      failed('a stream of no pod', series(labels(15)), 'the stream of no namespace/no pod has l0'),
      unreadable('no labels', series({ namespace: 7 }), 'monitoring/loki:3100/loki/api/v1/series: data.0.namespace'),
    ],
  ),
];
