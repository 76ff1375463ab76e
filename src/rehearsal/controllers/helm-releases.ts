import type { Manifest } from '#model/kubernetes.ts';
import { knownKinds, nameOf, refOf } from '#model/kubernetes.ts';
import { isServed, KINDS } from '../api/kinds.ts';
import { timestamp } from '../api/store.ts';
import { validate } from '../api/validate.ts';
import { admit } from '../faults/index.ts';
import { memoryOf } from '../memory.ts';
import { formatSpan, hashOf, mergeTrees, parseSpan, specOf, statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { apply, type Condition, conditionOf, find, isReady, isSuspended, ready, reportFlux } from './apply.ts';
import { renderAirflow } from './charts/airflow.ts';
import { renderAlloy } from './charts/alloy.ts';
import { renderLoki } from './charts/loki.ts';
import { describeHealth, healthOf } from './health.ts';

const API = 'helm.toolkit.fluxcd.io/v2';
const RELEASE = 'meta.helm.sh/release-name';
const NAMESPACE = 'meta.helm.sh/release-namespace';
/** On what helm-controller has released, and not on what somebody installed by hand. */
const MANAGED = 'helm.toolkit.fluxcd.io/name';

/** A chart as a snapshot: its objects for a release name, a namespace and values, or Helm's words when it does not render. */
type Render = (release: string, namespace: string, values: Tree) => readonly Manifest[] | string;

const CHARTS: Readonly<Record<string, Render>> = { loki: renderLoki, alloy: renderAlloy, airflow: renderAirflow };

/** Renders each HelmRelease, applies what differs, waits for its workloads and reports; uninstalls what has no release any more. */
export function reconcileHelmReleases(world: World): void {
  for (const release of world.store.list(API, 'HelmRelease')) {
    if (isSuspended(world, release)) continue;
    const { fields = {}, reported } = reconcileRelease(world, release);
    reportFlux(world, release, fields, reported);
  }
  for (const object of ownedObjects(world)) {
    const { annotations } = object.metadata;
    const release = find(world, API, 'HelmRelease', annotations?.[NAMESPACE], annotations?.[RELEASE] ?? '');
    if (release === undefined) world.store.remove(refOf(object));
  }
}

/** What one look at a release came to: its conditions, and what else changes in its status. */
interface Outcome {
  readonly reported: readonly [Condition, ...Condition[]];
  readonly fields?: Tree;
}

/** What a release has been trying: since when, how often in vain, and the objects of what ran before it. */
const attemptOf = memoryOf(() => ({ digest: '', since: 0, failures: 0, running: undefined as readonly Manifest[] | undefined }));

function reconcileRelease(world: World, release: Manifest): Outcome {
  const { name, namespace = '', generation } = release.metadata;
  const { chartRef, chart, values, timeout, ...spec } = specOf(release);
  const source = chartRef && find(world, 'source.toolkit.fluxcd.io/v1', chartRef.kind, namespace, chartRef.name);
  if (chartRef && !isReady(source)) return { reported: [withoutSource(source, chartRef, namespace)] };
  const chartName: string = statusOf(source).observedChartName ?? chart.spec.chart;
  const chartVersion: string = statusOf(source).artifact?.revision ?? chart.spec.version;
  const what = `with chart ${chartName}@${chartVersion}`;
  const lastHandledResetAt = resetRequest(release);
  const isReset = lastHandledResetAt !== statusOf(release).lastHandledResetAt;
  const fields = { lastAttemptedGeneration: generation, lastHandledResetAt };
  const past: Tree[] = statusOf(release).history ?? [];
  const action = past.length === 0 ? 'install' : 'upgrade';
  // A chart that this world can't render is somebody else's: what stands in the store stands for it.
  const rendered = knownTo(world, CHARTS[chartName]?.(name, namespace, values) ?? []);
  // Nothing was changed by it, so that no retry is counted: it is tried again for ever.
  if (typeof rendered === 'string') return { reported: failed(release, action, `${what}: ${rendered}`), fields };

  const attempt = attemptOf(world, `${namespace}/${name}`);
  const now = world.now().getTime();
  const configDigest = `sha256:${hashOf([values, chartName, chartVersion], 64)}`;
  if (attempt.digest !== configDigest || isReset) Object.assign(attempt, { digest: configDigest, since: now, failures: 0 });
  const isOut = attempt.failures > (spec[action]?.remediation?.retries ?? 0);
  // Out of retries, what ran before is put back.
  const applied = applyRelease(world, release, isOut ? (attempt.running ?? rendered) : rendered);
  if (isOut) return { reported: exhausted(release, action, what, attempt.failures), fields };
  if (past[0]?.configDigest === configDigest) return { reported: succeeded(past[0], what), fields };
  const unhealthy = applied.filter((object) => healthOf(object) !== 'Current');
  if (unhealthy.length === 0) {
    attempt.running = rendered;
    const chosen = { name, namespace, chartName, chartVersion, configDigest, version: (past[0]?.version ?? 0) + 1 };
    const deployed = { ...chosen, status: 'deployed', lastDeployed: timestamp(world.now()) };
    const history = [deployed, ...past.map((older) => ({ ...older, status: 'superseded' }))];
    return { reported: succeeded(deployed, what), fields: { ...fields, history } };
  }
  const patience = parseSpan(timeout ?? '5m') ?? 0;
  if (now - attempt.since < patience)
    return { reported: [ready('Unknown', 'Progressing', `Running '${action}' action with timeout of ${formatSpan(patience)}`)], fields };
  Object.assign(attempt, { since: now, failures: attempt.failures + 1 });
  return { reported: failed(release, action, `${what}: timeout waiting for: [${unhealthy.map(describeHealth).join(', ')}]`), fields };
}

/** Helm looks up every kind before it changes anything. */
function knownTo({ store }: World, rendered: readonly Manifest[] | string): readonly Manifest[] | string {
  if (typeof rendered === 'string') return rendered;
  const isUnknown = ({ apiVersion, kind }: Manifest) =>
    !KINDS.some((known) => known.apiVersion === apiVersion && known.kind === kind && isServed(store, known));
  const unknown = rendered.find(isUnknown);
  if (unknown === undefined) return refusedBy(store, rendered) ?? rendered;
  const { apiVersion, kind, metadata } = unknown;
  const found = `resource mapping not found for name: "${metadata.name}" namespace: "${metadata.namespace}" from ""`;
  return `unable to build kubernetes objects from release manifest: ${found}: no matches for kind "${kind}" in version "${apiVersion}"\nensure CRDs are installed first`;
}

/** What a StatefulSet with volumes does not let be changed. With or without them Airflow's real chart makes another kind of workload. */
function refusedBy(store: World['store'], rendered: readonly Manifest[]): string | undefined {
  const named = { group: 'apps', resource: 'statefulsets', kind: 'StatefulSet' };
  for (const object of rendered.filter(({ kind }) => kind === named.kind)) {
    const live = store.get(refOf(object));
    if (specOf(live).volumeClaimTemplates === undefined) continue;
    try {
      validate(named, JSON.parse(JSON.stringify(object)), live);
    } catch (error) {
      return `cannot patch "${object.metadata.name}" with kind StatefulSet: ${(error as Error).message}`;
    }
  }
  return undefined;
}

function withoutSource(source: Manifest | undefined, { kind, name }: Tree, namespace: string): Condition {
  const absent = `could not get Source object: ${kind}.source.toolkit.fluxcd.io "${name}" not found`;
  if (source === undefined) return ready('False', 'ArtifactFailed', absent);
  const { status, message } = conditionOf(source, 'Ready') ?? {};
  const why = status === 'False' ? message : 'latest generation of object has not been reconciled';
  return ready('False', 'SourceNotReady', `${kind} '${namespace}/${name}' is not ready: ${why}`);
}

/** "resetAt" counts only together with the same "requestedAt". */
function resetRequest(release: Manifest): string | undefined {
  const { annotations = {} } = release.metadata;
  const token = annotations['reconcile.fluxcd.io/resetAt'];
  return token === annotations['reconcile.fluxcd.io/requestedAt'] ? token : statusOf(release).lastHandledResetAt;
}

/** Applies what was rendered; pods carry the digest of their configuration as it was let in, so they restart when it changes. */
function applyRelease(world: World, release: Manifest, rendered: readonly Manifest[]): readonly Manifest[] {
  const { name, namespace = '' } = release.metadata;
  const metadata = {
    labels: { 'app.kubernetes.io/managed-by': 'Helm', [MANAGED]: name },
    annotations: { [RELEASE]: name, [NAMESPACE]: namespace },
  };
  const objects = rendered.map((object) => admit(world, mergeTrees(object, { metadata })));
  const configuration = hashOf(objects.filter(({ kind }) => kind === 'ConfigMap').map(({ data }) => data));
  const checksum = { spec: { template: { metadata: { annotations: { 'checksum/config': configuration } } } } };
  const applied = objects.map((object) =>
    apply(world, specOf(object).template === undefined ? object : mergeTrees(object, checksum), 'helm-controller'),
  );
  const kept = new Set(applied.map((object) => nameOf(refOf(object))));
  for (const object of ownedObjects(world)) {
    const { annotations } = object.metadata;
    const isOurs = annotations?.[RELEASE] === name && annotations[NAMESPACE] === namespace;
    if (isOurs && !kept.has(nameOf(refOf(object)))) world.store.remove(refOf(object));
  }
  return applied;
}

function ownedObjects(world: World): readonly Manifest[] {
  const all = knownKinds().flatMap(({ apiVersion, kind }) => world.store.list(apiVersion, kind));
  return all.filter(({ metadata }) => metadata.labels?.[MANAGED] !== undefined);
}

function failed({ metadata: { namespace, name } }: Manifest, action: string, why: string): Outcome['reported'] {
  const reason = action === 'install' ? 'InstallFailed' : 'UpgradeFailed';
  return released(ready('False', reason, `Helm ${action} failed for release ${namespace}/${name} ${why}`));
}

/** After a rollback Ready speaks of that: only Released still says why. */
function exhausted(release: Manifest, action: string, what: string, failures: number): Outcome['reported'] {
  const why: Condition = conditionOf(release, 'Released');
  const stalled = ready('True', 'RetriesExceeded', `Failed to ${action} after ${failures} attempt(s)`);
  const { name, namespace } = release.metadata;
  const back = ready('False', 'RollbackSucceeded', `Helm rollback to previous release ${namespace}/${name} ${what} succeeded`);
  return [action === 'install' ? { ...why, type: 'Ready' } : back, why, { ...stalled, type: 'Stalled' }];
}

function succeeded({ namespace, name, version }: Tree, what: string): Outcome['reported'] {
  const [action, reason] = version === 1 ? ['install', 'InstallSucceeded'] : ['upgrade', 'UpgradeSucceeded'];
  return released(ready('True', reason as string, `Helm ${action} succeeded for release ${namespace}/${name}.v${version} ${what}`));
}

function released(said: Condition): Outcome['reported'] {
  return [said, { ...said, type: 'Released' }];
}
