import { writesAreAvailable } from '#checks/metric-prometheus.ts';
import { alertsAreHealthy, alertsAreLoaded, prometheusIsReady, seriesAreThere, targetIsUp } from '#checks/prometheus.ts';
import { historyIsWhole, nothingFires, nothingIncreased, nothingWasKilled } from '#checks/prometheus-history.ts';
import { oldLinesAreGone } from '#checks/retention-proof.ts';
import type { Answer } from '#model/read.ts';
import {
  absent,
  ENVIRONMENT,
  failed,
  http,
  LOKI,
  list,
  met,
  NOW,
  noEndpoints,
  object,
  PROMETHEUS,
  pending,
  table,
  unreadable,
  vector,
} from '../support.ts';

const instance = (status: string, enableRemoteWriteReceiver = true) => ({
  name: 'stack',
  spec: { enableRemoteWriteReceiver },
  status: { conditions: [{ type: 'Available', status, message: status === 'True' ? '' : 'shard 0: pod not ready' }] },
});
const unserved: Answer = { of: 'list', served: false, items: [] };
const rules = (...all: (string | object)[]) =>
  http(200, {
    data: { groups: [{ name: 'loki', rules: all.map((one) => (typeof one === 'string' ? { name: one, health: 'ok' } : one)) }] },
  });
const monitor = (release?: string) => object({ name: 'loki', ...(release === undefined ? {} : { labels: { release } }) });
const holder = (alert: string, release?: string, name = 'alerts') => ({
  name,
  ...(release === undefined ? {} : { labels: { release } }),
  spec: { groups: [{ rules: [{ record: 'a:b' }, { alert }] }, {}] },
});
const WEEK = 7 * 24 * 120;
const weekAgo = vector(NOW.getTime() / 1000 - 7 * 86_400);
const alert = http(200, { data: { result: [{ metric: { alertname: 'LokiRequestErrors', pod: 'loki-0' }, value: [0, '1'] }] } });
const refused = http(400, { status: 'error', errorType: 'bad_data', error: 'parse error' });
const increase = {
  id: 'soak.no-restart',
  title: 'Nothing restarted',
  series: 'restarts',
  period: '7d',
  remedy: 'kubectl get pods',
} as const;

export default [
  table(prometheusIsReady(PROMETHEUS), { instances: list(instance('True')), monitors: list() }, 'stack is available', [
    failed(
      'no operator',
      { instances: unserved, monitors: unserved },
      'does not serve prometheuses and servicemonitors of monitoring.coreos.com',
      'environment.prometheus to null',
    ),
    failed(
      'a definition is gone',
      { monitors: unserved },
      'does not serve servicemonitors of',
      'no matches for kind "ServiceMonitor"',
      'environment.prometheus',
    ),
    failed('the other is gone', { instances: unserved }, 'does not serve prometheuses of', 'environment.prometheus'),
    pending(
      'it comes up',
      { instances: list(instance('False')) },
      '1 instances, none available',
      'stack: shard 0',
      'kubectl describe prometheus',
    ),
    failed('none', { instances: list() }, 'no Prometheus in namespace monitoring', 'environment.prometheus to null'),
    failed(
      'remote write would get 404',
      { instances: list(instance('True', false)) },
      'Prometheus monitoring/stack',
      'enableRemoteWriteReceiver: true',
    ),
  ]),
  table(
    targetIsUp(PROMETHEUS, { id: 'loki.scraped', namespace: 'monitoring', name: 'loki', setting: 'loki.values' }),
    { up: vector(1), found: monitor('kube-prometheus-stack') },
    '1 of 1 targets up',
    [
      met('another way, it is scraped all the same', { found: monitor() }, '1 of 1 targets up'),
      pending(
        'not scraped yet',
        { up: vector() },
        'no target monitoring/loki',
        'ServiceMonitor monitoring/loki is selected',
        'kubectl get servicemonitor -n monitoring loki',
      ),
      pending('no ServiceMonitor', { up: vector(), found: absent }, 'ServiceMonitor monitoring/loki is not there'),
      pending(
        'one is down',
        { up: vector(1, 0) },
        '1 of 2 targets down\npod-1\nsee its scrape error',
        '/targets of monitoring/kube-prometheus-stack',
      ),
      pending('no Prometheus', { up: noEndpoints }, 'query at monitoring/kube-prometheus-stack-prometheus:9090 answers 503'),
      failed(
        'its ServiceMonitor is not selected',
        { up: vector(), found: monitor() },
        'there is no target monitoring/loki',
        'ServiceMonitor monitoring/loki has the label release: nothing, Prometheus selects by kube-prometheus-stack',
        'what sets other labels (loki.values)',
        'environment.prometheus.release',
      ),
      failed('another release', { up: vector(), found: monitor('prometheus') }, 'no target', 'the label release: prometheus, Prometheus'),
      failed('a query that it refuses', { up: refused }, 'answers 400', 'parse error', 'does not take'),
      unreadable('no number', { up: vector('up') }, 'data.result.0.value.1'),
    ],
    ['found'],
  ),
  table(
    alertsAreLoaded(PROMETHEUS, 'monitoring', ['LokiRequestErrors', 'LokiDown']),
    { answer: rules('LokiRequestErrors', 'LokiDown', 'Other'), objects: list() },
    '2 of 2 loaded',
    [
      pending(
        'not loaded yet',
        { answer: rules('Other') },
        '0 of 2 loaded\nLokiRequestErrors is not loaded\nLokiDown',
        'kubectl get prometheusrule -n monitoring',
      ),
      pending(
        'selected, and not loaded yet',
        { answer: rules('Other'), objects: list(holder('LokiDown', 'kube-prometheus-stack')) },
        '0 of 2',
      ),
      pending('another object is not selected', { answer: rules('Other'), objects: list(holder('Other')) }, '0 of 2'),
      pending('no Prometheus', { answer: noEndpoints }, '/api/v1/rules at monitoring/kube-prometheus-stack-prometheus:9090 answers 503'),
      failed(
        'not selected',
        {
          answer: rules('LokiRequestErrors'),
          objects: list(holder('Other'), holder('LokiDown'), holder('LokiDown', 'prometheus', 'theirs'), holder('LokiRequestErrors')),
        },
        '1 of 2 loaded\nPrometheusRule monitoring/alerts has the label release: nothing\nPrometheusRule monitoring/theirs has the label release: prometheus\nPrometheus',
        'release: kube-prometheus-stack',
        'monitoring.alerts.labels in environment.loki.values',
      ),
    ],
    ['objects'],
  ),
  table(alertsAreHealthy(PROMETHEUS, ['LokiRequestErrors']), { answer: rules('LokiRequestErrors') }, '1 evaluated without an error', [
    met("another's trouble", { answer: rules('LokiRequestErrors', { name: 'Other', health: 'err' }) }, '1 evaluated'),
    pending('no Prometheus', { answer: noEndpoints }, '503'),
    failed(
      'one fails',
      { answer: rules({ name: 'LokiRequestErrors', health: 'err', lastError: 'many-to-many matching' }) },
      'rules fail: LokiRequestErrors\nLokiRequestErrors: many-to-many matching\n',
      'kubectl get prometheusrule',
    ),
    failed(
      'one fails and does not say why',
      { answer: rules({ name: 'LokiRequestErrors', health: 'err' }) },
      "LokiRequestErrors: monitoring/kube-prometheus-stack-prometheus:9090 can't evaluate it",
    ),
  ]),
  table(seriesAreThere(PROMETHEUS, ['a:b', 'c:d']), { 'a:b': vector(3, 4), 'c:d': vector(1) }, 'a:b 2, c:d 1', [
    pending('remote write refused while rules are healthy', { 'c:d': vector() }, 'c:d not there', 'samples_pending of Loki'),
    pending('no Prometheus', { 'a:b': noEndpoints }, 'answers 503'),
  ]),
  table(
    historyIsWhole(PROMETHEUS, 'monitoring/loki', '7d'),
    { least: vector(1), scrapes: vector(WEEK), first: weekAgo },
    `${WEEK} scrapes, all up`,
    [
      met('a pod came back with another address', { least: vector(1, 1) }),
      met(
        'there is little history yet, which the beginning of the soak says',
        { scrapes: vector(20), first: vector(NOW.getTime() / 1000 - 600) },
        '20 scrapes so far, all up',
      ),
      pending(
        'a gap is unknown, not quiet',
        { scrapes: vector(WEEK / 2) },
        `a gap in the history of monitoring/loki: ${WEEK / 2} of ${WEEK} scrapes`,
        'unknown, not quiet',
        '/targets of monitoring/kube-prometheus-stack-prometheus:9090',
        'begins anew',
      ),
      pending('a clock that moved', { first: vector(NOW.getTime() / 1000 + 600) }, 'from the future'),
      pending(
        'it was down',
        { least: vector(1, 0) },
        'monitoring/loki was down within the last 7d',
        'is 0',
        'kubectl describe pods -n monitoring',
      ),
      pending('no history', { least: vector(), scrapes: vector(), first: vector() }, 'no history of monitoring/loki', '/targets'),
      pending('no Prometheus', { scrapes: noEndpoints }, '503'),
      pending('nor then', { least: noEndpoints }, '503'),
    ],
    [],
  ),
  table(nothingIncreased(PROMETHEUS, increase), { increase: vector(0) }, '0 in 7d', [
    pending(
      'something restarted',
      { increase: vector(1.0002) },
      '2 within the last 7d',
      'increase(restarts) is 1.0002',
      'kubectl get pods',
    ),
    pending('no such series', { increase: vector() }, 'no series restarts', 'is not scraped', '/targets of monitoring/kube'),
    pending('NaN', { increase: vector('NaN') }, 'no series restarts'),
    pending('no Prometheus', { increase: noEndpoints }, '503'),
  ]),
  table(nothingFires(PROMETHEUS, 'monitoring', '7d'), { firing: vector(), fired: vector() }, 'none', [
    failed(
      'one fires',
      { firing: alert, fired: alert },
      '1 fires in monitoring',
      'LokiRequestErrors of loki-0',
      '/alerts of monitoring/kube-prometheus-stack-prometheus:9090',
    ),
    failed('two fire', { firing: vector(1, 1) }, '2 fire in monitoring', 'an alert of pod-1'),
    pending('one did', { fired: alert }, '1 fired within the last 7d', 'LokiRequestErrors of loki-0', 'begins anew'),
    pending('no Prometheus', { firing: noEndpoints }, '503'),
    pending('nor then', { fired: noEndpoints }, '503'),
  ]),
  table(nothingWasKilled(PROMETHEUS, { namespace: 'monitoring', pods: 'loki-.*', period: '7d' }), { killed: vector() }, 'none in 7d', [
    met('before the period', { killed: vector(WEEK * 0.95) }),
    met('another reason', { killed: vector(0) }),
    pending(
      'within the period',
      { killed: http(200, { data: { result: [{ metric: { pod: 'loki-0', container: 'loki' }, value: [0, String(WEEK * 0.94)] }] } }) },
      '1 killed within the last 7d',
      'container loki of Pod monitoring/loki-0 was OOMKilled',
      'environment.loki.memory',
    ),
    pending('just now', { killed: vector(1) }, 'container ? of Pod monitoring/pod-0'),
    pending('no Prometheus', { killed: noEndpoints }, '503'),
  ]),
  table(
    writesAreAvailable(PROMETHEUS, ENVIRONMENT, '7d'),
    { failed: vector(), pushed: vector(5000), up: vector(1), dropped: vector(), sent: vector(100) },
    '100 % of the pushes answered without a 5xx, 100 % of the time up, 100 % of the entries not dropped by Alloy; 5000 pushes',
    [
      met('at the target', { failed: vector(5), up: vector(0.999) }, '99.9 % of the pushes answered without a 5xx, 99.9 % of the time up'),
      met('one push is enough', { pushed: vector(1) }, '1 pushes'),
      pending(
        'pushes failed',
        { failed: vector(6) },
        '99.88 % of the pushes',
        '99.88 % of the pushes answered without a 5xx is below 99.9 %',
        'kubectl logs -n monitoring statefulset/loki -c loki',
      ),
      pending('it was down', { up: vector(0.99) }, '99 % of the time up is below 99.9 %'),
      pending(
        'none was counted',
        { pushed: vector(0) },
        'too few samples: 0 pushes, wanted are 1',
        'not known to be well',
        '/targets of monitoring/kube',
      ),
      pending('no Prometheus', { sent: noEndpoints }, 'answers 503'),
    ],
  ),
  table(oldLinesAreGone(LOKI), { left: vector() }, 'no line of the week before the last 725 h', [
    met('none, in a number', { left: vector(0) }),
    failed(
      'some are left',
      { left: vector(1200) },
      '1200 lines are older than 725 h',
      'the compactor of monitoring/loki leaves what is older than 30d',
      'kubectl logs -n monitoring statefulset/loki',
      'loki_compactor_apply_retention_last_successful_run_timestamp_seconds',
    ),
    failed('refused', { left: http(400, 'parse error') }, '400', 'does not take'),
    pending('not there', { left: noEndpoints }, '503'),
    unreadable('no number', { left: vector('NaN') }, 'data.result.0.value.1'),
  ]),
];
