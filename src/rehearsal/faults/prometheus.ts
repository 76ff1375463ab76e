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
];
