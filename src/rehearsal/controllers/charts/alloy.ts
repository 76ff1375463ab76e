import type { Manifest } from '#model/kubernetes.ts';
import { container, labelsFor, service, serviceMonitor, workload } from '../../build.ts';
import { mergeTrees, type Tree } from '../../tree.ts';

/** Those defaults of chart alloy 1.11.1 that something here depends on. */
const DEFAULTS = {
  alloy: { storagePath: '/tmp/alloy', mounts: { varlog: false, extra: [] }, resources: {} },
  controller: { tolerations: [], volumes: { extra: [] } },
  serviceMonitor: { enabled: false, additionalLabels: {} },
};

/** The objects of chart alloy 1.11.1 that somebody here looks at, as a DaemonSet whose configuration lies in a ConfigMap of its user. */
export function renderAlloy(release: string, namespace: string, given: Tree): readonly Manifest[] {
  const { alloy, controller, serviceMonitor: monitor } = mergeTrees(DEFAULTS, given);
  const path = `${namespace}/${release}`;
  const labels = labelsFor('alloy', release);
  const main = container('alloy', 'docker.io/grafana/alloy:v1.18.1', {
    args: ['run', '/etc/alloy/config.alloy', `--storage.path=${alloy.storagePath}`],
    resources: alloy.resources,
    volumeMounts: alloy.mounts.extra,
  });
  const volumes = [
    { name: 'config', configMap: { name: alloy.configMap.name } },
    ...(alloy.mounts.varlog ? [{ name: 'varlog', hostPath: { path: '/var/log' } }] : []),
    ...controller.volumes.extra,
  ];
  return [
    workload('DaemonSet', path, labels, main, { tolerations: controller.tolerations, volumes }),
    service(path, labels, 12345),
    ...(monitor.enabled ? [serviceMonitor(path, { ...labels, ...monitor.additionalLabels }, labels)] : []),
  ];
}
