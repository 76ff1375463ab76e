import type { Manifest } from '#model/kubernetes.ts';
import { refOf } from '#model/kubernetes.ts';
import { encodeSecret, secretOf, specOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { apply, conditions, find, isReady, ownedBy, ready } from './apply.ts';

const API = 'external-secrets.io/v1';

/** Plays External Secrets with its kubernetes provider: the values of other Secrets, put through the target's template. */
export function syncExternalSecrets(world: World): void {
  for (const store of world.store.list(API, 'SecretStore')) {
    const name = specOf(store).provider.kubernetes?.auth?.serviceAccount.name;
    const isThere = name === undefined || find(world, 'v1', 'ServiceAccount', store.metadata.namespace, name) !== undefined;
    const valid = isThere
      ? ready('True', 'Valid', 'store validated')
      : ready('False', 'InvalidProviderConfig', `unable to validate store: serviceaccounts "${name}" not found`);
    world.store.setStatus(refOf(store), { capabilities: 'ReadWrite', conditions: conditions(world, store, [valid]) });
  }
  for (const external of world.store.list(API, 'ExternalSecret')) {
    const problem = sync(world, external);
    const reported = problem === undefined ? ready('True', 'SecretSynced', 'secret synced') : ready('False', 'SecretSyncedError', problem);
    world.store.setStatus(refOf(external), { conditions: conditions(world, external, [reported]) });
  }
}

/** What the provider says is wrong, if it does. */
function sync(world: World, external: Manifest): string | undefined {
  const { namespace = '' } = external.metadata;
  const { secretStoreRef, target, data } = specOf(external);
  if (!isReady(find(world, API, 'SecretStore', namespace, secretStoreRef.name)))
    return `could not get secret data from provider: SecretStore "${secretStoreRef.name}" is not ready`;
  const values: Record<string, string> = {};
  for (const { secretKey, remoteRef } of data as Tree[]) {
    const value = secretOf(find(world, 'v1', 'Secret', namespace, remoteRef.key))[remoteRef.property];
    if (value === undefined) return `error retrieving secret at .data[0], key: ${remoteRef.key}, err: secrets "${remoteRef.key}" not found`;
    values[secretKey] = value;
  }
  const fill = (text: string) => text.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, key) => values[key] ?? '');
  const filled = Object.entries<string>(target.template.data).map(([key, text]) => [key, fill(text)]);
  const metadata = { name: target.name, namespace, ownerReferences: ownedBy(external) };
  apply(
    world,
    { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: encodeSecret(Object.fromEntries(filled)) },
    'external-secrets',
  );
  return undefined;
}
