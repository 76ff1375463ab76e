import { randomBytes } from 'node:crypto';
import type { Manifest } from '#model/kubernetes.ts';
import { condition, object, secret, service, workload } from './build.ts';

const RELEASE = { release: 'kube-prometheus-stack' };
const PROMETHEUS = { 'app.kubernetes.io/name': 'prometheus', 'operator.prometheus.io/name': 'kube-prometheus-stack-prometheus' };
const GRAFANA = { 'app.kubernetes.io/name': 'grafana', 'app.kubernetes.io/instance': 'kube-prometheus-stack' };
const VOLUME = 'pvc-airflow-logs';

/** Prometheus and Grafana as kube-prometheus-stack installs them, and Airflow with its logs on a claim. */
export function applicationObjects(at: string): readonly Manifest[] {
  return [...monitoring(at), ...airflow(at)];
}

function monitoring(at: string): readonly Manifest[] {
  const selector = { matchLabels: RELEASE };
  return [
    object('monitoring.coreos.com/v1', 'Prometheus', 'monitoring/kube-prometheus-stack-prometheus', {
      labels: RELEASE,
      spec: {
        replicas: 1,
        enableRemoteWriteReceiver: true,
        retention: '30d',
        scrapeInterval: '30s',
        serviceMonitorSelector: selector,
        ruleSelector: selector,
      },
      status: {
        availableReplicas: 1,
        replicas: 1,
        conditions: [condition('Available', at, '', { observedGeneration: 1 }), condition('Reconciled', at, '', { observedGeneration: 1 })],
      },
    }),
    workload('StatefulSet', 'monitoring/prometheus-kube-prometheus-stack-prometheus', {
      image: 'quay.io/prometheus/prometheus:v3.7.3',
      labels: RELEASE,
      podLabels: PROMETHEUS,
      container: 'prometheus',
      ports: { 'http-web': 9090 },
      requests: { cpu: '500m', memory: '4Gi' },
    }),
    service('monitoring/kube-prometheus-stack-prometheus', PROMETHEUS, 9090, 'http-web', { labels: RELEASE }),
    workload('Deployment', 'monitoring/kube-prometheus-stack-operator', {
      image: 'quay.io/prometheus-operator/prometheus-operator:v0.86.2',
    }),
    workload('Deployment', 'monitoring/kube-prometheus-stack-grafana', {
      image: 'docker.io/grafana/grafana:11.4.0',
      podLabels: GRAFANA,
      container: 'grafana',
      ports: { grafana: 3000 },
    }),
    service('monitoring/kube-prometheus-stack-grafana', GRAFANA, 80, 3000),
    secret('monitoring/kube-prometheus-stack-grafana', { 'admin-user': 'admin', 'admin-password': randomBytes(16).toString('hex') }),
  ];
}

/** The claim and its volume: the workloads that mount it come from Airflow's HelmRelease in the repository. */
function airflow(at: string): readonly Manifest[] {
  const storage = { storage: '100Gi' };
  const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'airflow', name: 'airflow-logs' };
  const mode = { accessModes: ['ReadWriteMany'], storageClassName: 'ceph-block' };
  return [
    object('v1', 'PersistentVolume', VOLUME, {
      spec: { ...mode, capacity: storage, claimRef, persistentVolumeReclaimPolicy: 'Delete' },
      status: { phase: 'Bound', lastPhaseTransitionTime: at },
    }),
    object('v1', 'PersistentVolumeClaim', 'airflow/airflow-logs', {
      spec: { ...mode, resources: { requests: storage }, volumeName: VOLUME },
      status: { phase: 'Bound', accessModes: mode.accessModes, capacity: storage },
    }),
  ];
}
