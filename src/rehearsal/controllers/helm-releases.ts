import type { Manifest } from '#model/kubernetes.ts';
import { knownKinds, nameOf, refOf } from '#model/kubernetes.ts';
import { admit } from '../faults/index.ts';
import { hashOf, mergeTrees, parseSpan, specOf, statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { apply, type Condition, conditionOf, conditions, find, handledRequest, isReady, timeOf } from './apply.ts';
import { CHARTS } from './charts/index.ts';
import { describeHealth, healthOf } from './health.ts';

const API = 'helm.toolkit.fluxcd.io/v2';
const RELEASE = 'meta.helm.sh/release-name';
const NAMESPACE = 'meta.helm.sh/release-namespace';

interface Chart {
  readonly name: string;
  readonly version: string;
}

/** Renders each HelmRelease, applies what differs, waits for its workloads and reports; uninstalls what has no release any more. */
export function reconcileHelmReleases(world: World): void {
  const releases = world.store.list(API, 'HelmRelease');
  for (const release of releases) if (!specOf(release).suspend) reconcileRelease(world, release);
  for (const object of ownedObjects(world)) {
    const { annotations } = object.metadata;
    if (find(world, API, 'HelmRelease', annotations?.[NAMESPACE], annotations?.[RELEASE] ?? '') === undefined)
      world.store.remove(refOf(object));
  }
}

/** What one look at a release came to: its conditions, and what else changes in its status. */
interface Outcome {
  readonly conditions: readonly Condition[];
  readonly fields?: Tree;
}

function reconcileRelease(world: World, release: Manifest): void {
  const { conditions: _, ...before } = statusOf(release);
  const outcome = outcomeOf(world, release);
  world.store.setStatus(refOf(release), {
    ...before,
    ...outcome.fields,
    observedGeneration: release.metadata.generation,
    conditions: conditions(world, release, outcome.conditions),
    ...handledRequest(release),
    ...resetOf(release),
  });
}

function outcomeOf(world: World, release: Manifest): Outcome {
  const chart = chartOf(world, release);
  if (typeof chart === 'string') return { conditions: [ready('False', 'SourceNotReady', chart)] };
  // A chart that this world can't render is somebody else's: what stands in the store stands for it.
  const rendered = CHARTS[chart.name]?.(release.metadata.name, release.metadata.namespace ?? '', specOf(release).values ?? {}) ?? [];
  if (typeof rendered === 'string') return failed(release, chart, rendered);
  const unhealthy = applyRelease(world, release, rendered).filter((object) => healthOf(object) !== 'Current');
  return progressOf(world, release, chart, unhealthy);
}

function chartOf(world: World, release: Manifest): Chart | string {
  const { chartRef, chart } = specOf(release);
  if (chartRef === undefined) return { name: chart.spec.chart, version: chart.spec.version ?? '*' };
  const namespace = chartRef.namespace ?? release.metadata.namespace;
  const source = find(world, 'source.toolkit.fluxcd.io/v1', chartRef.kind, namespace, chartRef.name);
  const { artifact, observedChartName } = statusOf(source);
  const usable = isReady(source) && artifact !== undefined;
  return usable ? { name: observedChartName, version: artifact.revision } : `${chartRef.kind} '${namespace}/${chartRef.name}' is not ready`;
}

/** Applies what was rendered; pods carry the digest of their configuration as it was let in, so they restart when it changes. */
function applyRelease(world: World, release: Manifest, rendered: readonly Manifest[]): readonly Manifest[] {
  const { name, namespace } = release.metadata;
  const annotations = { [RELEASE]: name, [NAMESPACE]: namespace as string };
  const objects = rendered.map((object) =>
    admit(world, mergeTrees(object, { metadata: { annotations, labels: { 'app.kubernetes.io/managed-by': 'Helm' } } })),
  );
  const configuration = hashOf(objects.filter(({ kind }) => kind === 'ConfigMap').map(({ data }) => data));
  const checksum = { spec: { template: { metadata: { annotations: { 'checksum/config': configuration } } } } };
  const applied = objects.map((object) => apply(world, specOf(object).template === undefined ? object : mergeTrees(object, checksum)));
  const kept = new Set(applied.map((object) => nameOf(refOf(object))));
  for (const object of ownedObjects(world)) {
    const own = object.metadata.annotations?.[RELEASE] === name && object.metadata.annotations?.[NAMESPACE] === namespace;
    if (own && !kept.has(nameOf(refOf(object)))) world.store.remove(refOf(object));
  }
  return applied;
}

function ownedObjects(world: World): readonly Manifest[] {
  return knownKinds()
    .flatMap(({ apiVersion, kind }) => world.store.list(apiVersion, kind))
    .filter(({ metadata }) => metadata.annotations?.[RELEASE] !== undefined);
}

function progressOf(world: World, release: Manifest, chart: Chart, unhealthy: readonly Manifest[]): Outcome {
  const { name, namespace, generation } = release.metadata;
  const before = statusOf(release);
  const [latest] = before.history ?? [];
  const configDigest = `sha256:${hashOf([specOf(release).values ?? {}, chart], 64)}`;
  const current = latest?.configDigest === configDigest && latest.status === 'deployed';
  const what = `${namespace}/${name}.v${current ? latest.version : (latest?.version ?? 0) + 1} with chart ${chart.name}@${chart.version}`;
  if (current) return { conditions: succeeded(latest, what) };
  const deployment = {
    name,
    namespace,
    chartName: chart.name,
    chartVersion: chart.version,
    configDigest,
    version: (latest?.version ?? 0) + 1,
    firstDeployed: latest?.firstDeployed ?? timeOf(world),
  };
  if (unhealthy.length === 0) {
    const deployed = { ...deployment, status: 'deployed', lastDeployed: timeOf(world) };
    const history = [deployed, ...(before.history ?? []).map((entry: Tree) => ({ ...entry, status: 'superseded' }))].slice(0, 5);
    return {
      conditions: succeeded(deployed, what),
      fields: { history, lastAttemptedGeneration: generation, installFailures: 0, upgradeFailures: 0 },
    };
  }
  const timeout = parseSpan(specOf(release).timeout ?? '5m0s') ?? 300_000;
  const progressing = conditionOf(release, 'Reconciling');
  const late = world.now().getTime() - Date.parse(progressing?.lastTransitionTime ?? timeOf(world)) > timeout;
  if (late || isStuck(release)) return failed(release, chart, `context deadline exceeded: ${unhealthy.map(describeHealth).join(', ')}`);
  const message = `Running '${latest === undefined ? 'install' : 'upgrade'}' action with timeout of ${specOf(release).timeout ?? '5m0s'}`;
  return {
    conditions: [ready('Unknown', 'Progressing', message), { type: 'Reconciling', status: 'True', reason: 'Progressing', message }],
  };
}

/** One attempt failed. After the last one that `retries` allows the release is stalled until something about it changes. */
function failed(release: Manifest, chart: Chart, why: string): Outcome {
  const { name, namespace, generation } = release.metadata;
  const before = statusOf(release);
  const action = (before.history ?? []).length === 0 ? 'install' : 'upgrade';
  const reason = action === 'install' ? 'InstallFailed' : 'UpgradeFailed';
  const message = `Helm ${action} failed for release ${namespace}/${name} with chart ${chart.name}@${chart.version}: ${why}`;
  const counted = before.lastAttemptedGeneration === generation && !wantsReset(release) ? (before[`${action}Failures`] ?? 0) : 0;
  const failures = isStuck(release) ? counted : counted + 1;
  const retries = specOf(release)[action]?.remediation?.retries ?? 0;
  const exhausted = `Failed to ${action} after ${failures} attempt(s)`;
  const stalled: Condition = { type: 'Stalled', status: 'True', reason: 'RetriesExceeded', message: exhausted };
  const isStalled = retries >= 0 && failures > retries;
  return {
    conditions: [ready('False', reason, message), { type: 'Released', status: 'False', reason, message }, ...(isStalled ? [stalled] : [])],
    fields: { [`${action}Failures`]: failures, lastAttemptedGeneration: generation },
  };
}

function isStuck(release: Manifest): boolean {
  const { lastAttemptedGeneration } = statusOf(release);
  return conditionOf(release, 'Stalled') !== undefined && lastAttemptedGeneration === release.metadata.generation && !wantsReset(release);
}

function wantsReset(release: Manifest): boolean {
  const { lastHandledResetAt } = resetOf(release);
  return lastHandledResetAt !== undefined && lastHandledResetAt !== statusOf(release).lastHandledResetAt;
}

function resetOf({ metadata }: Manifest): { lastHandledResetAt?: string } {
  const token = metadata.annotations?.['reconcile.fluxcd.io/resetAt'];
  return token === undefined ? {} : { lastHandledResetAt: token };
}

function ready(status: Condition['status'], reason: string, message: string): Condition {
  return { type: 'Ready', status, reason, message };
}

function succeeded({ version }: Tree, what: string): Condition[] {
  const [verb, reason] = version === 1 ? ['install', 'InstallSucceeded'] : ['upgrade', 'UpgradeSucceeded'];
  const message = `Helm ${verb} succeeded for release ${what}`;
  return [ready('True', reason as string, message), { type: 'Released', status: 'True', reason: reason as string, message }];
}
