import type { Manifest, Permission } from '#model/kubernetes.ts';
import { compareText } from '#model/order.ts';
import { distinct } from './permissions.ts';

/** Whom a binding gives a role to. */
export interface Subject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly name: string;
  /** Of a ServiceAccount only. */
  readonly namespace?: string;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const GROUP = 'rbac.authorization.k8s.io';
/** Of every role and binding, so that they are found and removed by it. */
const NAME = 'anton-logging';

/**
 * The RBAC that grants these permissions and no other: a ClusterRole for what is not of one namespace, a Role for each namespace, each
 * with its binding. The same permissions give the same objects in the same order, whatever order they come in.
 */
export function grantRoles(permissions: readonly Permission[], subject: Subject): readonly Manifest[] {
  const places = Map.groupBy(withoutImplied(permissions), ({ namespace = '' }) => namespace);
  return [...places]
    .toSorted(([a], [b]) => compareText(a, b))
    .flatMap(([namespace, own]) => roleAndBinding(namespace, rulesOf(own), subject));
}

/** What a wider one grants anyway would only be noise: an object by name where all may be had, a namespace where all of them may. */
function withoutImplied(permissions: readonly Permission[]): readonly Permission[] {
  const all = distinct(permissions);
  return all.filter((one) => !all.some((other) => other !== one && implies(other, one)));
}

function implies(wide: Permission, { verb, group, resource, namespace, name }: Permission): boolean {
  const isSame = wide.verb === verb && wide.group === group && wide.resource === resource;
  return isSame && [undefined, namespace].includes(wide.namespace) && [undefined, name].includes(wide.name);
}

/** One for each set of verbs on a resource; the objects that they are granted on by name are put together. */
function rulesOf(permissions: readonly Permission[]): readonly Rule[] {
  const objects = Map.groupBy(permissions, ({ group, resource, name }) => JSON.stringify([group, resource, name]));
  const granted = [...objects.values()].map((own) => ({
    ...(own[0] as Permission),
    verbs: own.map(({ verb }) => verb).toSorted(compareText),
  }));
  const alike = Map.groupBy(granted, ({ group, resource, name, verbs }) => JSON.stringify([group, resource, name !== undefined, verbs]));
  return [...alike]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, own]) => {
      const { group, resource, verbs } = own[0] as (typeof own)[number];
      const names = own.flatMap(({ name }) => name ?? []).toSorted(compareText);
      return { apiGroups: [group], resources: [resource], ...(names.length === 0 ? {} : { resourceNames: names }), verbs };
    });
}

function roleAndBinding(namespace: string, rules: readonly Rule[], subject: Subject): readonly Manifest[] {
  const kind = namespace === '' ? 'ClusterRole' : 'Role';
  const metadata = { name: NAME, ...(namespace === '' ? {} : { namespace }) };
  const apiVersion = `${GROUP}/v1`;
  return [
    { apiVersion, kind, metadata, rules },
    {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: GROUP, kind, name: NAME },
      subjects: [subject.kind === 'ServiceAccount' ? subject : { apiGroup: GROUP, ...subject }],
    },
  ];
}
