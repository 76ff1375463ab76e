import { stringify } from 'yaml';
import { object } from '../build.ts';
import { fluxKustomization } from './platform.ts';

/** The Git repository that Flux follows, before the rollout: path to content. */
export function repositoryFiles(): Readonly<Record<string, string>> {
  const files = {
    'kustomization.yaml': kustomization('./monitoring', './airflow'),
    'monitoring/kustomization.yaml': kustomization('./kube-prometheus-stack/ks.yaml'),
    ...application('monitoring/kube-prometheus-stack', '79.5.0', {
      prometheus: { prometheusSpec: { enableRemoteWriteReceiver: true, retention: '30d' } },
    }),
    'airflow/kustomization.yaml': kustomization('./airflow/ks.yaml'),
    ...application('airflow/airflow', '1.18.0', {
      executor: 'KubernetesExecutor',
      logs: { persistence: { enabled: true, size: '100Gi', existingClaim: 'airflow-logs' } },
      triggerer: { persistence: { enabled: true } },
      config: { logging: { remote_logging: 'False' } },
    }),
  };
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [`kubernetes/apps/${path}`, `---\n${stringify(content)}`]));
}

function kustomization(...resources: readonly string[]): object {
  return { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources };
}

/** A Flux Kustomization, and the HelmRelease that it applies. */
function application(path: string, version: string, values: object): Record<string, object> {
  const name = path.slice(path.indexOf('/') + 1);
  const chart = { spec: { chart: name, version, sourceRef: { kind: 'HelmRepository', name, namespace: 'flux-system' } } };
  return {
    [`${path}/ks.yaml`]: fluxKustomization(name, `./kubernetes/apps/${path}/app`),
    [`${path}/app/kustomization.yaml`]: kustomization('./helmrelease.yaml'),
    [`${path}/app/helmrelease.yaml`]: object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', path, {
      spec: { interval: '30m', chart, values },
    }),
  };
}
