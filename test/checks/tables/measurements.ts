import { measureGitOps } from '#checks/metric-gitops.ts';
import { measureCoverage, measureQueries, measureRetention } from '#checks/metric-logs.ts';
import { measureAvailability, measureCompression } from '#checks/metric-prometheus.ts';
import { measureCost } from '#checks/storage-cost.ts';
import type { Measurement } from '#model/initiative.ts';
import {
  AIRFLOW,
  type Answers,
  absent,
  ENVIRONMENT,
  http,
  list,
  logs,
  minutesAgo,
  NOW,
  noEndpoints,
  object,
  PROMETHEUS,
  s3,
  vector,
  vectorAt,
} from '../support.ts';
import { COST } from './storage.ts';

/** One metric: answers for which it is reached, and what a change of some of them makes of it. */
export interface MetricTable {
  readonly id: string;
  readonly measurement: Measurement;
  readonly met: Answers;
  readonly rows: readonly MetricRow[];
}

export interface MetricRow {
  readonly it: string;
  readonly gives: 'reached' | 'missed' | 'untold';
  readonly when: Answers;
  /** Of its value, sample, interval or reason. */
  readonly says: readonly string[];
}

const reached = (it: string, when: Answers, ...says: string[]): MetricRow => ({ it, gives: 'reached', when, says });
const missed = (it: string, when: Answers, ...says: string[]): MetricRow => ({ it, gives: 'missed', when, says });
const untold = (it: string, when: Answers, ...says: string[]): MetricRow => ({ it, gives: 'untold', when, says });

const now = NOW.getTime();
const secondsAgo = (seconds: number) => now / 1000 - seconds;
const DAY = 86_400;

/** Scrapes every 30 s since so many seconds ago. */
const history = (seconds: number, scrapes = seconds / 30): Answers => ({ scrapes: vector(scrapes), first: vector(secondsAgo(seconds)) });

/** What makes any number out of a history unknown. */
const doubts = (): readonly MetricRow[] => [
  untold('no history', { scrapes: vector() }, 'no history of monitoring/loki'),
  untold('nobody knows when it began', { first: vector() }, 'no history of monitoring/loki'),
  untold('no Prometheus', { scrapes: noEndpoints }, 'kube-prometheus-stack-prometheus:9090 answers 503'),
  untold('too few scrapes', history(119 * 30), 'too few samples: 119 scrapes of monitoring/loki, wanted are 120', '119 scrapes'),
  untold(
    'a gap',
    history(DAY, 2734),
    'a gap in the history of monitoring/loki: 2734 of 2880 scrapes',
    new Date(now - DAY * 1000).toISOString(),
  ),
  reached('an hour is enough', history(120 * 30)),
  reached('scrapes that were missed are no gap', history(DAY, 2735)),
  reached('a clock is a minute ahead', { ...history(DAY), first: vector(secondsAgo(-60)) }),
  untold("Prometheus' clock is ahead", { scrapes: vectorAt(now + 61_000, 2880) }, "clock is 61 s ahead of this machine's"),
  untold("Prometheus' clock is behind", { scrapes: vectorAt(now - 61_000, 2880) }, "clock is 61 s behind this machine's"),
  reached('an answer takes its time', { ...history(DAY), scrapes: vectorAt(now - 60_000, 2880) }),
  untold('samples of the future', { first: vector(secondsAgo(-61)) }, 'samples of monitoring/loki from the future'),
  untold('an impossible time', { first: vector(-1e300), scrapes: vector(2000) }, 'a gap', 'an impossible time'),
];

const runningPod = (name: string, phase = 'Running') => ({
  name,
  namespace: 'monitoring',
  spec: { containers: [{ name: 'c' }] },
  status: { phase },
});
const STREAMS = 'streams of monitoring';
const streams = (...data: readonly string[]) => http(200, { data });
const timed = (count: number, took: number, execTime: number | undefined = 0.0123) => {
  const body = { data: { resultType: 'streams', result: [], stats: { summary: { execTime } } } };
  const answer = http(200, body, { took: Array.from({ length: count }, () => took) });
  return { timed: answer, execution: answer };
};
const config = (retention_enabled: boolean) =>
  http(
    200,
    JSON.stringify({
      schema_config: { configs: [] },
      limits_config: { retention_period: '30d' },
      compactor: { retention_enabled, delete_request_store: 's3' },
    }),
  );

const flux = { 'kustomize.toolkit.fluxcd.io/name': 'loki' };
const helm = { 'meta.helm.sh/release-name': 'loki', 'meta.helm.sh/release-namespace': 'monitoring' };
const cluster = (more: Answers = {}): Answers => ({
  ...Object.fromEntries(Object.keys(measureGitOps(ENVIRONMENT).reads).map((name) => [name, list()])),
  'helmreleases in monitoring': list({ name: 'loki', labels: flux }, { name: 'alloy', labels: flux }, { name: 'kube-prometheus-stack' }),
  'statefulsets in monitoring': list({ name: 'loki', annotations: helm }, { name: 'prometheus' }),
  'configmaps in monitoring': list(
    { name: 'loki-datasource', labels: flux },
    { name: 'loki-bucket', ownerReferences: [{ kind: 'ObjectBucketClaim', name: 'loki-bucket' }] },
  ),
  ...more,
});

const tables: readonly MetricTable[] = [
  {
    id: 'functional.log_coverage',
    measurement: measureCoverage(ENVIRONMENT),
    met: { pods: list(runningPod('a'), runningPod('b'), runningPod('done', 'Succeeded')), [STREAMS]: streams('a', 'b') },
    rows: [
      reached('all', {}, '2 of 2 running pods', '2 running pods', 'the last hour'),
      missed('one is missing', { [STREAMS]: streams('a'), 'log of monitoring/b/c': logs('a line') }, '1 of 2 running pods'),
      reached('one is silent', { [STREAMS]: streams('a'), 'log of monitoring/b/c': logs() }, '1 of 1 running pods'),
      untold('no pod', { pods: list() }, 'no pod runs', '0 running pods'),
      untold('Loki does not answer', { [STREAMS]: noEndpoints }, 'monitoring/loki:3100 answers 503'),
    ],
  },
  {
    id: 'functional.query_performance',
    measurement: measureQueries(ENVIRONMENT),
    met: timed(20, 400),
    rows: [
      reached(
        'quick',
        {},
        'P95 0.400 s over 20 queries',
        'the last one took 0.012 s inside Loki',
        '20 queries over 24 h',
        'one after the other',
      ),
      reached('a Loki that does not say', { ...timed(20, 400), execution: http(200, '{}') }, 'P95 0.400 s'),
      missed('slow', timed(20, 1000), 'P95 1.000 s'),
      untold('too few', timed(19, 400), 'too few samples: 19 queries, wanted are 20', '19 queries'),
      untold('Loki does not answer', { timed: noEndpoints, execution: noEndpoints }, 'answers 503'),
    ],
  },
  {
    id: 'functional.retention',
    measurement: measureRetention(ENVIRONMENT),
    met: { running: config(true) },
    rows: [
      reached('as running', {}, '30d', '1 configuration', 'now'),
      missed('nothing is deleted', { running: config(false) }, 'retention'),
      untold('Loki does not answer', { running: noEndpoints }, 'answers 503'),
    ],
  },
  {
    id: 'functional.availability',
    measurement: measureAvailability(PROMETHEUS, ENVIRONMENT),
    met: { ...history(30 * DAY), failed: vector(), pushed: vector(100_000), up: vector(1), dropped: vector(0), sent: vector(5000) },
    rows: [
      reached(
        'all three',
        {},
        '100 % of the pushes answered without a 5xx, 100 % of the time up, 100 % of the entries not dropped by Alloy',
        '100000 pushes, 86400 scrapes',
        '30d',
      ),
      reached(
        'a history of two days, and it says so',
        history(2 * DAY),
        `2.0 days of 30d, since ${new Date(now - 2 * DAY * 1000).toISOString()}`,
      ),
      reached('of hours', history(DAY), '24.0 h of 30d'),
      reached('nearly all of it', history(28.5 * DAY), '30d'),
      reached('exactly', { failed: vector(100) }, '99.9 % of the pushes'),
      reached('Alloy has nothing to send yet', { sent: vector(0) }, '100 % of the entries'),
      missed('pushes fail', { failed: vector(101) }, '99.899 % of the pushes'),
      missed('down for a while, while nothing was pushed', { up: vector(0.998) }, '99.8 % of the time up'),
      missed('Alloy dropped some', { dropped: vector(6) }, '99.88 % of the entries'),
      untold('no push is counted', { pushed: vector() }, 'no pushes to Loki'),
      untold('not up, nor down', { up: vector('NaN') }, 'no pushes to Loki'),
      untold('Alloy is not scraped', { sent: vector() }, 'no entries sent by Alloy', '30d'),
      untold('too few pushes', { pushed: vector(99) }, 'too few samples: 99 pushes, wanted are 100'),
      untold('a refused query', { failed: http(400, 'parse error') }, 'answers 400'),
      ...doubts(),
    ],
  },
  {
    id: 'operational.storage_efficiency',
    measurement: measureCompression(PROMETHEUS, ENVIRONMENT),
    met: {
      ...history(DAY),
      ratios: vector(240),
      chunks: vector(20),
      received: vector(1100),
      discarded: vector(),
      stored: vector(100),
    },
    rows: [
      reached('both ways', {}, "12:1 by the chunks' own ratio, 11:1 by bytes received less discarded over bytes stored", '20 chunks', '1d'),
      reached('exactly', { received: vector(1000) }, '10:1 by bytes'),
      missed('the lower counts', { received: vector(999) }, '9.99:1 by bytes'),
      missed('the other one is lower', { ratios: vector(199) }, '9.95:1 by the'),
      missed('refused bytes were received as well', { discarded: vector(150) }, '9.5:1 by bytes'),
      reached('thirty per cent apart', { received: vector(1560) }, '15.6:1 by bytes received less discarded over bytes stored'),
      reached('duplicate shippers flatter', { received: vector(3600) }, 'they differ by 200 %: lines that are shipped more than once'),
      missed('much is not stored yet', { received: vector(120) }, 'they differ by 90 %: much of what was received'),
      untold('too few chunks', { chunks: vector(19) }, 'too few samples: 19 chunks, wanted are 20', '19 chunks', '1d'),
      untold('no chunks', { chunks: vector() }, 'too few samples: 0 chunks'),
      untold('nothing is stored', { stored: vector(0) }, 'lacks one of the series'),
      untold('a series is missing', { received: vector() }, 'lacks one of the series', '20 chunks'),
      untold('another is missing', { ratios: vector() }, 'lacks one of the series'),
      untold('a refused query', { stored: http(400, 'parse error') }, 'answers 400'),
      ...doubts(),
    ],
  },
  {
    id: 'operational.cost_reduction',
    measurement: measureCost(AIRFLOW, ENVIRONMENT),
    met: { ...COST, size: vector(), claim: absent },
    rows: [
      reached(
        'given back',
        {},
        '79 %: 12Mi of chunks',
        "20Gi of Loki's own claim against 100Gi",
        'on disk 3 bytes for one of an object, 2',
        '2 objects',
        'now',
      ),
      reached(
        'half',
        {
          claims: list({ name: 'storage-loki-0', spec: { resources: { requests: { storage: '50Gi' } } } }),
          archive: s3(200),
          chunks: s3(200),
        },
        '50 %',
      ),
      missed(
        'less',
        {
          claims: list({ name: 'storage-loki-0', spec: { resources: { requests: { storage: '51Gi' } } } }),
          archive: s3(200),
          chunks: s3(200),
        },
        '49 %',
      ),
      missed('not yet', { claim: object({ name: 'airflow-logs', spec: {} }) }, '0 %: claim airflow/airflow-logs of 100Gi is still there'),
      untold('copies of objects', { store: object({ name: 'storage', spec: {} }) }, "how many copies are kept can't be told", '2 objects'),
      untold('copies of claims', { pools: list() }, "how many copies are kept can't be told"),
      untold('no such store', { store: absent }, "can't be told"),
      untold('nobody knows the size', { manifest: s3(404) }, 'nobody knows how large the claim was'),
      untold(
        'a clock moved',
        { chunks: s3(200, { objects: [{ key: 'k', size: 1, modified: minutesAgo(-2) }] }) },
        'objects are of the future',
      ),
      reached('a clock is a minute ahead', { chunks: s3(200, { objects: [{ key: 'k', size: 1, modified: minutesAgo(-1) }] }) }),
      untold('no gateway', { archive: s3(503) }, 'list: 503'),
    ],
  },
  {
    id: 'operational.automation',
    measurement: measureGitOps(ENVIRONMENT),
    met: cluster(),
    rows: [
      reached('all', {}, '100 % of the objects came by Flux', '4 objects', 'now'),
      missed(
        'somebody applied one',
        { 'services in monitoring': list({ name: 'loki-extra' }) },
        '80 % of the objects came by Flux, not services monitoring/loki-extra',
        '5 objects',
      ),
      missed(
        'many',
        { 'services in monitoring': list(...[1, 2, 3, 4, 5, 6].map((each) => ({ name: `alloy-${each}` }))) },
        'alloy-5 and 1 more',
      ),
      missed(
        'of a release that is in no repository',
        { 'helmreleases in monitoring': list({ name: 'loki' }) },
        'not helmreleases monitoring/loki, statefulsets monitoring/loki',
      ),
      missed('installed by hand', { 'helmreleases in monitoring': list() }, 'not statefulsets monitoring/loki'),
      untold(
        'nothing is there',
        Object.fromEntries(Object.keys(cluster()).map((name) => [name, list()])),
        'nothing of loki and alloy is there',
        '0 objects',
      ),
      reached('kinds that are not served', { 'servicemonitors in monitoring': { of: 'list', served: false, items: [] } }, '100 %'),
      reached('in another namespace', { 'services in monitoring': list({ name: 'loki-extra', namespace: 'other' }) }, '4 objects'),
      reached('of another name', { 'services in monitoring': list({ name: 'lokitron' }) }, '4 objects'),
    ],
  },
];

export default tables;
