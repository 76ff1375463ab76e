import type { Manifest } from '#model/kubernetes.ts';
import { container, workload } from '../../build.ts';
import { mergeTrees, type Tree } from '../../tree.ts';

/** Those defaults of Airflow's own chart that decide about claims. A missing triggerer block means a claim of 100Gi. */
const DEFAULTS = { logs: { persistence: { enabled: false } }, triggerer: { persistence: { enabled: true } } };

/** Scheduler, webserver and triggerer of the Airflow chart, with the claim that the values name and the one that the triggerer wants. */
export function renderAirflow(release: string, namespace: string, given: Tree): readonly Manifest[] {
  const { logs, triggerer } = mergeTrees(DEFAULTS, given);
  const shared = logs.persistence.enabled;
  const claim = { persistentVolumeClaim: { claimName: logs.persistence.existingClaim } };
  const volumes = [{ name: 'logs', ...(shared ? claim : { emptyDir: {} }) }];
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
  return [component('Deployment', 'scheduler'), component('Deployment', 'webserver'), component('StatefulSet', 'triggerer', claims)];
}
