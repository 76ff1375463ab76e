import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '#model/kubernetes.ts';
import type { EmbeddedCluster } from '#rehearsal/cluster.ts';
import { becomeLimited, rulesOf } from './limited.ts';
import { withRehearsal } from './rehearsal.ts';
import { root, runCommand } from './run-command.ts';

const goals = join(root, 'goals/goals.json');

describe('doctor --role', () => {
  it('grants what the whole rollout asks for, and everything that looks at it afterwards: no request is refused', {
    timeout: 180_000,
  }, async () => {
    await withRehearsal(async (cluster) => {
      const roles = await becomeLimited(cluster);
      letRehearse(cluster);
      const seen = await watchRequests(async () => {
        for (const argv of [['doctor'], ['run', '--yes'], ['status'], ['metrics'], ['triggers'], ['verify', '--probe'], ['unlock']]) {
          const { exit, stdout: out, stderr } = await runCommand(argv);
          expect(exit, `${argv.join(' ')}: ${out}${stderr}`).toBe(0);
        }
      });
      expect(seen.length).toBeGreaterThan(1000);
      expect(seen.filter(({ isRefused }) => isRefused)).toEqual([]);
      // Whether a kind is watched, and listed for that, depends on how long something took.
      const kept = grantsOf(roles).filter(({ verb }) => !['list', 'watch'].includes(verb));
      const unused = kept.filter((grant) => !seen.some(({ asked }) => isUse(asked, grant)));
      // Where the search for causes looks, and all is well here.
      expect(unused.map(({ verb, resource, name }) => [verb, resource, name].join(' ').trim())).toEqual([
        'get pods/log',
        'get kustomizations cluster-apps',
      ]);
      expect(new Set(seen.map(({ token }) => token))).toEqual(new Set(['Bearer limited']));
    });
  });

  it('printed halfway grants the phases that are left, and printed at the end nothing but looks', { timeout: 180_000 }, async () => {
    await withRehearsal(async (cluster) => {
      expect((await runCommand(['run', '--to', '2', '--yes'])).exit).toBe(0);
      await becomeLimited(cluster);
      letRehearse(cluster);
      const { exit, stdout, stderr } = await runCommand(['run', '--from', '3', '--yes']);
      expect(exit, stdout + stderr).toBe(0);

      const roles = await becomeLimited(cluster);
      letRehearse(cluster);
      // Logging in at Grafana is a POST.
      const writes = grantsOf(roles).filter(({ verb }) => !['get', 'list', 'watch'].includes(verb));
      expect(writes).toMatchObject([{ verb: 'create', resource: 'services/proxy', name: 'kube-prometheus-stack-grafana:80' }]);
      for (const argv of [['doctor'], ['status'], ['verify']]) {
        const ran = await runCommand(argv);
        expect(ran.exit, `${argv.join(' ')}: ${ran.stdout}${ran.stderr}`).toBe(0);
      }
    });
  });

  it('binds to an account of its own unless told otherwise, and needs no cluster', async () => {
    const { exit, stdout } = await runCommand(['doctor', '--role', '--goals', goals, '--kubeconfig', '/nowhere', '-o', 'json']);
    expect(exit).toBe(0);
    const { kind, items } = JSON.parse(stdout);
    expect(kind).toBe('List');
    const [{ subjects }] = items.filter((item: Manifest) => item.kind === 'ClusterRoleBinding');
    expect(subjects).toEqual([{ kind: 'ServiceAccount', namespace: 'flux-system', name: 'anton-logging' }]);
    const yaml = await runCommand(['doctor', '--role', '--goals', goals]);
    expect(parseAllDocuments(yaml.stdout).map((document) => document.toJS())).toEqual(items);
  });

  it('grants repairs only when they are asked for', async () => {
    const canDeletePods = async (...flags: string[]) => {
      const { stdout } = await runCommand(['doctor', '--role', '--goals', goals, '-o', 'json', ...flags]);
      const rules = (JSON.parse(stdout).items as readonly Manifest[]).flatMap(rulesOf);
      return rules.some(
        ({ resources, verbs, resourceNames }) => resources.includes('pods') && verbs.includes('delete') && resourceNames === undefined,
      );
    };
    expect(await canDeletePods()).toBe(false);
    expect(await canDeletePods('--repair')).toBe(true);
  });

  it.each(['ada', 'User:', 'ServiceAccount:logging', 'Robot:r2'])('refuses the subject %s', async (subject) => {
    const { exit, stdout, stderr } = await runCommand(['doctor', '--role', '--goals', goals, '--subject', subject]);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toBe(
      `Error: --subject ${subject} names nobody\nTo fix it: write it as User:ada, Group:platform or ServiceAccount:namespace/name\n`,
    );
  });
});

/** Clock and approvals of a rehearsal lie in its cluster: only there they need rights of their own. */
function letRehearse({ world }: EmbeddedCluster): void {
  const apiGroup = 'rbac.authorization.k8s.io';
  const base = { apiVersion: `${apiGroup}/v1`, metadata: { name: 'rehearsal', namespace: 'rehearsal' } };
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'patch'] }];
  world.store.put({ ...base, kind: 'Role', rules });
  const roleRef = { apiGroup, kind: 'Role', name: 'rehearsal' };
  world.store.put({ ...base, kind: 'RoleBinding', roleRef, subjects: [{ apiGroup, kind: 'User', name: 'limited' }] });
}

interface Seen {
  readonly asked: string;
  readonly isRefused: boolean;
  readonly token: string | undefined;
}

/** Every request that a server in this process answered meanwhile, as an audit log would have it. */
async function watchRequests(during: () => Promise<void>): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const note = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    // A store that refuses a wrong signature says so in XML: only the API server's own refusals count.
    const isRefused = [401, 403].includes(response.statusCode) && response.getHeader('content-type') === 'application/json';
    seen.push({ asked: `${request.method} ${request.url}`, isRefused, token: request.headers.authorization });
  };
  subscribe('http.server.response.finish', note);
  try {
    await during();
  } finally {
    unsubscribe('http.server.response.finish', note);
  }
  return seen;
}

interface Grant {
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string | undefined;
  /** Absent: of all objects. */
  readonly name: string | undefined;
}

/** Each verb on each object by itself. */
function grantsOf(roles: readonly Manifest[]): readonly Grant[] {
  return roles.flatMap((role) =>
    rulesOf(role).flatMap(({ verbs, resources, resourceNames = [undefined] }) =>
      verbs.flatMap((verb) =>
        resourceNames.map((name) => ({ verb, resource: String(resources[0]), namespace: role.metadata.namespace, name })),
      ),
    ),
  );
}

/** Applying may create. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  get: ['GET', 'HEAD'],
  create: ['POST', 'PATCH'],
  update: ['PUT'],
  patch: ['PATCH'],
  delete: ['DELETE'],
};

function isUse(asked: string, { verb, resource, namespace, name }: Grant): boolean {
  const [method = '', path = ''] = asked.split(/[ ?]/);
  const [kind = '', subresource] = resource.split('/');
  const where = namespace === undefined || kind === 'namespaces' ? '' : `/namespaces/${namespace}`;
  const object = `${where}/${kind}/${name ?? ''}`;
  const isThere = name === undefined ? `${path}/`.includes(object) : `${path}/`.includes(`${object}/`);
  return METHODS[verb]?.includes(method) === true && isThere && (subresource === undefined || path.includes(`/${subresource}`));
}
