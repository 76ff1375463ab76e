import { posix } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { compareText } from '#model/order.ts';
import type { Survey, SurveyedKustomization } from '#model/survey.ts';

type Files = Survey['files'];

/** A directory whose kustomization.yaml Flux applies as it stands: what it lists in addition is applied, too. */
export interface Place {
  /** "." is the repository's root. */
  readonly directory: string;
  readonly parent: SurveyedKustomization;
  /** Whether it lists other directories or Flux's own Kustomizations, as places of applications do. */
  readonly listsOthers: boolean;
}

/**
 * Where another application can be added so that one of these Kustomizations applies it, and nothing else does: no directory of an
 * application, of Flux itself, or that several others build upon.
 * @param namespace the Kustomizations of what is added have to stay in it
 */
export function findPlaces(files: Files, kustomizations: readonly SurveyedKustomization[], namespace: string): readonly Place[] {
  const builds = readBuilds(files);
  const listings = [...builds.values()].flatMap((build) => [...build.directories]);
  const starts = kustomizations.filter(({ targetNamespace = namespace }) => targetNamespace === namespace);
  const all = starts.flatMap((parent) =>
    [...reach(builds, parent.path, namespace)].map((directory) => ({ directory, parent, build: builds.get(directory) as Build })),
  );
  return all
    .filter(
      ({ directory, build }) =>
        build.file === 'kustomization.yaml' && !build.isFlux && !build.isEmpty && (directory === '' || !build.holdsWorkloads),
    )
    .filter(({ directory }) => listings.filter((listed) => listed === directory).length <= 1)
    .filter(({ directory, parent }) =>
      all.every((other) => other.directory !== directory || other.parent.path.length <= parent.path.length),
    )
    .map(({ directory, parent, build }) => ({
      directory: directory || '.',
      parent,
      listsOthers: build.listsApplications || build.directories.length > 0,
    }))
    .toSorted((a, b) => compareText(a.directory, b.directory));
}

/** The files that define a HelmRelease, whatever else they hold. */
export function findReleaseFiles(files: Files, namespace: string, name: string): readonly string[] {
  const isIt = ({ kind, metadata }: Resource) =>
    kind === 'HelmRelease' && metadata?.name === name && (metadata.namespace ?? namespace) === namespace;
  return Object.keys(files)
    .filter((file) => files[file]?.includes('HelmRelease') && documentsOf(files, file).some(isIt))
    .toSorted(compareText);
}

/** What a directory's kustomization.yaml says. */
interface Build {
  /** Its name: kustomize takes three. */
  readonly file: string;
  /** The namespace that it gives to everything, and whether it renames what it lists. */
  readonly namespace: string | undefined;
  readonly renames: boolean;
  /** Those of its resources that are directories with such a file, too. */
  readonly directories: readonly string[];
  readonly listsApplications: boolean;
  /** A HelmRelease, a Deployment and the like: then it is the directory of an application, unless it is the root of a flat repository. */
  readonly holdsWorkloads: boolean;
  /** Nothing is listed, or it can't be read: kustomize refuses it. */
  readonly isEmpty: boolean;
  /** Flux's own, which its bootstrap writes. */
  readonly isFlux: boolean;
}

interface Resource {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
}

interface KustomizationFile extends Resource {
  readonly resources?: readonly unknown[];
  readonly namespace?: string;
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
}

const NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const WORKLOADS = ['HelmRelease', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'];

function readBuilds(files: Files): ReadonlyMap<string, Build> {
  const own = Object.keys(files).filter((file) => NAMES.includes(posix.basename(file)));
  const directories = new Set(own.map(directoryOf));
  return new Map(own.map((file) => [directoryOf(file), readBuild(files, file, directories)]));
}

function readBuild(files: Files, file: string, directories: ReadonlySet<string>): Build {
  const directory = directoryOf(file);
  const [content = {}] = documentsOf(files, file) as readonly KustomizationFile[];
  const resources = (content.resources ?? []).map((resource) => plain(posix.join(directory, String(resource))));
  const listed = resources.flatMap((resource) => documentsOf(files, resource));
  return {
    file: posix.basename(file),
    namespace: content.namespace,
    renames: Boolean(content.namePrefix || content.nameSuffix) || content.kind === 'Component',
    directories: resources.filter((resource) => directories.has(resource)),
    listsApplications: listed.some(({ apiVersion = '', kind }) => kind === 'Kustomization' && apiVersion.startsWith('kustomize.toolkit.')),
    holdsWorkloads: listed.some(({ kind = '' }) => WORKLOADS.includes(kind)),
    isEmpty: resources.length === 0,
    isFlux: resources.some((resource) => /gotk-\w+\.ya?ml$/.test(resource)),
  };
}

/** The directories with a file of their own that a path brings in, as Flux builds it: without one at the top all below are taken. */
function* reach(builds: ReadonlyMap<string, Build>, path: string, namespace: string, seen = new Set<string>()): Generator<string> {
  const build = builds.get(path);
  const next = build === undefined ? nearestBelow(builds, path) : build.directories;
  if (seen.has(path) || build?.renames || (build?.namespace ?? namespace) !== namespace) return;
  seen.add(path);
  if (build !== undefined) yield path;
  for (const directory of next) yield* reach(builds, directory, namespace, seen);
}

function nearestBelow(builds: ReadonlyMap<string, Build>, path: string): readonly string[] {
  const below = [...builds.keys()].filter((directory) => directory !== path && (path === '' || directory.startsWith(`${path}/`)));
  return below.filter((directory) => !below.some((other) => directory.startsWith(`${other}/`)));
}

/** Of a file that is no YAML, or a template of it, nothing. */
function documentsOf(files: Files, file: string): readonly Resource[] {
  const text = files[file];
  if (text === undefined) return [];
  return [...parseAllDocuments(text)].flatMap((document) => {
    const value: unknown = document.errors.length > 0 ? undefined : document.toJS();
    return typeof value === 'object' && value !== null ? [value as Resource] : [];
  });
}

function directoryOf(file: string): string {
  return plain(posix.dirname(file));
}

function plain(path: string): string {
  return path === '.' ? '' : path.replace(/\/$/, '');
}
