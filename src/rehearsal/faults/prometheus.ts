import { type Fault, inObject } from './fault.ts';

/** What Prometheus is told to scrape, evaluate and take. */
export const PROMETHEUS: readonly Fault[] = [
  {
    name: 'prometheus-without-remote-write',
    description: "Prometheus takes no remote writes: the ruler's recorded series would be refused, and its rules stay healthy",
    phase: 0,
    check: 'prometheus.ready',
    says: ['takes no remote writes', '404', 'enableRemoteWriteReceiver: true'],
    remedy: 'it takes remote writes again',
    ...inObject('Prometheus', 'kube-prometheus-stack-prometheus', ({ spec }) => {
      spec.enableRemoteWriteReceiver = false;
    }),
  },
  {
    name: 'release-label-missing',
    description: "Loki's ServiceMonitor has no label release: Prometheus does not select it, and nobody scrapes Loki",
    phase: 2,
    check: 'loki.scraped',
    says: ['ServiceMonitor monitoring/loki', 'label release: nothing', 'monitoring.serviceMonitor.labels'],
    remedy: 'Helm writes the ServiceMonitor again',
    ...inObject('ServiceMonitor', 'loki', ({ metadata }) => delete metadata.labels.release),
  },
  {
    name: 'alerts-not-loaded',
    description: "Loki's PrometheusRule has another label release: it is applied, and Prometheus does not load it",
    phase: 2,
    check: 'prometheus.rules-loaded',
    says: ['PrometheusRule monitoring/loki-loki-alerts', 'label release: prometheus', 'monitoring.alerts.labels'],
    remedy: 'Helm writes the PrometheusRule again',
    ...inObject('PrometheusRule', 'loki-loki-alerts', ({ metadata }) => Object.assign(metadata.labels, { release: 'prometheus' })),
  },
  {
    name: 'remote-write-refused',
    description: "Prometheus takes no remote writes any more: what Loki's rules record is refused with 404, and the rules are healthy",
    phase: 5,
    check: 'loki.remote-write-succeeds',
    says: ['samples were refused', 'kube-prometheus-stack-prometheus', 'enableRemoteWriteReceiver: true'],
    remedy: 'Prometheus takes remote writes again',
    ...inObject('Prometheus', 'kube-prometheus-stack-prometheus', ({ spec }) => delete spec.enableRemoteWriteReceiver),
  },
];
