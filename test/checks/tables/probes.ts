import { linesAreReadableSoon, namespaceIsLeftOut, nothingOfOursIsLeft, rateIsLimited } from '#checks/alloy-limits.ts';
import { collectsExactlyOnce, filtersHealthProbes, labelsAreThePods, parsesJson } from '#checks/alloy-lines.ts';
import { absent, ENVIRONMENT, failed, http, lines, list, met, NOW, noEndpoints, object, pending, table, unreadable } from '../support.ts';

const labels = { namespace: 'monitoring', pod: 'anton-logging-probe', container: 'writer', node: 'k8s-1', app: 'anton-logging-test' };
const wanted = Array.from({ length: 20 }, (_, index) => `mark line ${String(index).padStart(2, '0')}`);
const found = (texts: readonly string[], stream: Record<string, string> = labels) => ({ found: lines(texts, stream) });
const notThere = pending('no gateway', { found: noEndpoints }, 'query_range at monitoring/loki-gateway:80 answers 503');
const lost = 'see loki_write_dropped_entries_total, and kubectl logs -n monitoring daemonset/alloy -c alloy';

const json = JSON.stringify({ level: 'warn', trace_id: 'trace-mark', msg: 'mark json' });
const parsed = { ...labels, level: 'warn', trace_id: 'trace-mark' };

const pods = list({ name: 'alloy-a', spec: { containers: [] } }, { name: 'alloy-b', spec: { containers: [] } });
const count = (value: number | undefined) =>
  http(200, { data: { resultType: 'vector', result: value === undefined ? [] : [{ metric: {}, value: [1, String(value)] }] } });
const dropped = (value: number, pod = 'anton-logging-probe') =>
  http(200, `loki_process_dropped_lines_by_label_total{label_name="pod",label_value="${pod}"} ${value}\n`);
const counted = (arrived: number | undefined, ...drops: readonly number[]) => ({
  count: count(arrived),
  'of alloy-a': dropped(drops[0] ?? 0),
  'of alloy-b': dropped(drops[1] ?? 0),
});
/** A line that was written so long ago, found after a query of so many milliseconds. */
const written = (seconds: number, took = 0) => {
  const at = `${BigInt(NOW.getTime() - seconds * 1000)}000000`;
  const result = [{ stream: labels, values: [[at, 'mark latency']] }];
  return { found: http(200, { data: { resultType: 'streams', result } }, { took: [took] }) };
};

export default [
  table(collectsExactlyOnce(ENVIRONMENT), found(wanted), '20 of 20 lines, none twice, in order', [
    pending('not yet', found([]), '0 of 20 lines arrived', lost),
    pending('some are dropped', found(wanted.slice(1)), '19 of 20'),
    notThere,
    failed(
      'each node tails every pod',
      found([...wanted, ...wanted, ...wanted]),
      '60 arrived',
      '40 arrived more than once',
      'spec.nodeName',
    ),
    failed(
      'with the prefix of the container runtime',
      found(wanted.map((line) => `2026-11-22T15:00:00Z stdout F ${line}`)),
      '20 lines are not as they were written',
      'one of them is “2026-11-22T15:00:00Z stdout F mark line 00”',
      'stage.cri in config.alloy (ConfigMap monitoring/alloy-config)',
    ),
    failed('out of order', found(wanted.toReversed()), 'out of order', 'stage.cri in config.alloy'),
  ]),
  table(
    labelsAreThePods(ENVIRONMENT),
    { ...found(['mark labels']), pod: object({ name: 'anton-logging-probe', spec: { nodeName: 'k8s-1', containers: [] } }) },
    'namespace=monitoring, pod=anton-logging-probe, container=writer, node=k8s-1, app=anton-logging-test',
    [
      pending(
        'not yet',
        found([]),
        'the line has not arrived',
        '{namespace="monitoring",pod="anton-logging-probe"} |= `mark` finds none',
        lost,
      ),
      pending('the pod is gone', { pod: absent }, 'the line has not arrived'),
      notThere,
      failed(
        'shipped by the Alloy of another node',
        found(['mark labels'], { ...labels, node: 'k8s-2' }),
        'other labels than its pod: node',
        'node is k8s-2, and k8s-1 is right',
        'ConfigMap monitoring/alloy-config',
      ),
      failed(
        'without its labels',
        found(['mark labels'], { namespace: 'monitoring', pod: 'anton-logging-probe' }),
        'other labels than its pod: container, node, app',
        'container is not there, and writer is right',
        'discovery.relabel',
      ),
    ],
  ),
  table(parsesJson(ENVIRONMENT), found([json], parsed), 'level and trace_id are structured metadata', [
    pending('not yet', found(['mark other'], parsed), 'the JSON line has not arrived', lost),
    notThere,
    failed('not parsed', found([json]), 'without its level and trace_id', 'it has namespace, pod', 'allow_structured_metadata'),
    failed('only half', found([json], { ...labels, level: 'warn' }), 'without its level and trace_id', 'stage.json'),
    failed('the other half', found([json], { ...labels, trace_id: 'trace-mark' }), 'without its level and trace_id', 'stage.json'),
  ]),
  table(filtersHealthProbes(ENVIRONMENT), found(['mark kept']), 'the health probe was dropped', [
    pending('not yet', found([]), 'the line after the health probe has not arrived', lost),
    notThere,
    failed(
      'not filtered',
      found(['GET /healthz mark', 'mark kept']),
      'health probe arrived',
      'ConfigMap monitoring/alloy-config',
      'kubectl',
    ),
    failed('not filtered, and the other one is on its way', found(['GET /healthz mark']), 'health probe arrived', 'kubectl'),
  ]),
  table(rateIsLimited(ENVIRONMENT), { pods, ...counted(2000, 1500, 500) }, '2000 of 4000 lines arrived, 2000 dropped by the limit', [
    met('the count goes on from an earlier probe', counted(2300, 9000), '9000 dropped'),
    pending('none yet', counted(undefined), '0 of 4000 lines arrived, 0 dropped', lost),
    pending('some are on their way', counted(2000, 1999), '2000 of 4000', 'on their way'),
    pending('those of another pod do not count', { ...counted(2000), 'of alloy-a': dropped(9000, 'other') }, '0 dropped'),
    met('somebody wrote before: less may pass', counted(1, 3999), '1 of 4000 lines arrived, 3999 dropped'),
    pending('nothing passes', counted(0, 4000), '0 of 4000', 'up to 2000 may pass at once', 'environment.alloy.rateLimit'),
    pending('no gateway', { count: noEndpoints }, 'query at monitoring/loki-gateway:80 answers 503'),
    failed('no limit', counted(4000), '4000 of 4000 lines arrived, 0 dropped', 'at most 2000 may pass', 'stage.limit in config.alloy'),
    failed('no limit any more', counted(4000, 9000), '4000 of 4000', 'none was held back', 'ConfigMap monitoring/alloy-config'),
    unreadable('lines, and no number', { count: http(200, { data: { result: [{ value: ['1'] }] } }) }, 'data.result'),
  ]),
  table(
    namespaceIsLeftOut(ENVIRONMENT, 'kube-system'),
    { kept: lines(['mark kept']), left: lines([]) },
    'a line from monitoring arrived, the one from kube-system did not',
    [
      pending('nothing has arrived, and that shows nothing', { kept: lines([]) }, 'no line arrived, from monitoring either', lost),
      pending('no gateway', { kept: noEndpoints }, '503'),
      pending('no answer to the other query', { left: noEndpoints }, '503'),
      failed(
        'not left out',
        { left: lines(['mark left out']) },
        'a line from namespace kube-system arrived',
        'environment.alloy.excludedNamespaces',
      ),
      failed(
        'not left out, and the other one is on its way',
        { left: lines(['mark left out']), kept: lines([]) },
        'kube-system arrived',
        'kubectl',
      ),
    ],
  ),
  table(linesAreReadableSoon(ENVIRONMENT), written(2, 500), 'readable 2.5 s after it was written', [
    met('just in time', written(19, 1000), 'readable 20.0 s'),
    met('the clock of the node is ahead', written(-3), 'readable 0.0 s'),
    pending('not yet', found([]), 'the line has not arrived', lost),
    notThere,
    failed('too late', written(20, 100), 'readable 20.1 s', 'the target is 20 s', 'batch_wait in config.alloy'),
  ]),
  table(
    nothingOfOursIsLeft(ENVIRONMENT),
    { pods: list() },
    'no pod has the label',
    [
      pending(
        'a pod is being removed',
        { pods: list({ name: 'anton-logging-probe' }, { name: 'other' }) },
        '2 pods are left: anton-logging-probe, other',
        'kubectl delete pods -n monitoring -l app.kubernetes.io/managed-by=anton-logging',
      ),
    ],
    ['pods'],
  ),
];
