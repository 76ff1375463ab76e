import type { Manifest } from '#model/kubernetes.ts';
import { mergeTrees, type Tree } from '../../tree.ts';
import { configMap, container, labelsFor, object, service, workload } from './objects.ts';

/** Those defaults of chart alloy 1.11.1 that something here depends on. */
const DEFAULTS = {
  alloy: { configMap: { create: true, content: '', name: null, key: null }, resources: {}, mounts: { varlog: false, extra: [] } },
  controller: { type: 'daemonset', tolerations: [], volumes: { extra: [] } },
  rbac: { rules: [], clusterRules: [] },
  serviceMonitor: { enabled: false, additionalLabels: {} },
};

/** The objects of chart alloy 1.11.1 as a DaemonSet; another controller type renders no workload, without an error. */
export function renderAlloy(release: string, namespace: string, given: Tree): readonly Manifest[] {
  const { alloy, controller, rbac, serviceMonitor } = mergeTrees(DEFAULTS, given);
  const labels = labelsFor('alloy', release);
  const configuration = alloy.configMap.name ?? release;
  const env = [
    { name: 'ALLOY_DEPLOY_MODE', value: 'helm' },
    { name: 'HOSTNAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
  ];
  const args = ['run', `/etc/alloy/${alloy.configMap.key ?? 'config.alloy'}`, '--server.http.listen-addr=0.0.0.0:12345'];
  const main = container('alloy', 'docker.io/grafana/alloy:v1.18.1', { 'http-metrics': 12345 }, { args, env, resources: alloy.resources });
  const reloader = container('config-reloader', 'quay.io/prometheus-operator/prometheus-config-reloader:v0.81.0', {});
  const podSpec = {
    serviceAccountName: release,
    containers: [main, reloader],
    tolerations: controller.tolerations,
    volumes: [
      { name: 'config', configMap: { name: configuration } },
      ...(alloy.mounts.varlog ? [{ name: 'varlog', hostPath: { path: '/var/log' } }] : []),
      ...controller.volumes.extra,
    ],
  };
  const clusterRole = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: release, labels },
    rules: [...rbac.rules, ...rbac.clusterRules],
  };
  const endpoints = [{ port: 'http-metrics', path: '/metrics' }];
  return [
    object('v1', 'ServiceAccount', release, namespace, labels, {}),
    clusterRole,
    ...(alloy.configMap.create ? [configMap(configuration, namespace, labels, { 'config.alloy': alloy.configMap.content })] : []),
    ...(controller.type === 'daemonset' ? [workload('DaemonSet', release, namespace, labels, podSpec)] : []),
    service(release, namespace, labels, labels, [{ name: 'http-metrics', port: 12345 }]),
    ...(serviceMonitor.enabled
      ? [
          object(
            'monitoring.coreos.com/v1',
            'ServiceMonitor',
            release,
            namespace,
            { ...labels, ...serviceMonitor.additionalLabels },
            { spec: { selector: { matchLabels: labels }, endpoints } },
          ),
        ]
      : []),
  ];
}
