import { expect } from 'vitest';
import type { Manifest } from '#model/kubernetes.ts';
import type { FluxTarget } from './target.ts';

/**
 * A description of the condition Ready, for `until`.
 * @param fields of the status: Flux writes conditions first and the rest after them, so that who reads both has to wait for both
 */
export function says(status: 'True' | 'False' | 'Unknown', reason: string, message: string | RegExp, fields: object = {}): object {
  const condition = { type: 'Ready', status, reason, message: typeof message === 'string' ? message : expect.stringMatching(message) };
  return { status: { conditions: expect.arrayContaining([expect.objectContaining(condition)]), ...fields } };
}

// biome-ignore lint/suspicious/noExplicitAny: as the API server sent it
export function condition(status: any, type: string): any {
  return status.conditions.find((each: { type: string }) => each.type === type);
}

export function kustomization(path: string, rest: object = {}): object {
  const sourceRef = { kind: 'GitRepository', name: 'repository' };
  return { spec: { interval: '1h', path, prune: true, sourceRef, ...rest } };
}

export function configMap(name: string, data: Readonly<Record<string, string>>, namespace?: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(namespace && { namespace }) }, data };
}

/** A HelmRepository, a HelmChart and a HelmRelease of it, as the product makes them. */
export function release(
  { namespace, charts }: FluxTarget,
  name: string,
  chart: 'loki' | 'alloy',
  values: object,
  spec: object = {},
  version = { loki: '18.11.0', alloy: '1.11.1' }[chart],
): readonly (Manifest & { readonly spec: object })[] {
  const source = 'source.toolkit.fluxcd.io/v1';
  const repository = `${chart}-charts`;
  const sourceRef = { kind: 'HelmRepository', name: repository };
  const chartRef = { kind: 'HelmChart', name };
  const at = (called: string) => ({ name: called, namespace });
  return [
    { apiVersion: source, kind: 'HelmRepository', metadata: at(repository), spec: { interval: '12h', url: charts[chart] } },
    { apiVersion: source, kind: 'HelmChart', metadata: at(name), spec: { interval: '12h', chart, version, sourceRef } },
    {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: at(name),
      spec: { interval: '1h', chartRef, values, ...spec },
    },
  ];
}

/** Values of chart loki: nothing but a single binary, with a claim of that storage class, or not even that. Whatever else there is to wait for is left out. */
export function loki(replicas: 0 | 1, storageClass?: string): object {
  const none = { replicas: 0 };
  const persistence = { size: '1Gi', ...(storageClass && { storageClass }) };
  const loki = { storage: { bucketNames: { chunks: 'logs' } } };
  const absent = { enabled: false };
  const others = { gateway: none, lokiCanary: absent, chunksCache: absent, resultsCache: absent };
  const deploymentMode = replicas === 0 ? 'None' : 'Monolithic';
  return { deploymentMode, loki, singleBinary: { replicas: 1, persistence }, write: none, read: none, backend: none, ...others };
}

/** Its pod waits for a volume of a storage class that is not there. */
export function neverReady(name: string, namespace: string): object {
  const labels = { app: name };
  const claim = { accessModes: ['ReadWriteOnce'], storageClassName: 'absent', resources: { requests: { storage: '1Gi' } } };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name, image: 'example.org/never:1' }] } },
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }],
    },
  };
}
