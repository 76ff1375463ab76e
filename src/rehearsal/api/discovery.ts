import type { Store } from '../world.ts';
import { isServed, KINDS, namesOf } from './kinds.ts';

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

/** What /api, /apis and what they name tell of the kinds that are served; undefined: the path is another. */
export function discover(store: Store, pathname: string): object | undefined {
  if (pathname === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  const kinds = KINDS.filter((kind) => isServed(store, kind));
  const groups = [...new Set(kinds.map(({ apiVersion }) => apiVersion).filter((apiVersion) => apiVersion !== 'v1'))];
  if (pathname === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupOf) };
  const groupVersion = pathname === '/api/v1' ? 'v1' : groups.find((group) => pathname === `/apis/${group}`);
  const resources = kinds
    .filter(({ apiVersion }) => apiVersion === groupVersion)
    .map((served) => {
      const { kind, resource, namespaced } = served;
      return { name: resource, singularName: kind.toLowerCase(), namespaced, kind, verbs: VERBS, ...namesOf(store, served) };
    });
  return groupVersion === undefined ? undefined : { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

function groupOf(groupVersion: string): object {
  const [name, version] = groupVersion.split('/');
  const preferredVersion = { groupVersion, version };
  return { name, versions: [preferredVersion], preferredVersion };
}
