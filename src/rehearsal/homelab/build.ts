import type { Manifest } from '#model/kubernetes.ts';
import { encodeSecret, type Tree } from '../tree.ts';

/** Builders of the shapes that the homelab has many of. */

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

export interface Workload {
  readonly image: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Labels of its pods; they default to the app's name. */
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly container?: string;
  readonly ports?: Readonly<Record<string, number>>;
  readonly requests?: Readonly<Record<string, string>>;
}

/** A Deployment or StatefulSet with one container; its controller makes the pods. */
export function workload(kind: 'Deployment' | 'StatefulSet', path: string, given: Workload): Manifest {
  const name = path.slice(path.indexOf('/') + 1);
  const { image, labels = {}, podLabels = { 'app.kubernetes.io/name': name }, ports = {} } = given;
  const container = {
    name: given.container ?? name,
    image,
    ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort })),
    resources: { requests: given.requests ?? { cpu: '100m', memory: '256Mi' } },
  };
  const template = { metadata: { labels: podLabels }, spec: { containers: [container] } };
  return object('apps/v1', kind, path, { labels, spec: { replicas: 1, selector: { matchLabels: podLabels }, template } });
}

export function service(
  path: string,
  selector: Readonly<Record<string, string>>,
  port: number,
  targetPort: number | string,
  rest: Tree = {},
): Manifest {
  return object('v1', 'Service', path, {
    ...rest,
    spec: { type: 'ClusterIP', selector, ports: [{ name: 'http', port, targetPort, protocol: 'TCP' }] },
  });
}

export function secret(path: string, values: Readonly<Record<string, string>>): Manifest {
  return object('v1', 'Secret', path, { type: 'Opaque', data: encodeSecret(values) });
}

/** A condition that has been True since the homelab was built. */
export function condition(type: string, at: string, reason: string, rest: Tree = {}): Tree {
  return { type, status: 'True', lastTransitionTime: at, reason, ...rest };
}
