import { parseAllDocuments } from 'yaml';
import type { Edit } from '#model/change.ts';
import { knownKinds, type Manifest, type Permission, refOf } from '#model/kubernetes.ts';
import type { PhaseBody } from '#model/phase.ts';
import type { Reads } from '#model/read.ts';
import type { Drift, Unseen } from '#model/verification.ts';
import { readDifferences, readLive, readReleased, readTexts } from './drift-reads.ts';
import { describeFile, describeMissing, describeObject, describeReleased, type Place } from './drift-words.ts';
import { type Look, readAll } from './judge.ts';

/** Kinds that charts render and that hold settings; no Secrets: nobody has to read all of a namespace for this. */
const RENDERED = [
  ...['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) => ({ apiVersion: 'apps/v1', kind })),
  ...['Service', 'ConfigMap'].map((kind) => ({ apiVersion: 'v1', kind })),
  ...['ServiceMonitor', 'PrometheusRule'].map((kind) => ({ apiVersion: 'monitoring.coreos.com/v1', kind })),
];

interface Found {
  readonly drift: readonly Drift[];
  readonly unseen: readonly Unseen[];
}

/** What an objective's commits have written last: a later objective may write the same again. */
interface Written extends Place {
  readonly files: Record<string, string | null>;
  readonly edits: Edit[];
}

/**
 * Compares what objectives committed with Git, what Git says with the cluster, and asks of the workloads of their releases whether
 * somebody else than Helm set something. Documents that are derived from the cluster are left out: they are of the day they were written.
 */
export async function findDrift(places: readonly Place[], look: Look): Promise<Found> {
  const inGit = await Promise.all(collectWritten(places).map((written) => compareFiles(written, look)));
  const owned = inGit.flatMap(({ manifests }) => manifests);
  const releases = owned.filter(({ manifest }) => isRelease(manifest));
  const inCluster = await Promise.all([
    ...owned.map((each) => compareLive(each, look)),
    ...[...Map.groupBy(releases, ({ manifest }) => manifest.metadata.namespace ?? '')].map(([namespace, own]) =>
      askOwners(namespace, own, look),
    ),
  ]);
  const all: readonly Found[] = [...inGit, ...inCluster];
  return { drift: all.flatMap(({ drift }) => drift), unseen: all.flatMap(({ unseen }) => unseen) };
}

/** What comparing the phase's files with the cluster needs. What somebody else has written into them is not known beforehand. */
export function permissionsToFindDrift({ objectives }: PhaseBody): readonly Permission[] {
  const commits = objectives
    .filter(({ skipped }) => skipped === undefined)
    .flatMap(({ steps = [] }) => steps.filter((step) => step.do === 'commit'));
  const files = commits.flatMap((commit) => Object.entries(commit.files));
  const manifests = files.flatMap(([file, content]) => (isYaml(file) && content !== null ? parseManifests(content) : []));
  const namespaces = new Set(manifests.filter(isRelease).map(({ metadata }) => metadata.namespace ?? ''));
  const released = [...namespaces].flatMap((namespace) => RENDERED.map((kind) => readReleased(kind, namespace)));
  return [...manifests.map((manifest) => readLive(refOf(manifest))), ...released].flatMap(({ permissions }) => permissions);
}

type Owned = Place & { readonly manifest: Manifest };

async function compareFiles(written: Written, look: Look): Promise<Found & { readonly manifests: readonly Owned[] }> {
  const paths = Object.keys(written.files).filter(isYaml);
  const seen = await see(written, { differences: readDifferences(written), texts: readTexts(paths) }, look);
  if ('unseen' in seen) return { ...seen, manifests: [] };
  const { differences, texts } = seen;
  const { phase, objective } = written;
  return {
    drift: differences.map((difference) => describeFile(written, difference)),
    unseen: [],
    manifests: texts.flatMap(parseManifests).map((manifest) => ({ phase, objective, manifest })),
  };
}

async function compareLive({ manifest, ...place }: Owned, look: Look): Promise<Found> {
  const seen = await see(place, { live: readLive(refOf(manifest)) }, look);
  if ('unseen' in seen) return seen;
  const { live } = seen;
  return { drift: live === undefined ? [describeMissing(place, manifest)] : describeObject(place, manifest, live), unseen: [] };
}

/** What the releases of one namespace have rendered, as far as it holds a setting. */
async function askOwners(namespace: string, releases: readonly Owned[], look: Look): Promise<Found> {
  const lists = await Promise.all(RENDERED.map((kind) => see(releases[0] as Owned, { items: readReleased(kind, namespace) }, look)));
  const rendered = lists.flatMap((list) => ('unseen' in list ? [] : list.items));
  const drift = releases.flatMap((release) =>
    rendered
      .filter(({ metadata }) => metadata.annotations?.['meta.helm.sh/release-name'] === release.manifest.metadata.name)
      .flatMap((object) => describeReleased(release, release.manifest, object)),
  );
  return { drift, unseen: lists.flatMap((list) => ('unseen' in list ? list.unseen : [])) };
}

/** The reads' values by name, or what could not be seen. */
async function see<R extends Reads>(
  { phase, objective }: Place,
  reads: R,
  look: Look,
): Promise<Found | { readonly [K in keyof R]: ReturnType<R[K]['decode']> }> {
  const seen = await readAll(reads, look);
  if (!('state' in seen)) return seen.values as { readonly [K in keyof R]: ReturnType<R[K]['decode']> };
  const { saw, cause, remedy } = seen;
  return { drift: [], unseen: [{ phase, objective: objective.id, saw, cause, remedy }] };
}

function collectWritten(places: readonly Place[]): readonly Written[] {
  const files = new Map<string, { place: Place; content: string | null }>();
  const edits = new Map<string, { place: Place; edit: Edit }>();
  for (const place of places) {
    for (const step of place.objective.definition?.steps ?? []) {
      if (step.do !== 'commit') continue;
      for (const [file, content] of Object.entries(step.files)) files.set(file, { place, content });
      for (const edit of step.edits ?? []) edits.set(JSON.stringify([edit.file, edit.at, edit.add]), { place, edit });
    }
  }
  return places
    .map((place) => ({
      ...place,
      files: Object.fromEntries([...files].filter(([, own]) => own.place === place).map(([file, { content }]) => [file, content])),
      edits: [...edits.values()].filter((own) => own.place === place).map(({ edit }) => edit),
    }))
    .filter((written) => Object.keys(written.files).length + written.edits.length > 0);
}

function isYaml(file: string): boolean {
  return /\.ya?ml$/.test(file);
}

function isRelease({ kind }: Manifest): boolean {
  return kind === 'HelmRelease';
}

/** Of kinds that this program knows how to look at. What is no YAML any more was edited, and is found as such. */
function parseManifests(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document): readonly Manifest[] => {
    const manifest = document.errors.length > 0 ? undefined : (document.toJS() as Manifest | undefined);
    const isKnown = knownKinds().some(({ apiVersion, kind }) => apiVersion === manifest?.apiVersion && kind === manifest?.kind);
    return isKnown && typeof manifest?.metadata?.name === 'string' ? [manifest] : [];
  });
}
