import { stringify } from 'yaml';
import { object } from './build.ts';

/** The Git repository that Flux follows, before the rollout: path to content. */
export function repositoryFiles(): Readonly<Record<string, string>> {
  return {
    'README.md': '# Homelab\n\nFlux applies what stands in kubernetes/apps.\n',
    'kubernetes/apps/kustomization.yaml': kustomization('./monitoring', './airflow'),
    'kubernetes/apps/monitoring/kustomization.yaml': kustomization('./kube-prometheus-stack/ks.yaml'),
    'kubernetes/apps/monitoring/kube-prometheus-stack/ks.yaml': fluxKustomization(
      'kube-prometheus-stack',
      'monitoring/kube-prometheus-stack',
    ),
    'kubernetes/apps/monitoring/kube-prometheus-stack/app/kustomization.yaml': kustomization('./helmrelease.yaml'),
    'kubernetes/apps/monitoring/kube-prometheus-stack/app/helmrelease.yaml': helmRelease('monitoring/kube-prometheus-stack', '79.5.0', {
      prometheus: { prometheusSpec: { enableRemoteWriteReceiver: true, retention: '30d' } },
    }),
    'kubernetes/apps/airflow/kustomization.yaml': kustomization('./airflow/ks.yaml'),
    'kubernetes/apps/airflow/airflow/ks.yaml': fluxKustomization('airflow', 'airflow/airflow'),
    'kubernetes/apps/airflow/airflow/app/kustomization.yaml': kustomization('./helmrelease.yaml'),
    'kubernetes/apps/airflow/airflow/app/helmrelease.yaml': helmRelease('airflow/airflow', '1.18.0', {
      executor: 'KubernetesExecutor',
      logs: { persistence: { enabled: true, size: '100Gi', existingClaim: 'airflow-logs' } },
      triggerer: { persistence: { enabled: true } },
      config: { logging: { remote_logging: 'False' } },
    }),
  };
}

function kustomization(...resources: readonly string[]): string {
  return document({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources });
}

function fluxKustomization(name: string, directory: string): string {
  return document(
    object('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', `flux-system/${name}`, {
      spec: {
        interval: '10m',
        path: `./kubernetes/apps/${directory}/app`,
        prune: true,
        sourceRef: { kind: 'GitRepository', name: 'flux-system' },
      },
    }),
  );
}

function helmRelease(path: string, version: string, values: object): string {
  const name = path.slice(path.indexOf('/') + 1);
  const chart = { spec: { chart: name, version, sourceRef: { kind: 'HelmRepository', name, namespace: 'flux-system' } } };
  return document(object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', path, { spec: { interval: '30m', chart, values } }));
}

function document(value: unknown): string {
  return `---\n${stringify(value)}`;
}
