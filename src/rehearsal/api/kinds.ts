import { knownKinds } from '#model/kubernetes.ts';
import type { Store } from '../world.ts';

/** A resource that the API server serves. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespaced: boolean;
  readonly group: string;
  readonly version: string;
  /** Not from a CustomResourceDefinition. */
  readonly builtIn: boolean;
}

const BUILT_IN = ['', 'apps', 'batch', 'coordination.k8s.io', 'rbac.authorization.k8s.io', 'storage.k8s.io', 'apiextensions.k8s.io'];

export const KINDS: readonly Kind[] = knownKinds().map((known) => {
  const slash = known.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : known.apiVersion.slice(0, slash);
  return { ...known, group, version: known.apiVersion.slice(slash + 1), builtIn: BUILT_IN.includes(group) };
});

/** The kinds served now: a custom resource is, while its definition is there. */
export function servedKinds(store: Store): readonly Kind[] {
  return KINDS.filter(({ builtIn, resource, group }) => builtIn || isDefined(store, `${resource}.${group}`));
}

/** Every group and version with its kinds, core first. */
export function servedGroups(store: Store): ReadonlyMap<string, readonly Kind[]> {
  return Map.groupBy(servedKinds(store), ({ apiVersion }) => apiVersion);
}

function isDefined(store: Store, name: string): boolean {
  return store.get({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name }) !== undefined;
}
