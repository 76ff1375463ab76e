import { knownKinds } from '#model/kubernetes.ts';
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

const BUILT_IN = ['', 'apiextensions.k8s.io', 'apps', 'batch', 'coordination.k8s.io', 'rbac.authorization.k8s.io', 'storage.k8s.io'];

export const KINDS: readonly Kind[] = knownKinds().map((known) => {
  const [, group = ''] = known.apiVersion.split('/').reverse();
  return { ...known, group, builtIn: BUILT_IN.includes(group) };
});

/** A custom resource is served as long as its definition is there. */
export function isServed(store: Store, { builtIn, resource, group }: Kind): boolean {
  const definition = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: `${resource}.${group}` };
  return builtIn || store.get(definition) !== undefined;
}
