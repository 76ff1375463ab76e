import { directoriesAreOurs } from '#checks/directories.ts';
import { bucketIsReachable, secretIsComplete } from '#checks/s3.ts';
import { type Claimed, kustomizationsAreOurs, nobodyInstalled, nothingIsTaken, secretIsFree } from '#checks/taken.ts';
import { leftVolumesFit, volumesAreUnchanged } from '#checks/volumes.ts';
import type { Check } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import type { ObjectRef } from '#model/kubernetes.ts';
import { chartRef, claimRef, externalSecretRef, repositoryRef } from './1-infrastructure/manifests.ts';
import { persistenceOf } from './2-loki/values.ts';
import { releaseRef } from './release.ts';
import { appOf } from './repository.ts';

/** What may stand already where ours is to go: known before the first write, for afterwards it would be ours that did the harm. */
export function presentFor(environment: Environment): readonly Check[] {
  const { storage, loki, alloy, adopt } = environment;
  const apps = ['loki-storage', 'loki', 'alloy'].map((name) => appOf(environment, name));
  const releases = { loki: releaseRef(loki.namespace, loki.name), alloy: releaseRef(alloy.namespace, alloy.name) };
  const workload = (kind: string, ref: ObjectRef): ObjectRef => ({ ...ref, apiVersion: 'apps/v1', kind });
  const maker = makerOf(environment);
  return [
    directoriesAreOurs(apps.map(({ directory }) => directory)),
    kustomizationsAreOurs(apps.map(({ kustomization, directory }) => ({ ref: kustomization, path: `${directory}/app` }))),
    nothingIsTaken(claimedBy(environment), adopt),
    nobodyInstalled('present.loki', workload('StatefulSet', releases.loki), releases.loki, adopt),
    nobodyInstalled('present.alloy', workload('DaemonSet', releases.alloy), releases.alloy, adopt),
    volumesAreUnchanged('present.loki-volumes', loki.namespace, loki.name, persistenceOf(environment)),
    leftVolumesFit('present.claim', loki.namespace, loki.name, persistenceOf(environment)),
    ...(maker === undefined ? [secretIsComplete(storage), bucketIsReachable(storage.bucket)] : [secretIsFree(storage, maker, adopt)]),
  ];
}

function claimedBy(environment: Environment): readonly Claimed[] {
  const { storage, loki, alloy } = environment;
  const by = (app: string, ...objects: readonly ObjectRef[]) =>
    objects.map((object) => ({ object, holder: appOf(environment, app).kustomization }));
  return [
    ...(storage.bucketFrom === 'object-bucket-claim' ? by('loki-storage', claimRef(loki.namespace)) : []),
    ...(storage.secretFrom === 'external-secret' ? by('loki-storage', externalSecretRef(environment)) : []),
    ...by('loki', repositoryRef(loki.namespace, 'loki'), chartRef(loki.namespace, loki.chart.name), releaseRef(loki.namespace, loki.name)),
    ...by(
      'alloy',
      repositoryRef(alloy.namespace, 'alloy'),
      chartRef(alloy.namespace, alloy.chart.name),
      releaseRef(alloy.namespace, alloy.name),
    ),
  ];
}

/** Who makes the Secret; undefined: it has to be there. */
function makerOf(environment: Environment): ObjectRef | undefined {
  const { secretFrom } = environment.storage;
  if (secretFrom === 'existing') return undefined;
  return secretFrom === 'external-secret' ? externalSecretRef(environment) : claimRef(environment.loki.namespace);
}
