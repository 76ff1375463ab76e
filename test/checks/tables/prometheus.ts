import { prometheusIsReady, rulesAreLoaded, seriesAreThere, targetIsUp } from '#checks/prometheus.ts';
import { historyIsWhole, nothingFires, nothingIncreased } from '#checks/prometheus-history.ts';
import type { Answer } from '#model/read.ts';
import { failed, http, list, met, noEndpoints, PROMETHEUS, pending, table, unreadable, vector } from '../support.ts';

const instance = (status: string, enableRemoteWriteReceiver = true) => ({
  name: 'stack',
  spec: { enableRemoteWriteReceiver },
  status: { conditions: [{ type: 'Available', status, message: status === 'True' ? '' : 'shard 0: pod not ready' }] },
});
const unserved: Answer = { of: 'list', served: false, items: [] };
const rules = (name: string, health = 'ok') => http(200, { data: { groups: [{ name: 'loki', rules: [{ name, health }] }] } });
const WEEK = 7 * 24 * 120;
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
    pending('none', { instances: list() }, '0 instances'),
    failed(
      'remote write would get 404',
      { instances: list(instance('True', false)) },
      'Prometheus monitoring/stack',
      'enableRemoteWriteReceiver: true',
    ),
  ]),
  table(targetIsUp(PROMETHEUS, 'loki.scraped', 'monitoring/loki'), { up: vector(1) }, '1 of 1 targets up', [
    pending('its ServiceMonitor is not selected', { up: vector() }, 'no target monitoring/loki', 'release has to be kube-prometheus-stack'),
    pending('one is down', { up: vector(1, 0) }, '1 of 2 targets down', 'pod-1'),
    pending('no Prometheus', { up: noEndpoints }, 'query at monitoring/kube-prometheus-stack-prometheus:9090 answers 503'),
    failed('a query that it refuses', { up: refused }, 'answers 400', 'parse error', 'does not take'),
    unreadable('no number', { up: vector('up') }, 'data.result.0.value.1'),
  ]),
  table(rulesAreLoaded(PROMETHEUS, ['LokiRequestErrors']), { answer: rules('LokiRequestErrors') }, '1 of 1 loaded', [
    pending('not selected', { answer: rules('Other') }, '0 of 1', 'LokiRequestErrors', 'release: kube-prometheus-stack'),
    pending('no Prometheus', { answer: noEndpoints }, '503'),
    failed('one fails', { answer: rules('LokiRequestErrors', 'err') }, 'rules fail: LokiRequestErrors', 'kubectl get prometheusrule'),
  ]),
  table(seriesAreThere(PROMETHEUS, ['a:b', 'c:d']), { 'a:b': vector(3, 4), 'c:d': vector(1) }, 'a:b 2, c:d 1', [
    pending('remote write refused while rules are healthy', { 'c:d': vector() }, 'c:d not there', 'samples_failed_total'),
    pending('no Prometheus', { 'a:b': noEndpoints }, 'answers 503'),
  ]),
  table(historyIsWhole(PROMETHEUS, 'monitoring/loki', '7d'), { least: vector(1), samples: vector(WEEK) }, `${WEEK} samples, all up`, [
    met('a pod came back with another address', { least: vector(1, 1), samples: vector(WEEK - 200, 200) }),
    pending('a gap is unknown, not quiet', { samples: vector(WEEK / 2) }, 'covers 50 % of 7d'),
    pending('it was down', { least: vector(1, 0) }, 'down within the last 7d', 'is 0'),
    pending('no history', { least: vector(), samples: vector() }, 'no history', '/targets'),
    pending('NaN is no history', { least: vector('NaN') }, 'no history'),
    pending('no Prometheus', { samples: noEndpoints }, '503'),
  ]),
  table(nothingIncreased(PROMETHEUS, increase), { increase: vector(0) }, '0 in 7d', [
    pending(
      'something restarted',
      { increase: vector(1.0002) },
      '2 within the last 7d',
      'increase(restarts) is 1.0002',
      'kubectl get pods',
    ),
    pending('no such series', { increase: vector() }, 'no series restarts'),
    pending('NaN', { increase: vector('NaN') }, 'no series restarts'),
    pending('no Prometheus', { increase: noEndpoints }, '503'),
  ]),
  table(nothingFires(PROMETHEUS, 'monitoring'), { firing: vector() }, 'none', [
    failed(
      'one fires',
      { firing: alert },
      '1 fire in monitoring',
      'LokiRequestErrors of loki-0',
      '/alerts of monitoring/kube-prometheus-stack',
    ),
    pending('no Prometheus', { firing: noEndpoints }, '503'),
  ]),
];
