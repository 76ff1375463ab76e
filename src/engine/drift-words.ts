import type { MatchedObjective } from '#goals/types.ts';
import { type Manifest, nameOf, refOf } from '#model/kubernetes.ts';
import type { FileDifference } from '#model/read.ts';
import type { Drift } from '#model/verification.ts';
import { compareManifest } from './compare.ts';
import { findOwner, ownersOf, type Path, printPath, valueAt } from './managed-fields.ts';
import { showDifference, showValue } from './show-value.ts';

/** Of which objective something is. */
export interface Place {
  readonly phase: number;
  readonly objective: MatchedObjective;
}

/** Who may set what a release has rendered: Helm by way of Flux, and the controllers that scale. */
const EXPECTED = ['helm-controller', 'kustomize-controller', 'kube-controller-manager'];
/** Restarting by `kubectl rollout restart` changes nothing of what is run. */
const HARMLESS: Path = ['spec', 'template', 'metadata', 'annotations'];

export function describeFile({ phase, objective }: Place, { file, state, at, last }: FileDifference): Drift {
  const again = `anton-logging phase run ${phase}`;
  const show = last === undefined ? `git log -p -- ${file}` : `git show ${last.commit.slice(0, 10)} -- ${file}`;
  const edited =
    at === undefined
      ? `${show} shows the change: take it into the environment of the goals, or have the file written anew: ${again} --overwrite`
      : `${show} shows the change; ${again} sets the value again`;
  const remedies = {
    missing: `${again} writes it anew`,
    outdated: `anton-logging plan ${phase} shows what the goals want now, ${again} does it`,
    edited,
  };
  return {
    ...{ phase, objective: objective.id, kind: 'file', state: state === 'edited' ? 'changed' : state, what: file },
    ...(at === undefined ? {} : { field: at }),
    ...(last === undefined ? {} : { by: `${last.by} (${last.commit.slice(0, 10)}: ${last.subject})`, at: last.at }),
    remedy: remedies[state],
  };
}

export function describeMissing({ phase, objective }: Place, manifest: Manifest): Drift {
  const what = nameOf(refOf(manifest));
  const remedy = 'flux get kustomizations -A shows whether the one that applies it is suspended or failing';
  return { phase, objective: objective.id, kind: 'object', state: 'missing', what, remedy };
}

export function describeObject({ phase, objective }: Place, manifest: Manifest, live: Manifest): readonly Drift[] {
  return compareManifest(manifest, live).map(({ path, wanted, found }) => ({
    ...{ phase, objective: objective.id, kind: 'object', state: 'changed', what: nameOf(refOf(manifest)) },
    field: printPath(path, live),
    ...(manifest.kind === 'Secret' ? {} : showDifference(path, wanted, found)),
    ...ownerOf(live, path),
    remedy: `${putBack(live)}; or commit it, if it is meant`,
  }));
}

export function describeWorkload({ phase, objective }: Place, release: Manifest, workload: Manifest): readonly Drift[] {
  const { namespace, name } = release.metadata;
  return ownersOf(workload)
    .filter(({ manager }) => !EXPECTED.includes(manager))
    .flatMap(({ manager: by, at, paths }) =>
      paths.filter(isOfSpec).map((path) => ({
        ...({ phase, objective: objective.id, kind: 'workload', state: 'changed', what: nameOf(refOf(workload)) } as const),
        field: printPath(path, workload),
        found: showValue(path, valueAt(workload, path)),
        ...{ by, ...(at === undefined ? {} : { at }) },
        remedy: `flux reconcile helmrelease -n ${namespace} ${name} --force puts it back; or set it in the values of that release, if it is meant`,
      })),
    );
}

function isOfSpec(path: Path): boolean {
  return path[0] === 'spec' && !HARMLESS.every((key, index) => path[index] === key);
}

/** Who wrote what is there now; of a field that was taken out nobody knows. */
function ownerOf(live: Manifest, path: Path): Pick<Drift, 'by' | 'at'> {
  if (valueAt(live, path) === undefined) return {};
  const { manager: by, at } = findOwner(live, path) ?? {};
  return { ...(by === undefined ? {} : { by }), ...(at === undefined ? {} : { at }) };
}

function putBack({ metadata }: Manifest): string {
  const { 'kustomize.toolkit.fluxcd.io/name': name, 'kustomize.toolkit.fluxcd.io/namespace': namespace } = metadata.labels ?? {};
  if (name === undefined || namespace === undefined) return 'flux get kustomizations -A shows which one applies it: reconcile that';
  const which = `kustomization -n ${namespace} ${name}`;
  return `flux reconcile ${which} puts it back (flux resume ${which}, if it is suspended)`;
}
