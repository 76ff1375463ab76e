import type { Manifest } from '#model/kubernetes.ts';
import { refOf } from '#model/kubernetes.ts';
import { encodeSecret, secretOf, specOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { apply, type Condition, conditions, find, isReady, ownedBy } from './apply.ts';

const API = 'external-secrets.io/v1';

/** Plays External Secrets with its kubernetes provider: the values of other Secrets, put through the target's template. */
export function syncExternalSecrets(world: World): void {
  for (const store of world.store.list(API, 'SecretStore')) {
    const ready = { type: 'Ready', status: 'True', reason: 'Valid', message: 'store validated' } as const;
    world.store.setStatus(refOf(store), { capabilities: 'ReadWrite', conditions: conditions(world, store, [ready]) });
  }
  for (const external of world.store.list(API, 'ExternalSecret')) sync(world, external);
}

function sync(world: World, external: Manifest): void {
  const { namespace, name } = external.metadata;
  const { target } = specOf(external);
  const values = fetchValues(world, external);
  if (typeof values === 'string') {
    report(world, external, { type: 'Ready', status: 'False', reason: 'SecretSyncedError', message: values });
    return;
  }
  const template: Record<string, string> | undefined = target?.template?.data;
  const fill = (text: string) => text.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, key) => values[key] ?? '');
  const filled = template === undefined ? values : Object.fromEntries(Object.entries(template).map(([key, text]) => [key, fill(text)]));
  const metadata = { name: target?.name ?? name, ...(namespace === undefined ? {} : { namespace }), ownerReferences: ownedBy(external) };
  apply(world, { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: encodeSecret(filled) });
  report(world, external, { type: 'Ready', status: 'True', reason: 'SecretSynced', message: 'secret synced' });
}

/** The values by their secretKey, or what the provider says is wrong. */
function fetchValues(world: World, external: Manifest): Record<string, string> | string {
  const { namespace } = external.metadata;
  const { secretStoreRef, data = [] } = specOf(external);
  const store = find(world, API, 'SecretStore', namespace, secretStoreRef?.name);
  if (!isReady(store)) return `could not get secret data from provider: SecretStore "${secretStoreRef?.name}" is not ready`;
  const sourceNamespace = specOf(store).provider?.kubernetes?.remoteNamespace ?? namespace;
  const values: Record<string, string> = {};
  for (const { secretKey, remoteRef } of data as Tree[]) {
    const source = find(world, 'v1', 'Secret', sourceNamespace, remoteRef.key);
    const value = secretOf(source)[remoteRef.property];
    if (source === undefined)
      return `error retrieving secret at .data[0], key: ${remoteRef.key}, err: secrets "${remoteRef.key}" not found`;
    if (value === undefined) return `error retrieving secret: property ${remoteRef.property} does not exist in key ${remoteRef.key}`;
    values[secretKey] = value;
  }
  return values;
}

function report(world: World, external: Manifest, ready: Condition): void {
  const reported = conditions(world, external, [ready]);
  world.store.setStatus(refOf(external), { refreshTime: reported[0].lastTransitionTime, conditions: reported });
}
