import type { Manifest } from '#model/kubernetes.ts';
import { knownKinds, nameOf, refOf } from '#model/kubernetes.ts';
import { timestamp } from '../api/store.ts';
import { admit } from '../faults/index.ts';
import { hashOf, mergeTrees, specOf, statusOf, type Tree } from '../tree.ts';
import type { World } from '../world.ts';
import { apply, type Condition, find, isReady, ready, reportFlux } from './apply.ts';
import { renderAirflow } from './charts/airflow.ts';
import { renderAlloy } from './charts/alloy.ts';
import { renderLoki } from './charts/loki.ts';
import { describeHealth, healthOf } from './health.ts';

const API = 'helm.toolkit.fluxcd.io/v2';
const RELEASE = 'meta.helm.sh/release-name';
const NAMESPACE = 'meta.helm.sh/release-namespace';

/** A chart as a snapshot: its objects for a release name, a namespace and values, or Helm's words when it does not render. */
type Render = (release: string, namespace: string, values: Tree) => readonly Manifest[] | string;

const CHARTS: Readonly<Record<string, Render>> = { loki: renderLoki, alloy: renderAlloy, airflow: renderAirflow };

/** Renders each HelmRelease, applies what differs, waits for its workloads and reports; uninstalls what has no release any more. */
export function reconcileHelmReleases(world: World): void {
  for (const release of world.store.list(API, 'HelmRelease')) {
    const { fields, reported } = reconcileRelease(world, release);
    reportFlux(world, release, { ...statusOf(release), ...fields }, reported);
  }
  for (const object of ownedObjects(world)) {
    const { annotations } = object.metadata;
    const release = find(world, API, 'HelmRelease', annotations?.[NAMESPACE], annotations?.[RELEASE] ?? '');
    if (release === undefined) world.store.remove(refOf(object));
  }
}

/** What one look at a release came to: its conditions, and what else changes in its status. */
interface Outcome {
  readonly reported: readonly Condition[];
  readonly fields?: Tree;
}

function reconcileRelease(world: World, release: Manifest): Outcome {
  const { name, namespace = '' } = release.metadata;
  const { chartRef, chart, values } = specOf(release);
  const source = chartRef && find(world, 'source.toolkit.fluxcd.io/v1', chartRef.kind, namespace, chartRef.name);
  if (chartRef && !isReady(source))
    return { reported: [ready('False', 'SourceNotReady', `${chartRef.kind} '${namespace}/${chartRef.name}' is not ready`)] };
  const chartName: string = statusOf(source).observedChartName ?? chart.spec.chart;
  const chartVersion: string = statusOf(source).artifact?.revision ?? chart.spec.version;
  const what = `release ${namespace}/${name} with chart ${chartName}@${chartVersion}`;
  // A chart that this world can't render is somebody else's: what stands in the store stands for it.
  const rendered = CHARTS[chartName]?.(name, namespace, values) ?? [];
  if (typeof rendered === 'string') return failed(release, `for ${what}: ${rendered}`);
  const unhealthy = applyRelease(world, release, rendered).filter((object) => healthOf(object) !== 'Current');
  const [latest, ...older]: Tree[] = statusOf(release).history ?? [];
  const configDigest = `sha256:${hashOf([values, chartName, chartVersion], 64)}`;
  if (latest?.configDigest === configDigest) return { reported: [succeeded(latest, what)] };
  if (unhealthy.length > 0)
    return {
      reported: [ready('Unknown', 'Progressing', `Running action for ${what}: waiting for ${unhealthy.map(describeHealth).join(', ')}`)],
    };
  const version = (latest?.version ?? 0) + 1;
  const deployed = {
    name,
    namespace,
    chartName,
    chartVersion,
    configDigest,
    version,
    status: 'deployed',
    lastDeployed: timestamp(world.now()),
  };
  const history = latest === undefined ? [deployed] : [deployed, { ...latest, status: 'superseded' }, ...older];
  return { reported: [succeeded(deployed, what)], fields: { history } };
}

/** Applies what was rendered; pods carry the digest of their configuration as it was let in, so they restart when it changes. */
function applyRelease(world: World, release: Manifest, rendered: readonly Manifest[]): readonly Manifest[] {
  const { name, namespace = '' } = release.metadata;
  const metadata = { annotations: { [RELEASE]: name, [NAMESPACE]: namespace } };
  const objects = rendered.map((object) => admit(world, mergeTrees(object, { metadata })));
  const configuration = hashOf(objects.filter(({ kind }) => kind === 'ConfigMap').map(({ data }) => data));
  const checksum = { spec: { template: { metadata: { annotations: { 'checksum/config': configuration } } } } };
  const applied = objects.map((object) => apply(world, specOf(object).template === undefined ? object : mergeTrees(object, checksum)));
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
  return all.filter(({ metadata }) => metadata.annotations?.[RELEASE] !== undefined);
}

/** What does not render will not by itself: the release is stalled until something about it changes. */
function failed(release: Manifest, why: string): Outcome {
  const [action, reason] = statusOf(release).history === undefined ? ['install', 'InstallFailed'] : ['upgrade', 'UpgradeFailed'];
  const stalled: Condition = { type: 'Stalled', status: 'True', reason: 'RetriesExceeded', message: `Failed to ${action}` };
  return { reported: [ready('False', reason as string, `Helm ${action} failed ${why}`), stalled] };
}

function succeeded({ version }: Tree, what: string): Condition {
  const [action, reason] = version === 1 ? ['install', 'InstallSucceeded'] : ['upgrade', 'UpgradeSucceeded'];
  return ready('True', reason as string, `Helm ${action} succeeded for ${what}`);
}
