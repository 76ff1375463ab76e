import type { Environment } from '#model/environment.ts';
import { releaseFile } from '../release.ts';
import { appOf, type Files, mergeValues, render } from '../repository.ts';
import { alloyConfig } from './config.ts';

export function alloyFiles(environment: Environment): Files {
  const { directory } = appOf(environment, 'alloy');
  const { alloy } = environment;
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'alloy-config', namespace: alloy.namespace },
    data: { 'config.alloy': alloyConfig(environment) },
  };
  return {
    [`${directory}/app/config.yaml`]: render(config),
    [`${directory}/app/release.yaml`]: releaseFile(alloy.namespace, alloy.name, alloyValues(environment)),
  };
}

/** Values of chart alloy 1.11: https://github.com/grafana/alloy/tree/main/operations/helm/charts/alloy. It has no schema: a misspelt key is ignored without a word. */
export function alloyValues({ alloy, prometheus }: Environment): Record<string, unknown> {
  const base = {
    alloy: {
      configMap: { create: false, name: 'alloy-config', key: 'config.alloy' },
      // Positions in the files; the default below /tmp is lost with the container, and every line comes twice.
      storagePath: '/var/lib/alloy/data',
      enableReporting: false,
      mounts: { varlog: true, extra: [{ name: 'alloy-data', mountPath: '/var/lib/alloy/data' }] },
      resources: { requests: { cpu: '50m', memory: '256Mi' }, limits: { memory: '512Mi' } },
    },
    controller: {
      type: 'daemonset',
      tolerations: [{ operator: 'Exists' }],
      volumes: { extra: [{ name: 'alloy-data', hostPath: { path: '/var/lib/alloy', type: 'DirectoryOrCreate' } }] },
    },
    // The chart's own ClusterRole may read every Secret; tailing files needs pods only.
    rbac: {
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
      clusterRules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
    },
    crds: { create: false },
    serviceMonitor: { enabled: prometheus !== null, ...(prometheus === null ? {} : { additionalLabels: { release: prometheus.release } }) },
  };
  return mergeValues(base, alloy.values);
}
