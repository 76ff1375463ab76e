import type { Environment } from '#model/environment.ts';
import { appOf, type Files, render } from '../repository.ts';
import { libraryDocument } from './queries.ts';

export const LIBRARY = 'docs/logging/queries.md';
export const DASHBOARDS = ['Logs / Volume', 'Logs / Query performance', 'Logs / Operations'] as const;

export function grafanaFiles(environment: Environment): Files {
  const { directory } = appOf(environment, 'loki');
  const { loki } = environment;
  // Without Grafana nobody loads them; the queries serve in any client.
  if (environment.grafana === null) return { [LIBRARY]: libraryDocument() };
  return {
    [`${directory}/app/datasource.yaml`]: render(
      configMap('loki-datasource', loki.namespace, 'grafana_datasource', 'loki-datasource.yaml', dataSource(environment)),
    ),
    [`${directory}/app/dashboards.yaml`]: render(
      configMap(
        'logs-volume-dashboard',
        loki.namespace,
        'grafana_dashboard',
        'logs-volume.json',
        dashboard('logs-volume', DASHBOARDS[0], VOLUME),
      ),
      configMap(
        'logs-queries-dashboard',
        loki.namespace,
        'grafana_dashboard',
        'logs-queries.json',
        dashboard('logs-queries', DASHBOARDS[1], PERFORMANCE),
      ),
      configMap(
        'logs-operations-dashboard',
        loki.namespace,
        'grafana_dashboard',
        'logs-operations.json',
        dashboard('logs-operations', DASHBOARDS[2], operations(environment)),
      ),
    ),
    [LIBRARY]: libraryDocument(),
  };
}

/** Never the default: with two defaults Grafana does not start again. */
function dataSource({ loki }: Environment): string {
  const url = `http://${loki.gateway.name}.${loki.gateway.namespace}.svc.cluster.local`;
  return render({ apiVersion: 1, datasources: [{ name: 'Loki', type: 'loki', uid: 'loki', access: 'proxy', url, isDefault: false }] });
}

interface Panel {
  readonly title: string;
  readonly datasource: { readonly type: 'loki' | 'prometheus'; readonly uid?: string };
  readonly query: string;
  readonly unit: string;
}

const LOKI = { type: 'loki', uid: 'loki' } as const;
const PROMETHEUS = { type: 'prometheus' } as const;
const VOLUME: readonly Panel[] = [
  { title: 'Lines per second by namespace', datasource: LOKI, query: 'sum by (namespace) (rate({namespace=~".+"}[5m]))', unit: 'cps' },
  {
    title: 'Bytes per second by namespace',
    datasource: LOKI,
    query: 'sum by (namespace) (bytes_rate({namespace=~".+"}[5m]))',
    unit: 'Bps',
  },
];
const PERFORMANCE: readonly Panel[] = [
  {
    title: 'P95 of query routes',
    datasource: PROMETHEUS,
    query: 'histogram_quantile(0.95, sum by (le, route) (rate(loki_request_duration_seconds_bucket{route=~"loki_api_v1_query.*"}[5m])))',
    unit: 's',
  },
  {
    title: 'Cache hit rate',
    datasource: PROMETHEUS,
    query: 'sum by (name) (rate(loki_cache_hits[5m])) / sum by (name) (rate(loki_cache_fetched_keys[5m]))',
    unit: 'percentunit',
  },
];

/** What goes in, what is refused or lost on the way, and what restarts. */
function operations({ loki }: Environment): readonly Panel[] {
  const panel = (title: string, query: string, unit: string): Panel => ({ title, datasource: PROMETHEUS, query, unit });
  return [
    panel('Lines received', 'sum(rate(loki_distributor_lines_received_total[5m]))', 'cps'),
    panel('Lines that Loki refused, by reason', 'sum by (reason) (rate(loki_discarded_samples_total[5m]))', 'cps'),
    panel('Lines that Alloy dropped, by pod', 'sum by (pod) (rate(loki_write_dropped_entries_total[5m]))', 'cps'),
    panel('Chunks that could not be flushed', 'sum(rate(loki_ingester_chunks_flush_failures_total[5m]))', 'ops'),
    panel('Restarts', `sum by (pod) (increase(kube_pod_container_status_restarts_total{namespace="${loki.namespace}"}[1h]))`, 'none'),
  ];
}

function dashboard(uid: string, title: string, panels: readonly Panel[]): string {
  return JSON.stringify(
    {
      uid,
      title,
      tags: ['logging'],
      schemaVersion: 39,
      refresh: '1m',
      time: { from: 'now-6h', to: 'now' },
      panels: panels.map((panel, index) => ({
        id: index + 1,
        type: 'timeseries',
        title: panel.title,
        datasource: panel.datasource,
        gridPos: { x: 0, y: index * 9, w: 24, h: 9 },
        fieldConfig: { defaults: { unit: panel.unit }, overrides: [] },
        targets: [{ refId: 'A', expr: panel.query, datasource: panel.datasource }],
      })),
    },
    null,
    2,
  );
}

function configMap(name: string, namespace: string, label: string, file: string, content: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels: { [label]: '1' } }, data: { [file]: content } };
}
