import { knownKinds, type ObjectRef } from '#model/kubernetes.ts';
import { specOf } from '../tree.ts';
import type { Store } from '../world.ts';

/** A resource that the API server serves. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespaced: boolean;
  readonly group: string;
  /** Not from a CustomResourceDefinition. */
  readonly builtIn: boolean;
}

/** By what else a client may call it. */
interface Names {
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

const BUILT_IN = ['', 'apiextensions.k8s.io', 'apps', 'batch', 'coordination.k8s.io', 'rbac.authorization.k8s.io', 'storage.k8s.io'];
const ALL = ['all'];
const NAMES: Readonly<Record<string, Names>> = {
  configmaps: { shortNames: ['cm'] },
  customresourcedefinitions: { shortNames: ['crd', 'crds'], categories: ['api-extensions'] },
  daemonsets: { shortNames: ['ds'], categories: ALL },
  deployments: { shortNames: ['deploy'], categories: ALL },
  events: { shortNames: ['ev'] },
  jobs: { categories: ALL },
  namespaces: { shortNames: ['ns'] },
  nodes: { shortNames: ['no'] },
  persistentvolumeclaims: { shortNames: ['pvc'] },
  persistentvolumes: { shortNames: ['pv'] },
  pods: { shortNames: ['po'], categories: ALL },
  resourcequotas: { shortNames: ['quota'] },
  serviceaccounts: { shortNames: ['sa'] },
  services: { shortNames: ['svc'], categories: ALL },
  statefulsets: { shortNames: ['sts'], categories: ALL },
  storageclasses: { shortNames: ['sc'] },
};

export const KINDS: readonly Kind[] = knownKinds().map((known) => {
  const [, group = ''] = known.apiVersion.split('/').reverse();
  return { ...known, group, builtIn: BUILT_IN.includes(group) };
});

export function definitionOf({ resource, group }: Kind): ObjectRef {
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: `${resource}.${group}` };
}

/** A custom resource is served as long as its definition is there. */
export function isServed(store: Store, kind: Kind): boolean {
  return kind.builtIn || store.get(definitionOf(kind)) !== undefined;
}

export function namesOf(store: Store, kind: Kind): Names {
  if (kind.builtIn) return NAMES[kind.resource] ?? {};
  const { shortNames, categories } = specOf(store.get(definitionOf(kind))).names ?? {};
  return { shortNames, categories };
}
