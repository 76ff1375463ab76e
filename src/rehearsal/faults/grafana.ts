import { stringify } from 'yaml';
import { configMap } from '../build.ts';
import { type Fault, inObject, standing } from './fault.ts';

/** Grafana's datasources and dashboards. */
export const GRAFANA: readonly Fault[] = [
  {
    name: 'grafana-down',
    description: 'Grafana is scaled to 0',
    phase: 0,
    check: 'grafana.backed',
    says: ['Deployment monitoring/kube-prometheus-stack-grafana is scaled to 0', 'has no endpoints', 'kubectl scale deployment'],
    remedy: 'it is scaled back',
    ...inObject('Deployment', 'kube-prometheus-stack-grafana', ({ spec }) => {
      spec.replicas = 0;
    }),
  },
  {
    name: 'two-defaults',
    description: 'somebody adds a second datasource that is the default: Grafana runs, and does not start again',
    phase: 4,
    check: 'grafana.one-default',
    says: [
      '2 datasources are the default: Prometheus, Old logs',
      'does not start again',
      'kubectl get configmap -A -l grafana_datasource=1',
    ],
    remedy: 'the second one is removed',
    strike: standing(() => {
      const old = { name: 'Old logs', uid: 'old-logs', type: 'loki', url: 'http://loki.old.svc:3100', isDefault: true };
      return configMap('monitoring/old-logs', { 'old.yaml': stringify({ datasources: [old] }) }, { grafana_datasource: '1' });
    }),
  },
  {
    name: 'no-default',
    description: 'no datasource is the default: dashboards that name none stay empty',
    phase: 4,
    check: 'grafana.one-default',
    says: ['no datasource is the default', 'isDefault: true on the datasource of Prometheus'],
    remedy: 'Prometheus is the default again',
    ...inSource('kube-prometheus-stack-grafana-datasource', 'isDefault: true', 'isDefault: false'),
  },
  {
    name: 'datasource-elsewhere',
    description: 'the datasource answers, but it is not the gateway of this Loki that does',
    phase: 4,
    check: 'grafana.datasource-here',
    says: ['a loki at http://loki.monitoring.svc.cluster.local:3100', 'this Loki is behind monitoring/loki-gateway:80', 'loki-datasource'],
    remedy: 'Flux applies the datasource again',
    ...inSource('loki-datasource', 'loki-gateway.monitoring.svc.cluster.local', 'loki.monitoring.svc.cluster.local:3100'),
  },
  {
    name: 'datasource-nowhere',
    description: 'the datasource names a service that does not exist',
    phase: 4,
    check: 'grafana.datasource-healthy',
    says: ['Unable to connect with Loki', 'see the url of the datasource'],
    remedy: 'Flux applies the datasource again',
    ...inSource('loki-datasource', 'loki-gateway.monitoring', 'loki-gateway.logging'),
  },
  {
    name: 'dashboard-not-loaded',
    description: "the ConfigMap of a dashboard lacks the label that Grafana's sidecar looks for",
    phase: 4,
    check: 'grafana.log-dashboards',
    says: ['2 of 3 found', 'Logs / Operations is not there', 'kubectl get configmap -A -l grafana_dashboard=1'],
    remedy: 'Flux applies the label again',
    ...inObject('ConfigMap', 'logs-operations-dashboard', ({ metadata }) => {
      metadata.labels = {};
    }),
  },
];

function inSource(name: string, text: string, other: string): Required<Pick<Fault, 'distort'>> {
  return inObject('ConfigMap', name, ({ data }) => {
    for (const file of Object.keys(data)) data[file] = data[file].replace(text, other);
  });
}
