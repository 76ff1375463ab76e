import type { Store } from '../world.ts';
import { type Kind, servedGroups } from './kinds.ts';

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

export const VERSION = { major: '1', minor: '33', gitVersion: 'v1.33.4', gitTreeState: 'clean', compiler: 'gc', platform: 'linux/amd64' };

/** What /api, /apis and the paths below them answer; undefined for a group or version that is not served. */
export function discover(store: Store, path: readonly string[], host: string): object | undefined {
  const served = servedGroups(store);
  const [root, group, version] = path;
  if (root === 'api' && group === undefined) {
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }] };
  }
  if (root === 'api') return resourceList(group ?? '', served);
  const groups = [...served.keys()].filter((apiVersion) => apiVersion.includes('/')).map(groupOf);
  if (group === undefined) return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  if (version === undefined) {
    const found = groups.find(({ name }) => name === group);
    return found && { kind: 'APIGroup', apiVersion: 'v1', ...found };
  }
  return resourceList(`${group}/${version}`, served);
}

function groupOf(groupVersion: string) {
  const [name = '', version = ''] = groupVersion.split('/');
  return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
}

function resourceList(groupVersion: string, served: ReadonlyMap<string, readonly Kind[]>): object | undefined {
  const kinds = served.get(groupVersion);
  if (kinds === undefined) return undefined;
  const resources = kinds.map(({ kind, resource, namespaced }) => ({
    name: resource,
    singularName: kind.toLowerCase(),
    namespaced,
    kind,
    verbs: VERBS,
  }));
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}
