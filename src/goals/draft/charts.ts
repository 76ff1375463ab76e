import * as semver from 'semver';
import type { SurveyedCluster } from '#model/survey.ts';
import { type Finding, found, pathOf } from './finding.ts';

/** Until this one chart loki was Grafana's: https://github.com/grafana-community/helm-charts */
const MOVED = '6.55.0';
const FORMER = 'https://grafana.github.io/helm-charts';
/** Before this one the mode of a single process was called so. */
const MONOLITHIC = '12.0.0';

/** What is installed stays at its version: nobody asked for another one. Nothing is installed: the goals' own default. */
export function draftCharts(cluster: SurveyedCluster): readonly Finding[] {
  const [loki, alloy] = [findInstalled(cluster, 'loki'), findInstalled(cluster, 'alloy')];
  return [...(loki === undefined ? [] : draftLoki(loki)), ...(alloy === undefined ? [] : [versionOf('alloy', alloy)])];
}

interface Installed {
  readonly version: string;
  readonly from: string;
}

function draftLoki(loki: Installed): readonly Finding[] {
  const { version } = loki;
  const isFormer = semver.lt(version, MOVED);
  return [
    ...(isFormer ? [found('/loki/chart/repository', FORMER, `chart loki ${version} is served there: it moved with ${MOVED}`)] : []),
    versionOf('loki', loki),
    ...(semver.lt(version, MONOLITHIC)
      ? [found('/loki/values/deploymentMode', 'SingleBinary', `chart loki ${version} calls a single process so`)]
      : []),
  ];
}

function versionOf(app: string, { version, from }: Installed): Finding {
  return found(`/${app}/chart/version`, version, `${from} has it: no upgrade unasked`);
}

/** By a HelmRelease, else by the label that Helm's charts put on what they render. */
function findInstalled({ helmReleases = [], workloads }: SurveyedCluster, chart: string): Installed | undefined {
  const release = helmReleases.find((each) => each.chart === chart && semver.valid(each.version) !== null);
  if (release !== undefined) return { version: String(release.version), from: `HelmRelease ${pathOf(release)}` };
  const all = workloads.map((each) => ({ each, version: each.labels['helm.sh/chart']?.slice(chart.length + 1) }));
  const one = all.find(({ each, version }) => each.labels['helm.sh/chart'] === `${chart}-${version}` && semver.valid(version) !== null);
  return one === undefined ? undefined : { version: String(one.version), from: `what helm install made, ${pathOf(one.each)},` };
}
