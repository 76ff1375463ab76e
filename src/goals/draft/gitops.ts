import type { Survey } from '#model/survey.ts';
import { choose, type Finding, found, guessed, nameFrom, pathOf, settle, USUAL_NAMES } from './finding.ts';
import { findPlaces, type Place } from './layout.ts';
import { findSource } from './source.ts';

const CONTROLLER = 'kustomize-controller';

/** Where Flux's controllers run: our Kustomizations and the Lease go there, too. */
export function fluxNamespace({ cluster }: Pick<Survey, 'cluster'>): Finding & { readonly value: string } {
  const controller = cluster.workloads.find(({ name }) => name === CONTROLLER);
  if (controller !== undefined)
    return { ...found('/gitops/namespace', '', `Deployment ${pathOf(controller)}`), value: controller.namespace };
  const [source] = cluster.gitRepositories ?? [];
  const from = `there is no Deployment ${CONTROLLER} in any namespace`;
  return { ...guessed('/gitops/namespace', '', from), value: source?.namespace ?? 'flux-system' };
}

/** @param namespace Loki's */
export function draftGitOps(survey: Survey, namespace: string): readonly Finding[] {
  const flux = fluxNamespace(survey);
  const { repository, findings } = findSource(survey, flux.value);
  const followers = (survey.cluster.kustomizations ?? []).filter(
    ({ source }) => source.kind === 'GitRepository' && pathOf(source) === pathOf(repository),
  );
  const places = findPlaces(survey.files, followers, flux.value);
  const rank = rankFor(namespace);
  const choice = choose(places, nameOf, rank);
  if (choice === undefined) return [...findings, flux, ...imaginePlace(followers, flux.value)];
  const { directory, parent, listsOthers } = choice.chosen;
  const from = `Kustomization ${pathOf(parent)} applies it${listsOthers ? ', and it lists others' : ''}`;
  return [
    ...findings,
    flux,
    settle(choice, '/gitops/directory', directory, from),
    parentFinding(parent, flux.value, `it applies ${directory}`),
  ];
}

/**
 * A directory by the namespace's name, then one by a usual name, then one that lists others; nearer to the top before deeper, but the top
 * itself only where nothing else is a place.
 */
function rankFor(namespace: string): (place: Place) => number {
  return ({ directory, listsOthers }) => {
    if (directory === '.') return -1000;
    const steps = directory.split('/');
    const name = steps.at(-1) ?? '';
    const byName = name === namespace ? 400 : USUAL_NAMES.includes(name) ? 300 : listsOthers ? 200 : name === 'apps' ? 100 : 0;
    return byName - steps.length;
  };
}

function nameOf({ directory }: Place): string {
  return directory;
}

/** No directory fits: one that Flux would apply, and what has to be done to have it. */
function imaginePlace(followers: Survey['cluster']['kustomizations'], flux: string): readonly Finding[] {
  const parent = choose(followers ?? [], pathOf, ({ name, namespace }) => Number(namespace === flux) + Number(name === 'flux-system'));
  const path = parent?.chosen.path ?? '';
  const directory = path === '' ? 'monitoring' : `${path}/monitoring`;
  const remedy =
    `make ${directory}/kustomization.yaml with at least one resource (the namespace's manifest, for example), ` +
    `list ./monitoring in ${path === '' ? '' : `${path}/`}kustomization.yaml if there is one, commit and push`;
  const from = 'no kustomization.yaml that Flux applies is a place for applications';
  return [
    guessed('/gitops/directory', directory, from, remedy),
    parent === undefined
      ? guessed(
          '/gitops/kustomization',
          'flux-system',
          'no Kustomization applies the repository',
          'let one apply it: flux create kustomization',
        )
      : { ...parentFinding(parent.chosen, flux, `it would apply ${directory}`), guessed: true },
  ];
}

function parentFinding(parent: Place['parent'], flux: string, from: string): Finding {
  return found('/gitops/kustomization', nameFrom(flux, parent), from);
}
