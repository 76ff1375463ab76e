import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describePermission } from '#engine/permissions.ts';
import { grantRoles } from '#engine/roles.ts';
import { findNeeds } from '#engine/rollout-permissions.ts';
import { matchPhasesFor } from '#goals/catalogue.ts';
import { loadGoals } from '#goals/load.ts';
import type { Manifest, Permission } from '#model/kubernetes.ts';
import phases from '#phases/index.ts';
import { installedFor } from '#phases/installed.ts';
import { metricsFor } from '#phases/metrics.ts';
import { triggersFor } from '#phases/triggers.ts';
import { ENVIRONMENTS } from '../phases/environments.ts';

const ada = { kind: 'User', name: 'ada' } as const;
const RESOURCES = ['pods', 'secrets', 'services/proxy'];
const NAMES = ['a', 'b'];

const permission: fc.Arbitrary<Permission> = fc
  .record({
    verb: fc.constantFrom('get', 'list', 'patch'),
    group: fc.constantFrom('', 'apps'),
    resource: fc.constantFrom(...RESOURCES),
    namespace: fc.constantFrom(undefined, ...NAMES),
    name: fc.constantFrom(undefined, ...NAMES),
  })
  .map(({ namespace, name, ...rest }) => ({
    ...rest,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  }));

describe('roles', () => {
  it('grant everything that was asked for, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(permission), permission, (asked, other) => {
        const roles = grantRoles(asked, ada);
        for (const one of asked) expect(grants(roles, one), describePermission(one)).toBe(true);
        expect(grants(roles, other)).toBe(asked.some((one) => isWithin(other, one)));
      }),
      { numRuns: 1000 },
    );
  });

  it('do not depend on the order in which they were asked for, nor on repetitions', () => {
    fc.assert(
      fc.property(fc.array(permission), (asked) => {
        expect(grantRoles([...asked, ...asked].toReversed(), ada)).toEqual(grantRoles(asked, ada));
      }),
    );
  });

  it('come with a binding each, and put together what is granted alike', () => {
    const pods = { group: '', resource: 'pods', namespace: 'a' } as const;
    const roles = grantRoles(
      [
        { ...pods, verb: 'patch', name: 'y' },
        { ...pods, verb: 'get', name: 'y' },
        { ...pods, verb: 'get', name: 'x' },
        { ...pods, verb: 'patch', name: 'x' },
        { verb: 'list', group: 'apps', resource: 'deployments' },
        { verb: 'list', group: 'apps', resource: 'deployments', namespace: 'a' },
      ],
      { kind: 'ServiceAccount', namespace: 'flux-system', name: 'logging' },
    );
    const apiGroup = 'rbac.authorization.k8s.io';
    const apiVersion = `${apiGroup}/v1`;
    const subjects = [{ kind: 'ServiceAccount', namespace: 'flux-system', name: 'logging' }];
    const name = 'anton-logging';
    expect(roles).toEqual([
      {
        apiVersion,
        kind: 'ClusterRole',
        metadata: { name },
        rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] }],
      },
      { apiVersion, kind: 'ClusterRoleBinding', metadata: { name }, roleRef: { apiGroup, kind: 'ClusterRole', name }, subjects },
      {
        apiVersion,
        kind: 'Role',
        metadata: { name, namespace: 'a' },
        rules: [{ apiGroups: [''], resources: ['pods'], resourceNames: ['x', 'y'], verbs: ['get', 'patch'] }],
      },
      { apiVersion, kind: 'RoleBinding', metadata: { name, namespace: 'a' }, roleRef: { apiGroup, kind: 'Role', name }, subjects },
    ]);
  });
});

describe('the role of a whole rollout', () => {
  it.each(Object.entries(ENVIRONMENTS))(
    'in a cluster with %s has no wildcard, no node to talk to, and Secrets by name only',
    (_, environment) => {
      const matched = matchPhasesFor(phases, environment, loadGoals(readFileSync('goals/goals.json', 'utf8'), 'goals.json'));
      const rollout = {
        phases: matched,
        triggers: triggersFor(environment),
        metrics: metricsFor(environment),
        others: installedFor(environment),
        lock: [],
      };
      const permissions = findNeeds(rollout, true).flatMap((need) => need.permissions);
      const roles = grantRoles(permissions, ada);
      for (const one of permissions) expect(grants(roles, one), describePermission(one)).toBe(true);
      const rules = roles.flatMap(rulesOf);
      const words = rules.flatMap((rule) => [...rule.verbs, ...rule.apiGroups, ...rule.resources, ...(rule.resourceNames ?? [])]);
      expect(words).not.toContain('*');
      expect(words).not.toContain('nodes/proxy');
      const secrets = rules.filter(({ resources }) => resources.includes('secrets'));
      expect(secrets.length).toBeGreaterThan(0);
      for (const { resourceNames, verbs } of secrets)
        expect({ isNamed: resourceNames !== undefined, verbs }).toEqual({ isNamed: true, verbs: ['get'] });
    },
  );
});

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

function rulesOf(manifest: Manifest): readonly Rule[] {
  return (manifest.rules ?? []) as readonly Rule[];
}

/** As the API server decides: a ClusterRole counts everywhere, a Role in its namespace. */
function grants(roles: readonly Manifest[], { verb, group, resource, namespace, name }: Permission): boolean {
  const rules = roles.filter(({ metadata }) => metadata.namespace === undefined || metadata.namespace === namespace).flatMap(rulesOf);
  return rules.some(
    (rule) =>
      rule.verbs.includes(verb) &&
      rule.apiGroups.includes(group) &&
      rule.resources.includes(resource) &&
      (rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name))),
  );
}

function isWithin(one: Permission, wide: Permission): boolean {
  const isSame = one.verb === wide.verb && one.group === wide.group && one.resource === wide.resource;
  const isThere = wide.namespace === undefined || wide.namespace === one.namespace;
  return isSame && isThere && (wide.name === undefined || wide.name === one.name);
}
