import fs from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '#model/kubernetes.ts';
import type { Tree } from '#rehearsal/tree.ts';
import type { RealCluster } from '../cluster.ts';

/** One thing that one verb may be done to. */
interface Grant {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: "pods/log". */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string | undefined;
}

/** What somebody asked the API server for, and whether it allowed that: a 403 of a service behind it is an answer. */
export interface Asked extends Grant {
  readonly allowed: boolean;
  readonly status: number;
}

/** What the API server has noted in its audit log of a user's requests for resources. */
export async function readAudit({ directory }: RealCluster, user: string): Promise<readonly Asked[]> {
  const log = await fs.readFile(path.join(directory, 'log', 'audit.log'), 'utf8');
  return log.split('\n').flatMap((line): Asked[] => {
    if (!line.includes(`"username":"${user}"`)) return [];
    const { verb, objectRef, annotations, responseStatus } = JSON.parse(line) as Tree;
    if (objectRef?.resource === undefined) return [];
    const { apiGroup = '', resource, subresource, namespace, name } = objectRef;
    const asked = { verb, group: apiGroup, resource: subresource === undefined ? resource : `${resource}/${subresource}` };
    return [
      {
        ...asked,
        ...(namespace && { namespace }),
        ...(name && { name }),
        allowed: annotations['authorization.k8s.io/decision'] === 'allow',
        status: responseStatus?.code ?? 0,
      },
    ];
  });
}

/** Each verb on each thing that roles grant. */
export function grantsOf(roles: readonly Manifest[]): readonly Grant[] {
  return roles.flatMap(({ metadata: { namespace }, ...role }) => {
    const rules: Tree[] = (role as Tree).rules ?? [];
    return rules.flatMap(({ apiGroups, resources, resourceNames = [undefined], verbs }) => {
      const verbsOn = (group: string, resource: string, name?: string) => verbs.map((verb: string) => ({ verb, group, resource, name }));
      return apiGroups.flatMap((group: string) =>
        resources.flatMap((resource: string) =>
          resourceNames.flatMap((name: string | undefined) =>
            verbsOn(group, resource, name).map((grant: Grant) => (namespace === undefined ? grant : { ...grant, namespace })),
          ),
        ),
      );
    });
  });
}

export function isUsed(grant: Grant, asked: readonly Asked[]): boolean {
  return asked.some(
    ({ verb, group, resource, namespace, name }) =>
      verb === grant.verb &&
      group === grant.group &&
      resource === grant.resource &&
      [undefined, namespace].includes(grant.namespace) &&
      [undefined, name].includes(grant.name),
  );
}

/** "get pods/log in monitoring" */
export function describeGrant({ verb, group, resource, namespace, name }: Grant): string {
  const what = `${verb} ${resource}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` ${name}`}`;
  return namespace === undefined ? what : `${what} in ${namespace}`;
}
