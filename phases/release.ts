import type { IHelmRelease } from '@kubernetes-models/flux-cd/helm.toolkit.fluxcd.io/v2/HelmRelease';
import type { ObjectRef } from '#model/kubernetes.ts';
import { render } from './repository.ts';

/** A HelmRelease of the chart whose HelmChart phase 1 made: an upgrade that fails is rolled back, and tried three times. */
export function releaseFile(namespace: string, name: string, values: Record<string, unknown>): string {
  return render({
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name, namespace },
    spec: {
      interval: '1h',
      timeout: '10m',
      chartRef: { kind: 'HelmChart', name },
      install: { remediation: { retries: 3 } },
      upgrade: { cleanupOnFail: true, remediation: { retries: 3, strategy: 'rollback' } },
      values: values as never,
    },
  } satisfies IHelmRelease);
}

export function releaseRef(namespace: string, name: string): ObjectRef {
  return { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', namespace, name };
}
