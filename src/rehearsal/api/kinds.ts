import { knownKinds } from '#model/kubernetes.ts';

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

const BUILT_IN = ['', 'apps', 'batch', 'coordination.k8s.io', 'rbac.authorization.k8s.io', 'storage.k8s.io'];

export const KINDS: readonly Kind[] = knownKinds().map((known) => {
  const [, group = ''] = known.apiVersion.split('/').reverse();
  return { ...known, group, builtIn: BUILT_IN.includes(group) };
});
