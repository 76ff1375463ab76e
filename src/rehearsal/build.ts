import type { Manifest } from '#model/kubernetes.ts';
import { encodeSecret, type Tree } from './tree.ts';

/** Builders of the shapes that the homelab and its charts have many of. `path` is NAMESPACE/NAME, or NAME alone. */

type Labels = Readonly<Record<string, string>>;

export function object(apiVersion: string, kind: string, path: string, rest: Tree = {}): Manifest {
  const slash = path.indexOf('/');
  const { labels, annotations, ...fields } = rest;
  const metadata = {
    name: path.slice(slash + 1),
    ...(slash < 0 ? {} : { namespace: path.slice(0, slash) }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { apiVersion, kind, metadata, ...fields };
}

/** A Deployment, StatefulSet or DaemonSet with one container, whose labels its pods have, too; its controller makes the pods. */
export function workload(kind: string, path: string, labels: Labels, container: Tree, podSpec: Tree = {}, spec: Tree = {}): Manifest {
  const template = { metadata: { labels }, spec: { containers: [container], ...podSpec } };
  return object('apps/v1', kind, path, { labels, spec: { selector: { matchLabels: labels }, template, ...spec } });
}

export function container(name: string, image: string, rest: Tree = {}): Tree {
  return { name, image, resources: { requests: { cpu: '100m', memory: '256Mi' } }, ...rest };
}

/** A Service of pods that listen on the port `target`. */
export function service(path: string, labels: Labels, port: number, target = port): Manifest {
  return object('v1', 'Service', path, {
    labels,
    spec: { type: 'ClusterIP', selector: labels, ports: [{ name: 'http', port, targetPort: target, protocol: 'TCP' }] },
  });
}

export function configMap(path: string, data: Labels, labels: Labels = {}): Manifest {
  return object('v1', 'ConfigMap', path, { labels, data });
}

export function serviceMonitor(path: string, labels: Labels, matchLabels: Labels, endpoint: Tree = {}): Manifest {
  const endpoints = [{ port: 'http-metrics', ...endpoint }];
  return object('monitoring.coreos.com/v1', 'ServiceMonitor', path, { labels, spec: { selector: { matchLabels }, endpoints } });
}

export function secret(path: string, values: Labels): Manifest {
  return object('v1', 'Secret', path, { type: 'Opaque', data: encodeSecret(values) });
}

/** A condition that has been True since the homelab was built. */
export function condition(type: string, at: string, reason: string, rest: Tree = {}): Tree {
  return { type, status: 'True', lastTransitionTime: at, reason, ...rest };
}

/** `app.kubernetes.io/{name,instance,component}`: what selectors select. */
export function labelsFor(name: string, instance: string, component?: string): Record<string, string> {
  const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': instance };
  return component === undefined ? labels : { ...labels, 'app.kubernetes.io/component': component };
}
