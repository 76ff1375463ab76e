import { isDeepStrictEqual } from 'node:util';
import { knownKinds, type Manifest, refOf } from '#model/kubernetes.ts';
import { memoryOf } from '../memory.ts';
import { dataOf, formatSpan, parseSpan, specOf, statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { apply, type Condition, find, isReady, isSuspended, ready, reportFlux } from './apply.ts';
import { artifactFiles } from './git.ts';
import { describeHealth, healthOf } from './health.ts';
import { buildDirectory, filesBelow, PLACE } from './kustomize.ts';

const API = 'kustomize.toolkit.fluxcd.io/v1';

const OWNER = { name: 'kustomize.toolkit.fluxcd.io/name', namespace: 'kustomize.toolkit.fluxcd.io/namespace' };

/** The shortest time that kustomize-controller gives to anything. */
const SHORTEST = 30_000;

const builtOf = memoryOf((): { objects?: readonly Manifest[] } => ({}));
/** Since when a Kustomization waits for the health of a revision. */
const waitOf = memoryOf(() => ({ what: '', since: 0 }));

/** What one look at a Kustomization came to, the revision that it got to work on, and the objects that it holds, if it came so far. */
interface Outcome {
  readonly reported: readonly [Condition, ...Condition[]];
  readonly attempted?: string;
  readonly inventory?: readonly Manifest[];
}

/** Builds each Kustomization from its source's artifact, applies what differs, prunes what left it, and waits for health. */
export function reconcileKustomizations(world: World): void {
  for (const { metadata } of world.store.list(API, 'Kustomization')) {
    // One may have been changed or pruned by another since they were listed.
    const kustomization = find(world, API, 'Kustomization', metadata.namespace, metadata.name);
    if (kustomization !== undefined && !isSuspended(world, kustomization)) reconcileKustomization(world, kustomization);
  }
}

function reconcileKustomization(world: World, kustomization: Manifest): void {
  const { sourceRef } = specOf(kustomization);
  const namespace = sourceRef.namespace ?? kustomization.metadata.namespace;
  const source = find(world, 'source.toolkit.fluxcd.io/v1', sourceRef.kind, namespace, sourceRef.name);
  const outcome = outcomeOf(world, kustomization, source);
  const before = statusOf(kustomization);
  const inventory = outcome.inventory === undefined ? before.inventory : { entries: outcome.inventory.map(entryOf) };
  if (outcome.inventory !== undefined && specOf(kustomization).prune)
    prune(world, kustomization, before.inventory?.entries ?? [], inventory.entries);
  const lastAttemptedRevision = outcome.attempted ?? before.lastAttemptedRevision;
  const lastAppliedRevision = outcome.reported[0].status === 'True' ? lastAttemptedRevision : before.lastAppliedRevision;
  const present = find(world, API, 'Kustomization', kustomization.metadata.namespace, kustomization.metadata.name) ?? kustomization;
  reportFlux(world, present, { lastAttemptedRevision, lastAppliedRevision, inventory }, outcome.reported);
}

function outcomeOf(world: World, kustomization: Manifest, source: Manifest | undefined): Outcome {
  const { sourceRef, path = '', targetNamespace } = specOf(kustomization);
  if (source === undefined) return failure('ArtifactFailed', `${sourceRef.kind}.source.toolkit.fluxcd.io "${sourceRef.name}" not found`);
  const attempted: string = statusOf(source).artifact?.revision ?? '';
  const files = artifactFiles(world, attempted);
  if (files === undefined) return failure('ArtifactFailed', 'Source artifact not found, retrying in 30s');
  const waitingFor = dependencyMissing(world, kustomization, attempted);
  if (waitingFor !== undefined) return failure('DependencyNotReady', waitingFor);
  if (filesBelow(files, path).length === 0)
    return failure('ArtifactFailed', `kustomization path not found: stat ${PLACE}/${path}: no such file or directory`);
  const built = builtOf(world, JSON.stringify([attempted, path, targetNamespace]));
  try {
    built.objects ??= buildDirectory(files, path, targetNamespace);
  } catch (error) {
    return { ...failure('BuildFailed', (error as Error).message), attempted };
  }
  const { objects } = built;
  const [refused] = objects.flatMap((object) => refusalOf(world, object) ?? []);
  if (refused !== undefined) return { ...failure('ReconciliationFailed', refused), attempted };
  return { ...applyAll(world, kustomization, objects, attempted), attempted };
}

/** Why the API server would not take it, which is found out of all before any is applied. */
function refusalOf(world: World, object: Manifest): string | undefined {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace } = metadata;
  const what = [kind, ...(namespace === undefined ? [] : [namespace]), name].join('/');
  if (!knownKinds().some((known) => known.apiVersion === apiVersion && known.kind === kind))
    return `${what} dry-run failed: no matches for kind "${kind}" in version "${apiVersion}"`;
  if (namespace !== undefined && !find(world, 'v1', 'Namespace', undefined, namespace))
    return `${what} not found: namespaces "${namespace}" not found`;
  const odd = kind === 'ConfigMap' && Object.entries(dataOf(object)).find(([, value]) => typeof value !== 'string');
  const path = `${namespace}/${name}; /v1, Kind=ConfigMap`;
  return odd ? `${what} dry-run failed: failed to create typed patch object (${path}): .data.${odd[0]}: expected string` : undefined;
}

function applyAll(world: World, kustomization: Manifest, objects: readonly Manifest[], revision: string): Outcome {
  const { namespace = '', name } = kustomization.metadata;
  const owner = { [OWNER.name]: name, [OWNER.namespace]: namespace };
  const inventory = objects.map((object) => {
    const labels = { ...object.metadata.labels, ...owner };
    return apply(world, { ...object, metadata: { ...object.metadata, labels } }, 'kustomize-controller');
  });
  return { reported: judgeHealth(world, kustomization, inventory, revision), inventory };
}

/** Waits as long as the spec allows, and less when something is stalled. */
function judgeHealth(world: World, kustomization: Manifest, inventory: readonly Manifest[], revision: string): Outcome['reported'] {
  const { wait, timeout, interval } = specOf(kustomization);
  const { namespace, name, generation } = kustomization.metadata;
  const unhealthy = wait ? inventory.filter((object) => healthOf(object) !== 'Current') : [];
  if (unhealthy.length === 0) return [ready('True', 'ReconciliationSucceeded', `Applied revision: ${revision}`)];
  const waiting = waitOf(world, `${namespace}/${name}`);
  const now = world.now().getTime();
  if (waiting.what !== `${revision} ${generation}`) Object.assign(waiting, { what: `${revision} ${generation}`, since: now });
  const patience = Math.max(parseSpan(timeout) ?? (parseSpan(interval) ?? 0) - SHORTEST, SHORTEST);
  const stalled = unhealthy.filter((object) => healthOf(object) === 'Failed');
  const fail = (after: string, why: string, named: readonly Manifest[]) =>
    failure('HealthCheckFailed', `health check failed after ${after}: ${why}: [${named.map(describeHealth).join(', ')}]`).reported;
  if (now - waiting.since >= patience) return fail(formatSpan(patience), 'timeout waiting for', unhealthy);
  if (stalled.length > 0) return fail('5s', 'failed early due to stalled resources', stalled);
  const message = `Running health checks for revision ${revision} with a timeout of ${formatSpan(patience)}`;
  const progress: Condition = { type: 'Reconciling', status: 'True', reason: 'Progressing', message };
  return [ready('Unknown', 'Progressing', 'Reconciliation in progress'), progress];
}

function dependencyMissing(world: World, kustomization: Manifest, revision: string): string | undefined {
  const { dependsOn = [], sourceRef } = specOf(kustomization);
  const { namespace } = kustomization.metadata;
  for (const { name } of dependsOn) {
    const dependency = find(world, API, 'Kustomization', namespace, name);
    const what = `dependency '${namespace}/${name}'`;
    if (dependency === undefined) return `${what} not found: kustomizations.kustomize.toolkit.fluxcd.io "${name}" not found`;
    if (!isReady(dependency)) return `${what} is not ready`;
    const isSameSource = isDeepStrictEqual(specOf(dependency).sourceRef, sourceRef);
    if (isSameSource && statusOf(dependency).lastAppliedRevision !== revision) return `${what} revision is not up to date`;
  }
  return undefined;
}

/** Only what still bears its labels, and not what is exempt: https://fluxcd.io/flux/components/kustomize/kustomizations/#prune */
function prune(world: World, { metadata: owner }: Manifest, before: readonly Tree[], after: readonly Tree[]): void {
  for (const { id, v } of before) {
    if (after.some((entry) => entry.id === id)) continue;
    const [namespace, name, group, kind] = id.split('_');
    const object = find(world, group === '' ? v : `${group}/${v}`, kind, namespace || undefined, name);
    if (object === undefined) continue;
    const { labels = {}, annotations = {} } = object.metadata;
    if (annotations['kustomize.toolkit.fluxcd.io/prune'] === 'disabled') continue;
    if (labels[OWNER.name] !== owner.name || labels[OWNER.namespace] !== owner.namespace) continue;
    if (kind === 'Kustomization') prune(world, object, statusOf(object).inventory?.entries ?? [], []);
    world.store.remove(refOf(object));
  }
}

function entryOf({ apiVersion, kind, metadata }: Manifest): { id: string; v: string } {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { id: `${metadata.namespace ?? ''}_${metadata.name}_${group}_${kind}`, v: version };
}

function failure(reason: string, message: string): Outcome {
  return { reported: [ready('False', reason, message)] };
}
