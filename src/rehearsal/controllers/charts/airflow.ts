import type { Manifest } from '#model/kubernetes.ts';
import { mergeTrees, type Tree } from '../../tree.ts';
import { configMap, container, object, workload } from './objects.ts';

/** Those defaults of Airflow's own chart that decide about claims. A missing triggerer block means a claim of 100Gi. */
const DEFAULTS = {
  logs: { persistence: { enabled: false, size: '100Gi', existingClaim: null } },
  triggerer: { persistence: { enabled: true, size: '100Gi' } },
  config: { logging: { remote_logging: 'False' } },
};

/** Scheduler, webserver and triggerer of the Airflow chart, with the claims that the values ask for. */
export function renderAirflow(release: string, namespace: string, given: Tree): readonly Manifest[] {
  const { logs, triggerer, config } = mergeTrees(DEFAULTS, given);
  const claimName = logs.persistence.existingClaim ?? `${release}-logs`;
  const shared = logs.persistence.enabled;
  const volumes = shared ? [{ name: 'logs', persistentVolumeClaim: { claimName } }] : [{ name: 'logs', emptyDir: {} }];
  const ownClaim = !shared && triggerer.persistence.enabled;
  const claimTemplate = { metadata: { name: 'logs' }, spec: claimSpec(triggerer.persistence.size, 'ReadWriteOnce') };
  const podSpec = (component: string, mounted: readonly Tree[]) => ({
    containers: [container(component, 'docker.io/apache/airflow:3.1.0', {})],
    volumes: mounted,
  });
  const settings = Object.entries(config.logging).map(([key, value]) => `${key} = ${value}\n`);
  const labels = (component: string) => ({ release, component, tier: 'airflow' });
  return [
    configMap(`${release}-config`, namespace, labels('config'), { 'airflow.cfg': `[logging]\n${settings.join('')}` }),
    workload('Deployment', `${release}-scheduler`, namespace, labels('scheduler'), podSpec('scheduler', volumes), { replicas: 1 }),
    workload('Deployment', `${release}-webserver`, namespace, labels('webserver'), podSpec('webserver', volumes), { replicas: 1 }),
    workload('StatefulSet', `${release}-triggerer`, namespace, labels('triggerer'), podSpec('triggerer', ownClaim ? [] : volumes), {
      replicas: 1,
      serviceName: `${release}-triggerer`,
      ...(ownClaim ? { volumeClaimTemplates: [claimTemplate] } : {}),
    }),
    ...(shared && logs.persistence.existingClaim === null
      ? [
          object('v1', 'PersistentVolumeClaim', claimName, namespace, labels('logs-pvc'), {
            spec: claimSpec(logs.persistence.size, 'ReadWriteMany'),
          }),
        ]
      : []),
  ];
}

function claimSpec(size: string, mode: string): Tree {
  return { accessModes: [mode], resources: { requests: { storage: size } } };
}
