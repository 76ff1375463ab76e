import type { Manifest } from '#model/kubernetes.ts';
import type { Store } from '../world.ts';
import { detailsOf, qualified, Refusal, unauthorized } from './status.ts';

export interface User {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

/** What is asked for: a resource, or a path like "/version". */
export interface Access {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: "services/proxy". */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

const TOKENS: Readonly<Record<string, User>> = {
  admin: { username: 'admin', uid: 'u-admin', groups: ['system:masters', 'system:authenticated'] },
  limited: { username: 'limited', uid: 'u-limited', groups: ['system:authenticated'] },
};
const RBAC = 'rbac.authorization.k8s.io/v1';
/** What the default roles system:public-info-viewer and system:discovery open to every user. */
const OPEN = /^\/(version|readyz|livez|healthz|apis?)(\/|$)/;

/** Anonymous access is off, as Talos has it. @throws Refusal 401 without a token that somebody has */
export function authenticate(authorization: string | undefined): User {
  const user = Object.entries(TOKENS).find(([token]) => authorization === `Bearer ${token}`)?.[1];
  if (user === undefined) throw unauthorized();
  return user;
}

/** Whether Roles, ClusterRoles and their bindings allow it. */
export function allows(store: Store, user: User, access: Access): boolean {
  if (user.groups.includes('system:masters')) return true;
  // As the default ClusterRole system:basic-user.
  if (access.verb === 'create' && access.resource.startsWith('selfsubject')) return true;
  const bindings = [
    ...store.list(RBAC, 'ClusterRoleBinding'),
    ...(access.namespace === undefined ? [] : store.list(RBAC, 'RoleBinding', access.namespace)),
  ];
  return bindings.some((binding) => binds(binding, user) && rulesOf(store, binding).some((rule) => covers(rule, access)));
}

/** @throws Refusal 403 in the API server's words */
export function authorize(store: Store, user: User, access: Access): void {
  if (allows(store, user, access)) return;
  const [resource = '', subresource] = access.resource.split('/');
  const kind = { group: access.group, resource };
  const what = access.name ? `${qualified(kind)} "${access.name}"` : qualified(kind);
  const where = access.namespace === undefined ? 'at the cluster scope' : `in the namespace "${access.namespace}"`;
  const whole = subresource === undefined ? resource : access.resource;
  throw new Refusal(
    403,
    'Forbidden',
    `${what} is forbidden: User "${user.username}" cannot ${access.verb} resource "${whole}" in API group "${access.group}" ${where}`,
    detailsOf(kind, access.name),
  );
}

export function allowsPath(user: User, path: string): boolean {
  return user.groups.includes('system:masters') || OPEN.test(path);
}

/** @throws Refusal 403 for a path that is no resource and not open to the user */
export function authorizePath(user: User, path: string): void {
  if (allowsPath(user, path)) return;
  throw new Refusal(403, 'Forbidden', `forbidden: User "${user.username}" cannot get path "${path}"`, {});
}

function binds(binding: Manifest, user: User): boolean {
  const subjects = (binding.subjects ?? []) as readonly { kind: string; name: string }[];
  return subjects.some(({ kind, name }) => (kind === 'User' && name === user.username) || (kind === 'Group' && user.groups.includes(name)));
}

function rulesOf(store: Store, binding: Manifest): readonly Rule[] {
  const { kind, name } = binding.roleRef as { kind: string; name: string };
  const { namespace } = binding.metadata;
  const role = store.get({ apiVersion: RBAC, kind, name, ...(kind === 'Role' && namespace !== undefined ? { namespace } : {}) });
  return (role?.rules ?? []) as readonly Rule[];
}

function covers(rule: Rule, { verb, group, resource, name }: Access): boolean {
  const has = (list: readonly string[] | undefined, value: string) => list?.some((entry) => entry === '*' || entry === value) ?? false;
  const named =
    rule.resourceNames === undefined || rule.resourceNames.length === 0 || (name !== undefined && rule.resourceNames.includes(name));
  return has(rule.verbs, verb) && has(rule.apiGroups, group) && has(rule.resources, resource) && named;
}
