import { type Fault, inObject } from './fault.ts';

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
];
