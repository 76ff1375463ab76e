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
const ANONYMOUS: User = { username: 'system:anonymous', uid: '', groups: ['system:unauthenticated'] };
const RBAC = 'rbac.authorization.k8s.io/v1';
/** What the default roles system:public-info-viewer and system:discovery open. */
const PUBLIC_PATHS = ['/version', '/readyz', '/livez', '/healthz'];
const DISCOVERY = /^\/apis?(\/|$)/;

/** @throws Refusal 401 for a token that nobody has */
export function authenticate(authorization: string | undefined): User {
  if (authorization === undefined) return ANONYMOUS;
  const user = Object.entries(TOKENS).find(([token]) => authorization === `Bearer ${token}`)?.[1];
  if (user === undefined) throw unauthorized();
  return user;
}

/** Whether Roles, ClusterRoles and their bindings allow it. Returns the reason, or undefined when nothing allows it. */
export function allows(store: Store, user: User, access: Access): string | undefined {
  if (user.groups.includes('system:masters')) return '';
  // As the default ClusterRole system:basic-user.
  if (access.verb === 'create' && access.resource.startsWith('selfsubject') && user !== ANONYMOUS)
    return 'RBAC: allowed by ClusterRoleBinding "system:basic-user"';
  const bindings = [
    ...store.list(RBAC, 'ClusterRoleBinding'),
    ...(access.namespace === undefined ? [] : store.list(RBAC, 'RoleBinding', access.namespace)),
  ];
  const binding = bindings.find((candidate) => binds(candidate, user) && rulesOf(store, candidate).some((rule) => covers(rule, access)));
  if (binding === undefined) return undefined;
  const role = binding.roleRef as { kind: string; name: string };
  const where = binding.metadata.namespace === undefined ? binding.metadata.name : `${binding.metadata.name}/${binding.metadata.namespace}`;
  return `RBAC: allowed by ${binding.kind} "${where}" of ${role.kind} "${role.name}" to User "${user.username}"`;
}

/** @throws Refusal 403 in the API server's words */
export function authorize(store: Store, user: User, access: Access): void {
  if (allows(store, user, access) !== undefined) return;
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

/** The reason why a path that is no resource is open to the user, or undefined when it is not. */
export function allowsPath(user: User, path: string): string | undefined {
  if (user.groups.includes('system:masters')) return '';
  if (PUBLIC_PATHS.includes(path)) return 'RBAC: allowed by ClusterRoleBinding "system:public-info-viewer"';
  return user !== ANONYMOUS && DISCOVERY.test(path) ? 'RBAC: allowed by ClusterRoleBinding "system:discovery"' : undefined;
}

/** @throws Refusal 403 for a path that is not open to the user */
export function authorizePath(user: User, path: string): void {
  if (allowsPath(user, path) !== undefined) return;
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
