import type { Manifest } from '#model/kubernetes.ts';
import { refOf } from '#model/kubernetes.ts';
import { memoryOf } from '../memory.ts';
import { specOf, statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { apply, type Condition, find, isReady, ready, reportFlux } from './apply.ts';
import { artifactFiles } from './git.ts';
import { describeHealth, healthOf } from './health.ts';
import { buildDirectory } from './kustomize.ts';

const API = 'kustomize.toolkit.fluxcd.io/v1';

const builtOf = memoryOf((): { objects?: readonly Manifest[] } => ({}));

/** What one look at a Kustomization came to, and the objects that it holds, if it came so far. */
interface Outcome {
  readonly ready: Condition;
  readonly inventory?: readonly Manifest[];
}

/** Builds each Kustomization from its source's artifact, applies what differs, prunes what left it, and waits for health. */
export function reconcileKustomizations(world: World): void {
  for (const { metadata } of world.store.list(API, 'Kustomization')) {
    // One may have been changed or pruned by another since they were listed.
    const kustomization = find(world, API, 'Kustomization', metadata.namespace, metadata.name);
    if (kustomization !== undefined) reconcileKustomization(world, kustomization);
  }
}

function reconcileKustomization(world: World, kustomization: Manifest): void {
  const { sourceRef } = specOf(kustomization);
  const namespace = sourceRef.namespace ?? kustomization.metadata.namespace;
  const source = find(world, 'source.toolkit.fluxcd.io/v1', sourceRef.kind, namespace, sourceRef.name);
  const revision: string | undefined = statusOf(source).artifact?.revision;
  const outcome = outcomeOf(world, kustomization, revision);
  const before = statusOf(kustomization);
  const inventory = outcome.inventory === undefined ? before.inventory : { entries: outcome.inventory.map(entryOf) };
  if (outcome.inventory !== undefined) prune(world, before.inventory?.entries ?? [], inventory.entries);
  const lastAppliedRevision = outcome.ready.status === 'True' ? revision : before.lastAppliedRevision;
  const present = find(world, API, 'Kustomization', kustomization.metadata.namespace, kustomization.metadata.name) ?? kustomization;
  const fields = { lastAttemptedRevision: revision, lastAppliedRevision, inventory };
  reportFlux(world, present, fields, [outcome.ready]);
}

function outcomeOf(world: World, kustomization: Manifest, revision = ''): Outcome {
  const files = artifactFiles(world, revision);
  if (files === undefined) return failure('ArtifactFailed', 'Source artifact not found, retrying in 30s');
  const waitingFor = dependencyMissing(world, kustomization, revision);
  if (waitingFor !== undefined) return failure('DependencyNotReady', `dependency '${waitingFor}' is not ready`);
  const { path, targetNamespace } = specOf(kustomization);
  const built = builtOf(world, JSON.stringify([revision, path, targetNamespace]));
  try {
    built.objects ??= buildDirectory(files, path, targetNamespace);
  } catch (error) {
    return failure('BuildFailed', `kustomize build failed: ${(error as Error).message}`);
  }
  return applyAll(world, kustomization, built.objects, revision);
}

function applyAll(world: World, kustomization: Manifest, objects: readonly Manifest[], revision: string): Outcome {
  const { namespace = '', name } = kustomization.metadata;
  const owner = { 'kustomize.toolkit.fluxcd.io/name': name, 'kustomize.toolkit.fluxcd.io/namespace': namespace };
  const inventory = objects.map((object) => {
    const labels = { ...object.metadata.labels, ...owner };
    return apply(world, { ...object, metadata: { ...object.metadata, labels } });
  });
  const unhealthy = specOf(kustomization).wait ? inventory.filter((object) => healthOf(object) !== 'Current') : [];
  const named = `[${unhealthy.map(describeHealth).join(', ')}]`;
  if (unhealthy.some((object) => healthOf(object) === 'Failed'))
    return { ...failure('HealthCheckFailed', `health check failed: failed early due to stalled resources: ${named}`), inventory };
  const reported =
    unhealthy.length === 0
      ? ready('True', 'ReconciliationSucceeded', `Applied revision: ${revision}`)
      : ready('Unknown', 'Progressing', `Running health checks for revision ${revision}: waiting for ${named}`);
  return { ready: reported, inventory };
}

function dependencyMissing(world: World, kustomization: Manifest, revision: string): string | undefined {
  for (const { name } of specOf(kustomization).dependsOn ?? []) {
    const dependency = find(world, API, 'Kustomization', kustomization.metadata.namespace, name);
    if (!isReady(dependency) || statusOf(dependency).lastAppliedRevision !== revision) return name;
  }
  return undefined;
}

function prune(world: World, before: readonly Tree[], after: readonly Tree[]): void {
  for (const { id, v } of before) {
    if (after.some((entry) => entry.id === id)) continue;
    const [namespace, name, group, kind] = id.split('_');
    const object = find(world, group === '' ? v : `${group}/${v}`, kind, namespace || undefined, name);
    if (object === undefined) continue;
    if (kind === 'Kustomization') prune(world, statusOf(object).inventory?.entries ?? [], []);
    world.store.remove(refOf(object));
  }
}

function entryOf({ apiVersion, kind, metadata }: Manifest): { id: string; v: string } {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { id: `${metadata.namespace ?? ''}_${metadata.name}_${group}_${kind}`, v: version };
}

function failure(reason: string, message: string): Outcome {
  return { ready: ready('False', reason, message) };
}
