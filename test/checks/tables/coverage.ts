import { everyNodeHasLogs, everyPodHasLogs, streamsAreEnough } from '#checks/loki-coverage.ts';
import { ENVIRONMENT, failed, http, list, logs, met, noEndpoints, noLogs, pending, recorded, table, unreadable } from '../support.ts';

const pod = (name: string, namespace = 'monitoring', phase = 'Running', containers = ['c']) => ({
  name,
  namespace,
  spec: { nodeName: 'k8s-2', containers: containers.map((container) => ({ name: container })) },
  status: { phase },
});
const many = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const values = (...data: readonly string[]) => http(200, { status: 'success', data });
const none = http(200, { status: 'success' });
const logsOf = (names: readonly string[], answer = logs('a line')) =>
  Object.fromEntries(names.map((name) => [`log of monitoring/${name}/c`, answer]));
const MONITORING = 'streams of monitoring';
const { targets } = ENVIRONMENT;
const node = (name: string) => ({ name, spec: {}, status: { conditions: [], allocatable: {} } });
const enough = {
  metrics: http(200, `loki_ingester_memory_streams{tenant="fake"} ${targets.streams}\n`),
  values: values(...many(targets.namespaces, 'n')),
};

export default [
  table(
    everyPodHasLogs(ENVIRONMENT),
    { pods: list(pod('loki-0'), pod('alloy-x')), [MONITORING]: values('loki-0', 'alloy-x') },
    '2 of 2 running pods that write have a stream (100 %)',
    [
      met(
        'excluded and ended ones do not count',
        { pods: list(pod('loki-0'), pod('x', 'kube-system'), pod('y', 'airflow', 'Succeeded')) },
        '1 of 1',
      ),
      met(
        'a silent one is named and does not count',
        { pods: list(pod('loki-0'), pod('sleeper')), 'log of monitoring/sleeper/c': logs() },
        '1 of 1 running pods that write',
        'silent for 60 min and not counted: monitoring/sleeper on k8s-2',
      ),
      met(
        'so is one that is gone meanwhile',
        { pods: list(pod('loki-0'), pod('gone')), 'log of monitoring/gone/c': noLogs },
        '1 of 1',
        'gone',
      ),
      pending(
        'a static pod writes and is missing',
        { pods: list(pod('loki-0'), pod('kube-apiserver-k8s-2')), ...logsOf(['kube-apiserver-k8s-2']) },
        '1 of 2',
        '(50 %)',
        '1 write, and nothing of it arrives: monitoring/kube-apiserver-k8s-2 on k8s-2',
        'kubectl get pods -n monitoring -l app.kubernetes.io/instance=alloy -o wide',
      ),
      pending(
        'one container of it writes',
        {
          pods: list(pod('loki-0'), pod('two', 'monitoring', 'Running', ['c', 'd'])),
          'log of monitoring/two/c': logs(),
          'log of monitoring/two/d': logs('x'),
        },
        'nothing of it arrives: monitoring/two on k8s-2',
      ),
      pending(
        'another pod by that name has a stream',
        {
          pods: list(pod('loki-0'), pod('loki-0', 'airflow')),
          'streams of airflow': none,
          'log of airflow/loki-0/c': logs('x'),
        },
        '1 of 2',
        'airflow/loki-0 on k8s-2',
      ),
      pending(
        'many are missing: some names are enough',
        { pods: list(...many(22, 'p').map((name) => pod(name))), [MONITORING]: values('p0'), ...logsOf(many(22, 'p')) },
        '1 of 22',
        '(4.5 %)',
        '21 write',
        'monitoring/p20 on k8s-2, and 1 more',
      ),
      pending(
        'more than are looked at count as missing',
        {
          pods: list(...many(102, 'p').map((name) => pod(name))),
          [MONITORING]: values('p0'),
          ...logsOf(many(101, 'p'), logs()),
        },
        '1 of 2 running pods',
        '1 more have no stream: whether they write was not looked at',
      ),
      pending(
        'all are silent',
        { pods: list(pod('a')), [MONITORING]: none, 'log of monitoring/a/c': logs() },
        '0 of 0 running pods',
        '(0 %)',
      ),
      pending('no pod runs', { pods: list() }, '0 of 0'),
      pending('Loki is not there', { [MONITORING]: noEndpoints }, 'label/pod/values at monitoring/loki:3100 answers 503'),
      failed(
        'a rejected selector is no empty result',
        () => ({ [MONITORING]: recorded('series.error-empty-matcher.json') }),
        '400',
        'does not take',
      ),
      unreadable('another shape', { [MONITORING]: values(1 as never) }, 'data.0'),
      unreadable('a pod without containers', { pods: list({ ...pod('a'), spec: {} }) }, 'spec.containers'),
    ],
  ),
  table(
    everyPodHasLogs({ ...ENVIRONMENT, targets: { ...targets, coverage: 0.95 } }),
    { pods: list(...many(20, 'p').map((name) => pod(name))), [MONITORING]: values(...many(19, 'p')), ...logsOf(['p19']) },
    '19 of 20 running pods that write have a stream (95 %)',
    [
      pending(
        'just below the target',
        { pods: list(...many(19, 'p').map((name) => pod(name))), [MONITORING]: values(...many(18, 'p')), ...logsOf(['p18']) },
        '(94.7 %)',
      ),
    ],
  ),
  table(
    everyNodeHasLogs(ENVIRONMENT),
    { nodes: list(node('k8s-1'), node('k8s-2')), values: values('k8s-1', 'k8s-2', 'gone') },
    'lines from 2 of 2 nodes',
    [
      pending('one is dark', { values: values('k8s-1') }, 'lines from 1 of 2 nodes', 'none from k8s-2', 'kubectl get pods -n monitoring'),
      pending('no node', { nodes: list() }, '0 of 0'),
      pending('no line has that label', () => ({ values: recorded('label-values.unknown.json') }), 'none from k8s-1, k8s-2'),
      pending('not there', { values: noEndpoints }, 'label/node/values at monitoring/loki:3100 answers 503'),
      unreadable('another shape', { values: http(200, { data: 1 }) }, 'data'),
    ],
  ),
  table(streamsAreEnough(ENVIRONMENT), enough, `${targets.streams} streams from ${targets.namespaces} namespaces`, [
    pending(
      'too few namespaces',
      { values: values(...many(targets.namespaces - 1, 'n')) },
      `${targets.streams} streams from ${targets.namespaces - 1} namespaces`,
      `the goals want ${targets.streams} from ${targets.namespaces}`,
      'logs.coverage',
    ),
    pending(
      'too few streams',
      { metrics: http(200, `loki_ingester_memory_streams{tenant="fake"} ${targets.streams - 1}\n`) },
      `${targets.streams - 1} streams`,
    ),
    pending('none yet', () => ({ values: recorded('label-values.unknown.json') }), '0 namespaces'),
    pending('not there', { values: noEndpoints }, 'label/namespace/values', '503'),
    pending('no metrics', { metrics: noEndpoints }, '/metrics at monitoring/loki:3100 answers 503'),
    unreadable('another shape', { values: http(200, { data: 1 }) }, 'data'),
  ]),
];
