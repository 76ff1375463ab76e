import { vi } from 'vitest';
import { type Manifest, refOf } from '#model/kubernetes.ts';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { runCommand } from './run-command.ts';
import { scratchFile } from './scratch.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';

export interface Rule {
  readonly verbs: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** From now on commands are run by a user who has the role that doctor prints, as far as its rules are kept, and nothing else. */
export async function becomeLimited(
  { world, kubeconfig }: EmbeddedCluster,
  keeps: (rule: Rule) => boolean = () => true,
): Promise<readonly Manifest[]> {
  const { stdout } = await runCommand(['doctor', '--role', '--subject', 'User:limited', '-o', 'json']);
  const printed: readonly Manifest[] = JSON.parse(stdout).items;
  // The homelab gives its limited user something to try things with.
  for (const kind of ['ClusterRoleBinding', 'RoleBinding'])
    for (const binding of world.store.list(RBAC, kind).filter(({ metadata }) => ['limited', 'anton-logging'].includes(metadata.name)))
      world.store.remove(refOf(binding));
  for (const item of printed) world.store.put(item.rules === undefined ? item : { ...item, rules: rulesOf(item).filter(keeps) });
  vi.stubEnv('KUBECONFIG', await scratchFile('kubeconfig', kubeconfig.replace('token: admin', 'token: limited')));
  return printed;
}

export function rulesOf({ rules = [] }: Manifest): readonly Rule[] {
  return rules as readonly Rule[];
}
