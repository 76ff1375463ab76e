import type { MatchedObjective } from '#goals/types.ts';
import { type Manifest, nameOf, refOf } from '#model/kubernetes.ts';
import type { FileDifference } from '#model/read.ts';
import type { Drift } from '#model/verification.ts';
import { compareManifest } from './compare.ts';
import { findOwners, type Owner, ownersOf, type Path, printPath, valueAt } from './managed-fields.ts';
import { showDifference, showValue } from './show-value.ts';

/** Of which objective something is. */
export interface Place {
  readonly phase: number;
  readonly objective: MatchedObjective;
}

/** Who applies what stands in Git. */
const APPLIES = 'kustomize-controller';
/** Who may set what a release has rendered: Helm, by way of Flux or before Flux took the release over, and the controllers that scale. */
const EXPECTED = ['helm-controller', 'helm', APPLIES, 'kube-controller-manager'];
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

/**
 * What Flux itself has set otherwise is its way to apply Git: a Kustomization above may patch what is below it, and whether the newest
 * commit is applied has a check of its own.
 */
export function describeObject({ phase, objective }: Place, manifest: Manifest, live: Manifest): readonly Drift[] {
  return compareManifest(running(manifest, live), live).flatMap(({ path, wanted, found }): readonly Drift[] => {
    const owners = findOwners(live, path);
    if (owners.length > 0 && owners.every(({ manager }) => manager === APPLIES)) return [];
    return [
      {
        ...{ phase, objective: objective.id, kind: 'object', state: 'changed', what: nameOf(refOf(manifest)) },
        field: printPath(path, live),
        ...(manifest.kind === 'Secret' ? {} : showDifference(path, wanted, found)),
        ...describeOwner(owners.find(({ manager }) => manager !== APPLIES)),
        remedy: isSuspension(path) ? resume(live) : `${putBack(live)}; or commit it, if it is meant`,
      },
    ];
  });
}

export function describeReleased({ phase, objective }: Place, release: Manifest, object: Manifest): readonly Drift[] {
  const { namespace, name } = release.metadata;
  return ownersOf(object)
    .filter(({ manager }) => !EXPECTED.includes(manager))
    .flatMap(({ manager: by, at, paths }) =>
      paths.filter(holdsSetting).map((path) => ({
        ...({ phase, objective: objective.id, kind: 'release', state: 'changed', what: nameOf(refOf(object)) } as const),
        field: printPath(path, object),
        found: showValue(path, valueAt(object, path)),
        ...{ by, ...(at === undefined ? {} : { at }) },
        remedy: `flux reconcile helmrelease -n ${namespace} ${name} --force puts it back; or set it in the values of that release, if it is meant`,
      })),
    );
}

function holdsSetting(path: Path): boolean {
  return (path[0] === 'spec' || path[0] === 'data') && !HARMLESS.every((key, index) => path[index] === key);
}

const SUSPEND: Path = ['spec', 'suspend'];

/** What Flux does not look at any more is as good as changed: no manifest says that it is not suspended, all of them mean it. */
function running(manifest: Manifest, live: Manifest): Manifest {
  const isFlux = manifest.apiVersion.includes('.toolkit.fluxcd.io/');
  return isFlux && valueAt(live, SUSPEND) === true ? { ...manifest, spec: { suspend: false, ...(manifest.spec as object) } } : manifest;
}

function isSuspension(path: Path): boolean {
  return path.join('.') === SUSPEND.join('.');
}

function resume({ kind, metadata }: Manifest): string {
  return `kubectl patch ${kind.toLowerCase()} -n ${metadata.namespace} ${metadata.name} --type merge -p '{"spec":{"suspend":false}}'`;
}

/** Of a field that was taken out nobody knows by whom. */
function describeOwner(owner: Owner | undefined): Pick<Drift, 'by' | 'at'> {
  if (owner === undefined) return {};
  return { by: owner.manager, ...(owner.at === undefined ? {} : { at: owner.at }) };
}

function putBack({ metadata }: Manifest): string {
  const { 'kustomize.toolkit.fluxcd.io/name': name, 'kustomize.toolkit.fluxcd.io/namespace': namespace } = metadata.labels ?? {};
  if (name === undefined || namespace === undefined) return 'flux get kustomizations -A shows which one applies it: reconcile that';
  const which = `kustomization -n ${namespace} ${name}`;
  return `flux reconcile ${which} puts it back (flux resume ${which}, if it is suspended)`;
}
