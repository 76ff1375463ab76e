import type { Manifest } from '#model/kubernetes.ts';
import type { Tree } from '../tree.ts';
import type { Store } from '../world.ts';
import { detailsOf, qualified, Refusal } from './status.ts';

export interface User {
  readonly username: string;
  readonly groups: readonly string[];
}

/** A request for a resource. */
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
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

const TOKENS = new Map<string, User>([
  ['admin', { username: 'admin', groups: ['system:masters', 'system:authenticated'] }],
  ['limited', { username: 'limited', groups: ['system:authenticated'] }],
  // As one whose requests get no seat in its priority level.
  ['throttled', { username: 'throttled', groups: ['system:authenticated'] }],
]);
const RBAC = 'rbac.authorization.k8s.io/v1';

/**
 * Anonymous access is off, as Talos has it. kubectl sends a token over TLS only; what stands in the server's address it sends
 * always, as a user's name. So either will do here.
 * @throws Refusal 401 without a token that somebody has
 */
export function authenticate(authorization = ''): User {
  const [scheme, credentials = ''] = authorization.split(' ');
  const token = scheme === 'Basic' ? Buffer.from(credentials, 'base64').toString().replace(/:$/, '') : credentials;
  const user = TOKENS.get(token);
  if (user === undefined) throw new Refusal(401, 'Unauthorized', 'Unauthorized');
  return user;
}

/** Whether Roles, ClusterRoles and their bindings allow it. */
export function allows(store: Store, user: User, access: Access): boolean {
  if (user.groups.includes('system:masters')) return true;
  // As the default ClusterRole system:basic-user.
  if (['selfsubjectaccessreviews', 'selfsubjectreviews'].includes(access.resource)) return true;
  const bindings = [
    ...store.list(RBAC, 'ClusterRoleBinding'),
    ...(access.namespace === undefined ? [] : store.list(RBAC, 'RoleBinding', access.namespace)),
  ];
  return bindings.some((binding) => binds(binding, user) && rulesOf(store, binding).some((rule) => covers(rule, access)));
}

/** @throws Refusal 403 in the API server's words */
export function authorize(store: Store, user: User, access: Access): void {
  if (allows(store, user, access)) return;
  const [resource = ''] = access.resource.split('/');
  const kind = { group: access.group, resource };
  const what = access.name ? `${qualified(kind)} "${access.name}"` : qualified(kind);
  const where = access.namespace === undefined ? 'at the cluster scope' : `in the namespace "${access.namespace}"`;
  throw new Refusal(
    403,
    'Forbidden',
    `${what} is forbidden: User "${user.username}" cannot ${access.verb} resource "${access.resource}" in API group "${access.group}" ${where}`,
    detailsOf(kind, access.name),
  );
}

/** What a SelfSubjectAccessReview answers. */
export function reviewAccess(store: Store, user: User, { spec }: Tree): object {
  const { verb, group = '', resource, subresource, namespace, name } = spec.resourceAttributes;
  const whole = subresource ? `${resource}/${subresource}` : resource;
  const allowed = allows(store, user, { verb, group, resource: whole, namespace: namespace || undefined, name: name || undefined });
  return { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec, status: { allowed } };
}

/** What a SelfSubjectReview answers. */
export function reviewSelf(user: User): object {
  return { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', metadata: {}, status: { userInfo: user } };
}

function binds(binding: Manifest, user: User): boolean {
  const subjects = (binding.subjects ?? []) as readonly { kind: string; name: string }[];
  return subjects.some(({ kind, name }) => (kind === 'User' && name === user.username) || (kind === 'Group' && user.groups.includes(name)));
}

function rulesOf(store: Store, binding: Manifest): readonly Rule[] {
  const { kind, name } = binding.roleRef as { kind: string; name: string };
  const namespace = kind === 'Role' ? binding.metadata.namespace : undefined;
  const role = store.get({ apiVersion: RBAC, kind, name, ...(namespace === undefined ? {} : { namespace }) });
  return (role?.rules ?? []) as readonly Rule[];
}

function covers({ verbs, apiGroups, resources, resourceNames }: Rule, { verb, group, resource, name = '' }: Access): boolean {
  const has = (list: readonly string[], value: string) => list.includes('*') || list.includes(value);
  return has(verbs, verb) && has(apiGroups, group) && has(resources, resource) && (resourceNames?.includes(name) ?? true);
}
