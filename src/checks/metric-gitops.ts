import type { Environment } from '#model/environment.ts';
import { type Measurement, measurement } from '#model/initiative.ts';
import { AnyObject } from './objects.ts';
import { readList } from './reads.ts';

const APPLIED = 'kustomize.toolkit.fluxcd.io/name';
const RELEASE = { name: 'meta.helm.sh/release-name', namespace: 'meta.helm.sh/release-namespace' };
const RELEASES = 'helmreleases';

/** Kinds that the rollout brings. Whatever has an owner is made by a controller and follows it. */
const KINDS = [
  ['helm.toolkit.fluxcd.io', 'v2', RELEASES],
  ['apps', 'v1', 'deployments'],
  ['apps', 'v1', 'statefulsets'],
  ['apps', 'v1', 'daemonsets'],
  ['', 'v1', 'services'],
  ['', 'v1', 'configmaps'],
  ['monitoring.coreos.com', 'v1', 'servicemonitors'],
  ['monitoring.coreos.com', 'v1', 'prometheusrules'],
] as const;

/** How many objects a message names. */
const NAMED = 5;

/** Every object of ours that stands in the cluster came there by Flux: applied by a Kustomization, or by a HelmRelease that was. */
export function measureGitOps({ loki, alloy }: Environment): Measurement {
  const ours = [loki, alloy].map(({ namespace, name }) => ({ namespace, name }));
  const namespaces = [...new Set(ours.map(({ namespace }) => namespace))];
  const reads = namespaces.flatMap((namespace) =>
    KINDS.map(
      ([group, version, resource]) =>
        [`${resource} in ${namespace}`, readList({ group, version, resource, namespace }, AnyObject)] as const,
    ),
  );
  return measurement({
    reads: Object.fromEntries(reads),
    measure: (seen) => {
      const listed = Object.entries(seen).flatMap(([where, objects]) =>
        (objects ?? []).map((object) => ({ ...object, kind: where.split(' ')[0] as string })),
      );
      const found = listed.filter(({ metadata }) => metadata.ownerReferences.length === 0 && ours.some((one) => isPartOf(one, metadata)));
      const releases = found.filter(({ kind, metadata }) => kind === RELEASES && metadata.labels[APPLIED] !== undefined);
      const released = new Set(releases.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
      const loose = found
        .filter(
          ({ metadata: { labels, annotations } }) =>
            labels[APPLIED] === undefined && !released.has(`${annotations[RELEASE.namespace]}/${annotations[RELEASE.name]}`),
        )
        .map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);
      const sample = `${found.length} objects`;
      if (found.length === 0) return { untold: `nothing of ${ours.map(({ name }) => name).join(' and ')} is there`, sample };
      const share = Math.floor(((found.length - loose.length) / found.length) * 100);
      const names =
        loose.length === 0
          ? ''
          : `, not ${loose.slice(0, NAMED).join(', ')}${loose.length > NAMED ? ` and ${loose.length - NAMED} more` : ''}`;
      return { value: `${share} % of the objects came by Flux${names}`, reached: loose.length === 0, sample, interval: 'now' };
    },
  });
}

function isPartOf(
  one: { readonly namespace: string; readonly name: string },
  metadata: { readonly namespace: string; readonly name: string },
): boolean {
  return metadata.namespace === one.namespace && (metadata.name === one.name || metadata.name.startsWith(`${one.name}-`));
}
