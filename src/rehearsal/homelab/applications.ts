import { randomBytes } from 'node:crypto';
import { stringify } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import { condition, configMap, container, object, secret, service, workload } from '../build.ts';

const RELEASE = { release: 'kube-prometheus-stack' };
const PROMETHEUS = { 'app.kubernetes.io/name': 'prometheus' };
const GRAFANA = { 'app.kubernetes.io/name': 'grafana' };

/** What Grafana's sidecar loads of the stack itself. */
const SOURCES = {
  apiVersion: 1,
  datasources: [{ name: 'Prometheus', uid: 'prometheus', type: 'prometheus', access: 'proxy', isDefault: true }],
};

/** Prometheus and Grafana as kube-prometheus-stack installs them, and the claim with Airflow's logs, whose workloads come from its HelmRelease. */
export function applicationObjects(at: string): readonly Manifest[] {
  const name = 'kube-prometheus-stack';
  const selector = { matchLabels: RELEASE };
  const storage = { storage: '100Gi' };
  const accessModes = ['ReadWriteMany'];
  return [
    object('monitoring.coreos.com/v1', 'Prometheus', `monitoring/${name}-prometheus`, {
      labels: RELEASE,
      spec: { enableRemoteWriteReceiver: true, scrapeInterval: '30s', serviceMonitorSelector: selector, ruleSelector: selector },
      status: { availableReplicas: 1, conditions: [condition('Available', at, '')] },
    }),
    workload(
      'StatefulSet',
      `monitoring/prometheus-${name}-prometheus`,
      PROMETHEUS,
      container('prometheus', 'quay.io/prometheus/prometheus:v3.7.3', { resources: { requests: { cpu: '500m', memory: '4Gi' } } }),
    ),
    service(`monitoring/${name}-prometheus`, PROMETHEUS, 9090),
    workload('Deployment', `monitoring/${name}-grafana`, GRAFANA, container('grafana', 'docker.io/grafana/grafana:11.4.0')),
    service(`monitoring/${name}-grafana`, GRAFANA, 80, 3000),
    configMap(`monitoring/${name}-grafana-datasource`, { 'datasource.yaml': stringify(SOURCES) }, { grafana_datasource: '1' }),
    secret(`monitoring/${name}-grafana`, { 'admin-user': 'admin', 'admin-password': randomBytes(16).toString('hex') }),
    object('v1', 'PersistentVolume', 'pvc-airflow-logs', {
      spec: {
        accessModes,
        capacity: storage,
        // A real API server takes no volume without a source.
        csi: { driver: 'storage.rbd.csi.ceph.com', volumeHandle: 'airflow-logs' },
        claimRef: { namespace: 'airflow', name: 'airflow-logs' },
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: 'ceph-block',
      },
      status: { phase: 'Bound' },
    }),
    object('v1', 'PersistentVolumeClaim', 'airflow/airflow-logs', {
      spec: { accessModes, storageClassName: 'ceph-block', resources: { requests: storage }, volumeName: 'pvc-airflow-logs' },
    }),
  ];
}
