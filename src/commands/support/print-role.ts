import { grantRoles, type Subject } from '#engine/roles.ts';
import { EXIT, type Exit, UserError } from '#model/errors.ts';
import { manifestsJson, manifestsYaml } from '#ui/roles.ts';
import { needsOf } from './needs.ts';
import type { OwnGoals } from './open-goals.ts';

/** Prints the least-privilege RBAC of the rest of the rollout. */
export function printRole(
  goals: OwnGoals,
  flags: { readonly subject: string | undefined; readonly repair: boolean; readonly output: string },
): Exit {
  const permissions = needsOf(goals, flags.repair).flatMap((need) => need.permissions);
  const subject = flags.subject ?? `ServiceAccount:${goals.environment.gitops.namespace}/anton-logging`;
  const roles = grantRoles(permissions, parseSubject(subject));
  process.stdout.write(flags.output === 'json' ? manifestsJson(roles) : manifestsYaml(roles));
  return EXIT.done;
}

/**
 * "User:ada", "Group:platform", "ServiceAccount:namespace/name". What follows the first colon is the name: it may have others.
 * @throws UserError
 */
function parseSubject(text: string): Subject {
  const [, kind, name = ''] = /^(User|Group|ServiceAccount):(.+)$/.exec(text) ?? [];
  if (kind === 'User' || kind === 'Group') return { kind, name };
  const [, namespace, account] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(name) ?? [];
  if (kind !== undefined && namespace !== undefined && account !== undefined) return { kind: 'ServiceAccount', namespace, name: account };
  throw new UserError(`--subject ${text} names nobody`, 'write it as User:ada, Group:platform or ServiceAccount:namespace/name');
}
