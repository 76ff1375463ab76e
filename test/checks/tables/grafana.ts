import { documentIsThere, libraryRuns } from '#checks/documents.ts';
import {
  dashboardsAreFound,
  dataSourceIsHealthy,
  dataSourceIsThisLoki,
  grafanaIsHealthy,
  oneDefaultDataSource,
  queriesGoThrough,
} from '#checks/grafana.ts';
import type { Answer } from '#model/read.ts';
import { failed, GRAFANA, http, LOKI, lines, met, noEndpoints, pending, recorded, table, unreadable } from '../support.ts';

const source = (name: string, isDefault: boolean) => ({ uid: name, name, type: 'loki', isDefault });
const URL = 'http://loki-gateway.monitoring.svc.cluster.local';
const ours = (rest: Record<string, unknown> = {}) => ({
  sources: http(200, [source('Prometheus', true), { uid: 'loki', name: 'Loki', type: 'loki', url: URL, isDefault: false, ...rest }]),
});
const refused = http(401, { message: 'Invalid username or password' });
const files = (content: Record<string, string>): Answer => ({ of: 'files', tip: 'c0ffee', files: content });

export default [
  table(grafanaIsHealthy(GRAFANA), { health: http(200, { database: 'ok', version: '11.4.0' }) }, 'version 11.4.0, database ok', [
    pending('not there', { health: noEndpoints }, '/api/health at monitoring/kube-prometheus-stack-grafana:80 answers 503'),
    failed(
      'its database is gone',
      { health: http(200, { database: 'failing', version: '11.4.0' }) },
      'database failing',
      'kubectl logs -n monitoring',
    ),
  ]),
  table(
    dataSourceIsHealthy(GRAFANA),
    { health: http(200, { status: 'OK', message: 'Data source successfully connected.' }) },
    'connected',
    [
      pending(
        'not loaded',
        { health: http(404, { message: 'data source not found' }) },
        'no datasource with uid loki',
        'grafana_datasource',
      ),
      pending(
        'Loki does not answer it',
        { health: http(200, { status: 'ERROR', message: 'no such host' }) },
        'status ERROR',
        'no such host',
      ),
      pending(
        'Loki is somewhere else',
        { health: http(400, { status: 'ERROR', message: 'Unable to connect with Loki.' }) },
        'status ERROR',
        'Unable to connect with Loki',
        'kubectl get configmap -A -l grafana_datasource=1',
      ),
      failed('a changed password', { health: refused }, 'answers 401', 'Invalid username or password', 'environment.grafana.login'),
    ],
  ),
  table(dataSourceIsThisLoki(GRAFANA, LOKI), ours(), `type loki at ${URL}, not the default`, [
    met('by a shorter name, with its port', ours({ url: 'http://loki-gateway.monitoring:80/' }), 'monitoring:80'),
    pending(
      'not loaded',
      { sources: http(200, [source('Prometheus', true)]) },
      'no datasource with uid loki',
      'ConfigMap loki-datasource',
      'grafana_datasource=1',
    ),
    pending('not there', { sources: noEndpoints }, '503'),
    failed('a changed password', { sources: refused }, 'answers 401', 'environment.grafana.login'),
    ...[
      'http://loki-gateway.logging.svc.cluster.local',
      'http://other.monitoring.svc.cluster.local',
      'http://loki-gateway.monitoring.svc:8080',
      `${URL}/other`,
      'nowhere',
    ].map((url) =>
      failed(
        `another place: ${url}`,
        ours({ url }),
        `a loki at ${url}`,
        'this Loki is behind monitoring/loki-gateway:80',
        'loki-datasource',
      ),
    ),
    failed('another kind', ours({ type: 'prometheus' }), 'datasource loki is a prometheus', 'kubectl get configmap'),
    failed('the default', ours({ isDefault: true }), 'datasource loki is the default', 'Grafana does not start', 'phase 4 again'),
    unreadable('another shape', { sources: http(200, {}) }, '/api/datasources'),
  ]),
  table(queriesGoThrough(GRAFANA), { found: lines(['x']) }, '1 line for {namespace=~".+"}', [
    pending('none', { found: lines([]) }, 'no line for {namespace=~".+"}', 'logs.coverage', 'kubectl get configmap'),
    pending('a stream without lines', { found: http(200, { data: { result: [{ values: [] }] } }) }, 'no line'),
    pending('its Loki is not there', { found: http(502, 'Bad Gateway') }, '/api/datasources/proxy/uid/loki', '502', 'Bad Gateway'),
    failed('its Loki refuses', () => ({ found: recorded('query-range.error-empty-matcher.json') }), 'answers 400', 'does not take'),
    unreadable('another shape', { found: http(200, { data: 1 }) }, 'data'),
  ]),
  table(
    oneDefaultDataSource(GRAFANA),
    { sources: http(200, [source('Prometheus', true), source('Loki', false)]) },
    'Prometheus is the default of 2',
    [
      failed(
        'two defaults crash Grafana at its next start',
        { sources: http(200, [source('Prometheus', true), source('Loki', true)]) },
        '2 datasources are the default: Prometheus, Loki',
        'does not start again',
        'isDefault: false',
        'kubectl get configmap',
      ),
      failed(
        'no default',
        { sources: http(200, [source('Loki', false)]) },
        'no datasource is the default',
        'isDefault: true on the datasource of Prometheus',
      ),
      failed('a changed password', { sources: refused }, 'answers 401', 'environment.grafana.login'),
      pending('not there', { sources: noEndpoints }, '503'),
    ],
  ),
  table(
    dashboardsAreFound(GRAFANA, 'loki.dashboards', ['Loki / Operational']),
    { found: http(200, [{ uid: 'a', title: 'Loki / Operational' }]) },
    '1 of 1 found',
    [
      pending('only a ConfigMap', { found: http(200, []) }, '0 of 1 found', 'Loki / Operational is not there', 'grafana_dashboard'),
      pending('not there', { found: noEndpoints }, '503'),
    ],
  ),
  table(
    documentIsThere('handoff.runbook', 'docs/logging/runbook.md', ['18.11.0']),
    { files: files({ 'docs/logging/runbook.md': 'chart 18.11.0\n' }) },
    '2 lines',
    [
      pending('not there', { files: files({}) }, 'docs/logging/runbook.md is not there'),
      pending('of another version', { files: files({ 'docs/logging/runbook.md': 'chart 18.10.0' }) }, 'does not mention 18.11.0'),
    ],
  ),
  table(
    libraryRuns(LOKI, [
      { title: 'One', query: '{a="b"}' },
      { title: 'Two', query: '{namespace!="x"}' },
    ]),
    { One: lines(['x']), Two: lines([]) },
    '2 of 2 answered',
    [
      met('an empty result is a result', () => ({ One: recorded('query-range.empty.json') })),
      failed(
        'a rejected query is no empty result',
        () => ({ Two: recorded('query-range.error-empty-matcher.json') }),
        '1 of 2 rejected',
        'Two: parse error : queries require at least one regexp or equality matcher',
        'mend the queries',
      ),
      pending('not there', { One: noEndpoints }, '503'),
      pending('too many at once', { One: http(429, 'too many outstanding requests') }, '429', 'too many outstanding requests'),
      unreadable('numbers, not lines', () => ({ One: recorded('query-range.matrix.json') })),
    ],
  ),
];
