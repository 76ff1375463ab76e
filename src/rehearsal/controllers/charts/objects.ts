import type { Manifest } from '#model/kubernetes.ts';
import type { Tree } from '../../tree.ts';

type Labels = Readonly<Record<string, string>>;

export interface Port {
  readonly name: string;
  readonly port: number;
  /** The container's port, by name or number; the same as the name when absent. */
  readonly target?: string | number;
}

export function object(apiVersion: string, kind: string, name: string, namespace: string, labels: Labels, rest: Tree): Manifest {
  return { apiVersion, kind, metadata: { name, namespace, labels }, ...rest };
}

export function configMap(name: string, namespace: string, labels: Labels, data: Labels): Manifest {
  return object('v1', 'ConfigMap', name, namespace, labels, { data });
}

export function service(
  name: string,
  namespace: string,
  labels: Labels,
  selector: Labels,
  ports: readonly Port[],
  spec: Tree = {},
): Manifest {
  const servicePorts = ports.map((port) => ({ name: port.name, port: port.port, targetPort: port.target ?? port.name, protocol: 'TCP' }));
  return object('v1', 'Service', name, namespace, labels, { spec: { type: 'ClusterIP', selector, ports: servicePorts, ...spec } });
}

export function workload(kind: string, name: string, namespace: string, labels: Labels, podSpec: Tree, spec: Tree = {}): Manifest {
  const template = { metadata: { labels }, spec: podSpec };
  return object('apps/v1', kind, name, namespace, labels, { spec: { selector: { matchLabels: labels }, template, ...spec } });
}

export function container(name: string, image: string, ports: Readonly<Record<string, number>>, rest: Tree = {}): Tree {
  return { name, image, ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort })), ...rest };
}

/** `app.kubernetes.io/{name,instance,component}`: what selectors select. */
export function labelsFor(name: string, instance: string, component?: string): Record<string, string> {
  const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': instance };
  return component === undefined ? labels : { ...labels, 'app.kubernetes.io/component': component };
}
