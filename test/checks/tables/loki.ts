import { gatewayRoutes, limitsAreSet, lokiIsReady, lokiVersion } from '#checks/loki.ts';
import { canaryIsQuiet } from '#checks/loki-canary.ts';
import { absent, failed, http, LOKI, lines, met, noEndpoints, object, pending, recorded, table, unreadable } from '../support.ts';

const statefulSet = (resources: object, name = 'loki') =>
  object({ name: 'loki', spec: { template: { spec: { containers: [{ name, resources }] } } } });
const RETURNED = 'loki_canary_missing_entries_total 0\nloki_canary_response_latency_seconds_count 1190';
const canary = (entries: number, rest = RETURNED) => http(200, `loki_canary_entries_total ${entries}\n${rest}\n`);
const lost = http(404, '<html><center>nginx</center></html>');

export default [
  table(
    lokiIsReady(LOKI),
    { ready: http(200, 'ready\n'), services: http(200, 'ring => Running\ningester => Running\n') },
    'ready, 2 modules Running',
    [
      met('as recorded', () => ({ ready: recorded('ready.json'), services: recorded('services.json') }), '17 modules Running'),
      pending(
        'no pod',
        { ready: noEndpoints },
        '/ready at monitoring/loki:3100 answers 503',
        'no endpoints',
        'kubectl get pods -n monitoring',
      ),
      pending('modules start', () => ({ ready: recorded('ready.starting.json') }), '503', 'Some services are not Running'),
      pending('the ingester waits', () => ({ ready: recorded('ready.ingester-waiting.json') }), 'waiting for 15s after being ready'),
      pending(
        'ready, and a module is not',
        { services: http(200, 'ring => Running\nruler => Failed\n') },
        '1 of 2',
        'ruler is Failed',
        'kubectl logs',
      ),
      pending('through the gateway', { services: http(200, 'OK') }, 'names no module', 'OK'),
      pending('somebody else answers', { ready: http(200, '<html>') }, 'not as Loki does', '<html>'),
      pending('no /services', { services: http(404, '404 page not found') }, '/services at monitoring/loki:3100 answers 404'),
    ],
  ),
  table(lokiVersion(LOKI), { build: http(200, { version: '3.7.8' }) }, '3.7.8', [
    met('a build without a stamp, as recorded', () => ({ build: recorded('buildinfo.json') }), 'without a version stamp'),
    pending('not there', { build: noEndpoints }, 'buildinfo at monitoring/loki:3100 answers 503'),
    failed(
      "the chart's own image",
      { build: http(200, { version: '3.7.6' }) },
      'version 3.7.6',
      '3.7.8',
      'environment.loki.version the same',
    ),
    unreadable('no JSON', { build: http(200, '<html>') }, 'monitoring/loki:3100/loki/api/v1/status/buildinfo: not JSON'),
  ]),
  table(gatewayRoutes(LOKI), { query: lines([]), push: http(405) }, 'query_range 200, push 405', [
    met('as recorded', () => ({ query: recorded('query-range.empty.json'), push: recorded('push.get.json') })),
    failed(
      'no route',
      { query: lost, push: lost },
      '404 through Service monitoring/loki-gateway for query_range and push',
      'gateway.nginxConfig',
    ),
    failed(
      'no route for push',
      { push: lost },
      '404 through Service monitoring/loki-gateway for push',
      'ConfigMap monitoring/loki-gateway',
    ),
    pending(
      'too few replicas: Loki is ready and refuses',
      () => ({ query: recorded('query-range.error-too-few-replicas.json') }),
      'answers 500',
      'too many unhealthy instances in the ring',
    ),
    failed('a login stands before it', { query: http(401, 'Authorization Required') }, 'answers 401', 'login'),
    failed(
      'the query is refused',
      () => ({ query: recorded('query-range.error-empty-matcher.json') }),
      '400',
      'queries require at least one',
      'does not take',
    ),
    pending('it answers everything', { push: http(200, 'OK') }, '/loki/api/v1/push through the gateway', 'answers 200'),
  ]),
  table(limitsAreSet(LOKI), { found: statefulSet({ requests: { memory: '1Gi' }, limits: { memory: '2Gi' } }) }, 'memory limit 2Gi', [
    met('the same in another unit', { found: statefulSet({ requests: { memory: '1Gi' }, limits: { memory: '2048Mi' } }) }, '2048Mi'),
    pending('not there', { found: absent }, 'StatefulSet monitoring/loki has no container loki'),
    pending('another container', { found: statefulSet({}, 'loki-sc-rules') }, 'no container loki'),
    failed('under a path that the chart ignores', { found: statefulSet({}) }, 'StatefulSet monitoring/loki', 'singleBinary.resources'),
    failed(
      'another limit',
      { found: statefulSet({ requests: { memory: '1Gi' }, limits: { memory: '512Mi' } }) },
      'memory limit 512Mi',
      'the goals say 2Gi',
      'environment.loki.memory',
    ),
  ]),
  table(canaryIsQuiet(LOKI), { metrics: canary(1200) }, '1200 entries, 1190 came back, none missing', [
    pending('not there', { metrics: noEndpoints }, "the canary's /metrics at monitoring/loki-canary:3500 answers 503"),
    pending('nothing written yet', { metrics: canary(0) }, 'no entry written yet', 'kubectl logs -n monitoring daemonset/loki-canary'),
    pending('it counts nothing', { metrics: http(200, '') }, 'no entry written yet'),
    pending('it does not count what is missing', { metrics: canary(5, '') }, 'loki_canary_missing_entries_total is not there'),
    pending(
      'written, and not asked for yet',
      { metrics: canary(5, 'loki_canary_missing_entries_total 0') },
      '5 entries written, none came back yet',
      'kubectl logs -n monitoring daemonset/loki-canary',
    ),
    failed('lines get lost', { metrics: canary(1200, 'loki_canary_missing_entries_total 3') }, '3 of 1200 entries missing', 'kubectl logs'),
  ]),
];
