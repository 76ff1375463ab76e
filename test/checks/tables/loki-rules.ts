import { remoteWriteSucceeds, rulesAreFound, rulesAreHealthy, rulesSelect } from '#checks/loki-rules.ts';
import type { Check } from '#model/check.ts';
import { failed, http, LOKI, list, met, noEndpoints, PROMETHEUS, pending, recorded, table, unreadable, vector } from '../support.ts';
import { running } from './loki-config.ts';

const [storage, path, folder] = rulesAreFound(LOKI) as [Check, Check, Check];
const WHERE = 'the running configuration of monitoring/loki (GET /config)';
const notThere = { running: noEndpoints };
const local = { type: 'local', local: { directory: '/rules' } };
const ruler = (rest: object) => running({ ruler: { storage: local, rule_path: '/tmp/rules', remote_write: { enabled: true }, ...rest } });

const rules = (name: string, target?: string) => ({
  name,
  labels: { loki_rule: 'true' },
  ...(target === undefined ? {} : { annotations: { 'k8s-sidecar-target-directory': target } }),
});

const groups = (...all: object[]) => http(200, { status: 'success', data: { groups: [{ name: 'log-volume', rules: all }] } });
const rule = (name: string, health = 'ok', lastError = '') => ({ name, health, lastError });
const expr = (query: string, name = 'a:b') => ({ answer: groups({ ...rule(name), query }) });
const STREAMS = http(200, {
  status: 'success',
  data: [
    { namespace: 'airflow', pod: 'scheduler-0' },
    { namespace: 'monitoring', app: 'loki' },
  ],
});

const OURS = 'http://kube-prometheus-stack-prometheus.monitoring.svc.cluster.local:9090/api/v1/write';
const remote = (sent: number, refused: number, url = OURS) => {
  const name = 'loki_ruler_wal_prometheus_remote_storage_samples';
  const labelled = `{remote_name="fake-rw-prometheus",tenant="fake",url="${url}"}`;
  return {
    metrics: http(200, `${name}_total${labelled} ${sent}\n${name}_failed_total${labelled} ${refused}\n${name}_pending${labelled} 2\n`),
  };
};
const refusedBefore = (count: number, url = OURS) => ({
  before: http(200, { data: { result: [{ metric: { url }, value: [0, String(count)] }] } }),
});

export default [
  table(storage, running(), 'local, /rules, as running', [
    met('as recorded', () => ({ running: recorded('config.excerpt.yaml') }), '/rules'),
    pending('not there', notThere, '/config at monitoring/loki:3100 answers 503'),
    failed(
      'rules on S3',
      ruler({ storage: { type: 's3', local: { directory: '/rules' } } }),
      'the ruler reads its rules from s3',
      WHERE,
      'ruler.storage.type: s3',
      'never evaluated',
      'loki.rulerConfig.storage (the chart does not read loki.ruler)',
      'local.directory: /rules',
    ),
    failed('values under loki.ruler: no ruler at all', running({ ruler: undefined }), 'from nowhere', 'ruler.storage.type: nothing'),
    failed('no folder', ruler({ storage: { type: 'local' } }), 'from no folder', 'ruler.storage.type: local'),
  ]),
  table(path, running(), 'rule_path /tmp/rules, as running', [
    met('as recorded', () => ({ running: recorded('config.excerpt.yaml') }), '/var/loki/rules-tmp'),
    met('neither is set', ruler({ storage: {}, rule_path: undefined }), 'as Loki has it by itself'),
    pending('not there', notThere, '503'),
    failed(
      'the folder with the rules',
      ruler({ rule_path: '/rules' }),
      'rule_path is /rules, the folder with the rules',
      WHERE,
      'Loki empties rule_path',
      'loki.rulerConfig.rule_path',
      'make it /var/loki/rules-tmp in Git',
    ),
  ]),
  table(folder, { ...running(), maps: list(rules('ours', '/rules/fake'), rules('theirs', '/rules/fake')) }, '2 of 2 in /rules/fake', [
    pending('not there', notThere, '503'),
    pending('none', { maps: list() }, 'no ConfigMap in monitoring has the label loki_rule', 'flux get kustomizations'),
    failed(
      'one goes to the folder above, one to none',
      { maps: list(rules('ours', '/rules/fake'), rules('theirs', '/rules'), rules('lost')) },
      '2 of 3 ConfigMaps go elsewhere',
      'ConfigMap monitoring/theirs: /rules\nConfigMap monitoring/lost: no folder',
      'k8s-sidecar-target-directory of ConfigMap monitoring/theirs has to be /rules/fake',
    ),
    failed(
      'the ruler looks elsewhere',
      ruler({ storage: { type: 'local', local: { directory: '/etc/rules' } } }),
      '2 of 2',
      'has to be /etc/rules/fake',
    ),
  ]),
  table(rulesAreHealthy(LOKI, ['a:b']), { answer: groups(rule('a:b'), rule('other')) }, '2 rules, health ok', [
    pending('no ruler', { answer: noEndpoints }, '/prometheus/api/v1/rules at monitoring/loki:3100 answers 503'),
    pending(
      'none is loaded',
      () => ({ answer: recorded('prometheus-rules.none.json') }),
      '0 of 1',
      'a:b is not loaded',
      'kubectl logs -n monitoring loki-0 -c loki-sc-rules',
    ),
    pending('another is', { answer: groups(rule('other')) }, '0 of 1 rules are loaded'),
    pending('not evaluated yet', { answer: groups(rule('a:b', 'unknown'), rule('other')) }, '1 rules are not evaluated yet\na:b\n'),
    failed(
      'an expression that fails at run time',
      () => ({ answer: recorded('prometheus-rules.json') }),
      '1 rules fail',
      'broken:lines:count5m: rule evaluation failed: pipeline error',
      'ConfigMap monitoring/loki-recording-rules',
    ),
    failed('only the first line of why', { answer: groups(rule('a:b', 'err', 'one\ntwo')) }, '1 rules fail\na:b: one\nmend'),
    unreadable('no JSON', { answer: http(200, '<html>') }, 'monitoring/loki:3100/prometheus/api/v1/rules: not JSON'),
  ]),
  table(
    rulesSelect(LOKI),
    { ...expr('sum by (namespace) (rate({namespace=~".+"} | detected_level=~"error|fatal"[5m]))'), series: STREAMS },
    '1 selectors, each with streams',
    [
      met('as recorded', () => ({ answer: recorded('prometheus-rules.json'), series: recorded('series.json') }), 'each with streams'),
      met('by several labels', expr('rate({namespace="airflow", pod=~`sched.*-\\d`,}[5m])'), '1 selectors'),
      met('by what it is not', expr('rate({namespace!="airflow",app!~"alloy|grafana"}[5m])')),
      met('two selectors', expr('sum(rate({app="loki"}[5m])) / sum(rate({namespace="airflow"}[5m]))'), '2 selectors'),
      met('an escaped quotation mark', { ...expr('rate({app="a\\"b"}[5m])'), series: http(200, { data: [{ app: 'a"b' }] }) }),
      met('a dot is any character, even the end of a line', {
        ...expr('rate({app=~"a.b"}[5m])'),
        series: http(200, { data: [{ app: 'a\nb' }] }),
      }),
      met('a pattern that only Loki knows', expr('rate({namespace=~"(?i)AIRFLOW"}[5m])')),
      met('a rule without a selector', expr('vector(1)'), '0 selectors'),
      pending('no ruler', { answer: noEndpoints }, '/prometheus/api/v1/rules at monitoring/loki:3100 answers 503'),
      pending('no series', { series: noEndpoints }, 'series at monitoring/loki:3100 answers 503'),
      pending('no stream', () => ({ series: recorded('series.empty.json') }), 'there is no stream to select'),
      failed(
        "a label that no stream has: the origin's",
        {
          answer: groups(
            { ...rule('a:b'), query: 'rate({job="monitoring/alloy"}[5m])' },
            { ...rule('c:d'), query: 'rate({app="loki"}[5m])' },
          ),
        },
        '1 of 2 selectors select nothing',
        'rule a:b: none of 2 streams of the last hour has {job="monitoring/alloy"}',
        'kubectl get configmap -n monitoring -l loki_rule',
      ),
      failed('two labels of two streams', expr('rate({namespace="airflow",app="loki"}[5m])'), '1 of 1'),
      failed('a part of a value', expr('rate({namespace=~"air"}[5m])'), '1 of 1'),
      failed('the end of a value', expr('rate({namespace=~"flow"}[5m])'), '1 of 1'),
      failed('everything but all', expr('rate({namespace!~"airflow|monitoring"}[5m])'), '1 of 1'),
    ],
  ),
  table(
    remoteWriteSucceeds(LOKI, PROMETHEUS),
    { ...running(), ...remote(7, 0), ...refusedBefore(0) },
    `7 samples written to ${OURS}, none refused lately, 2 on their way`,
    [
      met('by a shorter name', { ...remote(7, 0, 'http://kube-prometheus-stack-prometheus:9090/api/v1/write') }),
      met('it stands still', { ...remote(7, 3), ...refusedBefore(3) }, 'none refused lately'),
      pending('not there', notThere, '503'),
      pending('no metrics', { metrics: noEndpoints }, '/metrics at monitoring/loki:3100 answers 503'),
      pending('nothing yet', remote(0, 0), 'nothing was written yet'),
      pending('no such counter', { metrics: http(200, '') }, 'nothing was written yet', 'samples_total is 0'),
      failed(
        'switched off',
        ruler({ remote_write: {} }),
        'what the rules record is written nowhere',
        'ruler.remote_write.enabled: false',
        'loki.rulerConfig.remote_write',
        `clients.prometheus.url: ${OURS}`,
      ),
      failed('no section', ruler({ remote_write: undefined }), 'written nowhere'),
      failed(
        'refused, and the rules are healthy',
        { ...remote(20, 12), ...refusedBefore(10) },
        `2 samples were refused at ${OURS}`,
        'answers 404',
        'kube-prometheus-stack',
        'enableRemoteWriteReceiver: true',
      ),
      failed('no history', { ...remote(20, 12), before: vector() }, '12 samples were refused'),
      failed(
        'to another service',
        remote(7, 0, 'http://prometheus.monitoring.svc:9090/api/v1/write'),
        'the ruler writes to http://prometheus.monitoring.svc:9090/api/v1/write',
        'Prometheus is monitoring/kube-prometheus-stack-prometheus:9090',
        'loki.rulerConfig.remote_write.clients.prometheus.url',
        OURS,
      ),
      failed('to another namespace', remote(7, 0, OURS.replace('.monitoring.', '.observability.')), 'the ruler writes to'),
      failed('to another port', remote(7, 0, OURS.replace(':9090', ':9091')), 'the ruler writes to'),
      failed('to the port of http', remote(7, 0, OURS.replace(':9090', '')), 'the ruler writes to'),
      failed('to no address', remote(7, 0, 'prometheus'), 'the ruler writes to prometheus'),
    ],
    ['before'],
  ),
  table(
    remoteWriteSucceeds(LOKI, { ...PROMETHEUS, service: { ...PROMETHEUS.service, port: 80 } }),
    { ...running(), ...remote(7, 0, OURS.replace(':9090', '')), ...refusedBefore(0, OURS.replace(':9090', '')) },
    '7 samples written',
    [],
    ['before'],
  ),
];
