import type { Survey, SurveyedCluster } from '#model/survey.ts';
import { choose, type Finding, found, guessed, nameFrom, pathOf, settle } from './finding.ts';
import { findReleaseFiles } from './layout.ts';

type Release = NonNullable<SurveyedCluster['helmReleases']>[number];
const POINTER = '/airflow';

/** An Airflow whose logs can be moved: Flux installs it out of this repository, and its logs are on a claim. */
export function draftAirflow({ cluster, files }: Survey, flux: string): readonly Finding[] {
  const releases = (cluster.helmReleases ?? []).filter(({ chart }) => chart === 'airflow');
  const choice = choose(releases, pathOf, (each) => Number(claimsOf(cluster, each).length > 0));
  if (choice === undefined) return [found(POINTER, null, 'no HelmRelease installs the chart airflow: its migration is skipped')];
  const { chosen } = choice;
  const source = `HelmRelease ${pathOf(chosen)}`;
  const [claim, ...otherClaims] = claimsOf(cluster, chosen);
  if (claim === undefined) return [found(POINTER, null, `${source} keeps its logs on no claim: its migration is skipped`)];
  const owners = ownersOf(cluster, chosen);
  const [file, ...otherFiles] = findReleaseFiles(files, chosen.namespace, chosen.name).toSorted(
    (a, b) => depthIn(owners, b) - depthIn(owners, a),
  );
  const [owner] = file === undefined ? owners : owners.toSorted((a, b) => depthIn([b], file) - depthIn([a], file));
  if (file === undefined || owner === undefined) {
    const remedy = 'to migrate it, run init in the repository that it comes from, or fill in environment.airflow';
    return [guessed(POINTER, null, `${source} comes from no file of this repository: its migration is skipped`, remedy)];
  }
  return [
    settle(choice, '/airflow/namespace', chosen.targetNamespace, source),
    found('/airflow/release', chosen.release, source),
    settle(
      { equals: chosen.logClaim === claim ? [] : otherClaims },
      '/airflow/claim',
      claim,
      `PersistentVolumeClaim ${chosen.targetNamespace}/${claim}`,
    ),
    settle({ equals: otherFiles }, '/airflow/file', file, `it defines ${source}`),
    found('/airflow/kustomization', nameFrom(flux, owner), `Kustomization ${pathOf(owner)} applies ${source}`),
  ];
}

/** What the values say, else what the chart would make, else what is called like it; only what is there. */
function claimsOf({ claims }: SurveyedCluster, { targetNamespace, release, logClaim }: Release): readonly string[] {
  const names = claims.filter(({ namespace }) => namespace === targetNamespace).map(({ name }) => name);
  const wanted = [logClaim, `${release}-logs`].filter((name) => name !== undefined && names.includes(name));
  const similar = names.filter((name) => /(^|-)logs$/.test(name)).toSorted();
  return [...new Set([...wanted, ...similar])] as readonly string[];
}

/** By the labels that kustomize-controller writes; without them, all that could. */
function ownersOf({ kustomizations = [] }: SurveyedCluster, { labels }: Release) {
  const name = labels['kustomize.toolkit.fluxcd.io/name'];
  const namespace = labels['kustomize.toolkit.fluxcd.io/namespace'];
  const labelled = kustomizations.filter((each) => each.name === name && each.namespace === namespace);
  return labelled.length > 0 ? labelled : kustomizations;
}

/** How far down the paths of these lead towards a file; below none: -1. */
function depthIn(owners: ReturnType<typeof ownersOf>, file: string): number {
  return Math.max(-1, ...owners.filter(({ path }) => path === '' || file.startsWith(`${path}/`)).map(({ path }) => path.length));
}
