import type { Manifest } from '#model/kubernetes.ts';
import { configMap, container, workload } from '../../build.ts';
import { mergeTrees, type Tree } from '../../tree.ts';

/** Those defaults of Airflow's own chart that decide about claims. A missing triggerer block means a claim of 100Gi. */
const DEFAULTS = {
  config: { logging: { remote_logging: 'False' } },
  logs: { persistence: { enabled: false } },
  triggerer: { persistence: { enabled: true } },
};

/** Scheduler, webserver and triggerer of the Airflow chart, with the claim that the values name and the one that the triggerer wants. */
export function renderAirflow(release: string, namespace: string, given: Tree): readonly Manifest[] {
  const { config, logs, triggerer } = mergeTrees(DEFAULTS, given);
  const settings = Object.entries(config.logging).map(([key, value]) => `${key} = ${value}\n`);
  const cfg = `${namespace}/${release}-config`;
  const shared = logs.persistence.enabled;
  const claim = { persistentVolumeClaim: { claimName: logs.persistence.existingClaim } };
  const volumes = [
    { name: 'config', configMap: { name: `${release}-config` } },
    { name: 'logs', ...(shared ? claim : { emptyDir: {} }) },
  ];
  const ownClaim = { metadata: { name: 'logs' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '100Gi' } } } };
  const claims = !shared && triggerer.persistence.enabled ? { volumeClaimTemplates: [ownClaim] } : {};
  const component = (kind: string, name: string, spec = {}) =>
    workload(
      kind,
      `${namespace}/${release}-${name}`,
      { release, component: name, tier: 'airflow' },
      container(name, 'docker.io/apache/airflow:3.1.0'),
      { volumes },
      spec,
    );
  return [
    configMap(cfg, { 'airflow.cfg': `[logging]\n${settings.join('')}` }),
    component('Deployment', 'scheduler'),
    component('Deployment', 'webserver'),
    component('StatefulSet', 'triggerer', claims),
  ];
}
