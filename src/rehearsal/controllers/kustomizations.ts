import type { Manifest } from '#model/kubernetes.ts';
import { knownKinds, refOf } from '#model/kubernetes.ts';
import { memoryOf } from '../memory.ts';
import { parseSpan, specOf, statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { apply, type Condition, conditions, find, handledRequest, isReady, timeOf } from './apply.ts';
import { artifactFiles } from './git.ts';
import { describeHealth, healthOf } from './health.ts';
import { BuildFailure, buildDirectory } from './kustomize.ts';

const API = 'kustomize.toolkit.fluxcd.io/v1';

const builtOf = memoryOf((): { objects?: readonly Manifest[]; key?: string } => ({}));

/** What one look at a Kustomization came to. */
interface Outcome {
  readonly ready: Condition;
  readonly reconciling?: boolean;
  readonly applied?: boolean;
  readonly inventory?: readonly Manifest[];
}

/** Builds each Kustomization from its source's artifact, applies what differs, prunes what left it, and waits for health. */
export function reconcileKustomizations(world: World): void {
  for (const kustomization of world.store.list(API, 'Kustomization')) {
    // One may have been pruned by another since they were listed.
    if (!specOf(kustomization).suspend && world.store.get(refOf(kustomization))) reconcileKustomization(world, kustomization);
  }
}

function reconcileKustomization(world: World, kustomization: Manifest): void {
  const { namespace, name, generation } = kustomization.metadata;
  const { sourceRef } = specOf(kustomization);
  const source = find(world, 'source.toolkit.fluxcd.io/v1', sourceRef.kind, sourceRef.namespace ?? namespace, sourceRef.name);
  const revision: string | undefined = statusOf(source).artifact?.revision;
  const outcome = outcomeOf(world, kustomization, revision);
  const before = statusOf(kustomization);
  const reconciling: Condition = { type: 'Reconciling', status: 'True', reason: 'Progressing', message: outcome.ready.message ?? '' };
  const lastAppliedRevision = outcome.applied ? revision : before.lastAppliedRevision;
  const inventory = outcome.inventory === undefined ? before.inventory : { entries: outcome.inventory.map(entryOf) };
  if (outcome.inventory !== undefined && specOf(kustomization).prune) prune(world, before.inventory?.entries ?? [], inventory.entries);
  world.store.setStatus(refOf(find(world, API, 'Kustomization', namespace, name) ?? kustomization), {
    observedGeneration: generation,
    ...(revision === undefined ? {} : { lastAttemptedRevision: revision }),
    ...(lastAppliedRevision === undefined ? {} : { lastAppliedRevision }),
    ...(inventory === undefined ? {} : { inventory }),
    ...handledRequest(kustomization),
    conditions: conditions(world, kustomization, [outcome.ready, ...(outcome.reconciling ? [reconciling] : [])]),
  });
}

function outcomeOf(world: World, kustomization: Manifest, revision: string | undefined): Outcome {
  const files = revision === undefined ? undefined : artifactFiles(world, revision);
  if (revision === undefined || files === undefined) return failure('ArtifactFailed', 'Source artifact not found, retrying in 30s');
  const waitingFor = dependencyMissing(world, kustomization, revision);
  if (waitingFor !== undefined) return failure('DependencyNotReady', `dependency '${waitingFor}' is not ready`);
  const { path = './', targetNamespace } = specOf(kustomization);
  try {
    const built = builtOf(world, kustomization.metadata.uid ?? '');
    const key = JSON.stringify([revision, path, targetNamespace]);
    if (built.key !== key) built.objects = buildDirectory(files, path, targetNamespace);
    built.key = key;
    return applyAll(world, kustomization, built.objects ?? [], revision);
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    return failure(error.message.startsWith('kustomization path not found') ? 'ArtifactFailed' : 'BuildFailed', error.message);
  }
}

function applyAll(world: World, kustomization: Manifest, objects: readonly Manifest[], revision: string): Outcome {
  const { namespace, name } = kustomization.metadata;
  const unserved = objects.find(
    (object) => !knownKinds().some(({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind),
  );
  if (unserved !== undefined) {
    const { apiVersion, kind, metadata } = unserved;
    return failure(
      'ReconciliationFailed',
      `${kind}/${metadata.namespace}/${metadata.name} dry-run failed: no matches for kind "${kind}" in version "${apiVersion}"`,
    );
  }
  const labels = { 'kustomize.toolkit.fluxcd.io/name': name, 'kustomize.toolkit.fluxcd.io/namespace': namespace as string };
  const inventory = objects.map((object) => {
    // An object keeps the status that its own controller gave it; Flux writes none.
    const { status: _, ...desired } = object;
    return apply(world, { ...(desired as Manifest), metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } });
  });
  const unhealthy = specOf(kustomization).wait ? inventory.filter((object) => healthOf(object) !== 'Current') : [];
  if (unhealthy.length === 0)
    return { ready: ready('True', 'ReconciliationSucceeded', `Applied revision: ${revision}`), applied: true, inventory };
  return { ...unhealthyOutcome(world, kustomization, unhealthy, revision), inventory };
}

function unhealthyOutcome(world: World, kustomization: Manifest, unhealthy: readonly Manifest[], revision: string): Outcome {
  const timeout = specOf(kustomization).timeout ?? '5m0s';
  const started = statusOf(kustomization).conditions?.find(({ type }: Tree) => type === 'Reconciling')?.lastTransitionTime ?? timeOf(world);
  const failed = unhealthy.filter((object) => healthOf(object) === 'Failed');
  if (failed.length > 0)
    return failure(
      'HealthCheckFailed',
      `health check failed after 1s: failed early due to stalled resources: [${failed.map(describeHealth).join(', ')}]`,
    );
  // Failed health checks stay failed until something changes for the better; they are not begun anew at each look.
  const alreadyLate =
    statusOf(kustomization).conditions?.some(({ reason }: Tree) => reason === 'HealthCheckFailed') &&
    statusOf(kustomization).lastAttemptedRevision === revision;
  if (alreadyLate || world.now().getTime() - Date.parse(started) > (parseSpan(timeout) ?? 300_000)) {
    return failure(
      'HealthCheckFailed',
      `health check failed after ${timeout}: timeout waiting for: [${unhealthy.map(describeHealth).join(', ')}]`,
    );
  }
  return {
    ready: ready('Unknown', 'Progressing', `Running health checks for revision ${revision} with a timeout of ${timeout}`),
    reconciling: true,
  };
}

function dependencyMissing(world: World, kustomization: Manifest, revision: string): string | undefined {
  for (const { name, namespace = kustomization.metadata.namespace } of specOf(kustomization).dependsOn ?? []) {
    const dependency = find(world, API, 'Kustomization', namespace, name);
    if (!isReady(dependency) || statusOf(dependency).lastAppliedRevision !== revision) return `${namespace}/${name}`;
  }
  return undefined;
}

function prune(world: World, before: readonly Tree[], after: readonly Tree[]): void {
  for (const { id, v } of before) {
    if (after.some((entry) => entry.id === id)) continue;
    const [namespace, name, group, kind] = id.split('_') as [string, string, string, string];
    const ref = { apiVersion: group === '' ? v : `${group}/${v}`, kind, name, ...(namespace === '' ? {} : { namespace }) };
    const object = world.store.get(ref);
    if (kind === 'Kustomization' && specOf(object).prune) prune(world, statusOf(object).inventory?.entries ?? [], []);
    world.store.remove(ref);
  }
}

function entryOf({ apiVersion, kind, metadata }: Manifest): { id: string; v: string } {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { id: `${metadata.namespace ?? ''}_${metadata.name}_${group}_${kind}`, v: version as string };
}

function failure(reason: string, message: string): Outcome {
  return { ready: ready('False', reason, message) };
}

function ready(status: Condition['status'], reason: string, message: string): Condition {
  return { type: 'Ready', status, reason, message };
}
