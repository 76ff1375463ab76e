import { refOf } from '#model/kubernetes.ts';
import { hashOf, specOf } from '../tree.ts';
import type { World } from '../world.ts';
import { type Condition, conditions, find, handledRequest, timeOf } from './apply.ts';

/** What each chart repository serves: a part of its URL, and chart to versions. */
const SERVED: readonly { readonly url: string; readonly charts: Readonly<Record<string, readonly string[]>> }[] = [
  { url: 'grafana-community', charts: { loki: ['18.11.0'] } },
  { url: 'grafana.github.io', charts: { alloy: ['1.11.1'] } },
];

/** Fetches repository indexes and charts. A repository of `type: oci` has no status at all, as with the real one. */
export function reconcileHelmSources(world: World): void {
  for (const repository of world.store.list('source.toolkit.fluxcd.io/v1', 'HelmRepository')) {
    if (specOf(repository).type === 'oci') continue;
    const revision = `sha256:${hashOf(specOf(repository).url, 64)}`;
    const ready = { type: 'Ready', status: 'True', reason: 'Succeeded', message: `stored artifact: revision '${revision}'` } as const;
    report(world, repository, ready, { artifact: { revision, digest: revision } });
  }
  for (const chart of world.store.list('source.toolkit.fluxcd.io/v1', 'HelmChart')) {
    const { namespace } = chart.metadata;
    const { sourceRef, chart: name, version } = specOf(chart);
    const repository = find(world, 'source.toolkit.fluxcd.io/v1', sourceRef.kind, namespace, sourceRef.name);
    if (repository === undefined) {
      const message = `failed to get source: ${sourceRef.kind.toLowerCase()}s.source.toolkit.fluxcd.io "${sourceRef.name}" not found`;
      report(world, chart, { type: 'Ready', status: 'False', reason: 'SourceUnavailable', message }, {});
    } else if (isServed(specOf(repository).url, name, version)) {
      const ready = {
        type: 'Ready',
        status: 'True',
        reason: 'ChartPullSucceeded',
        message: `pulled '${name}' chart with version '${version}'`,
      } as const;
      const artifact = { revision: version, digest: `sha256:${hashOf([name, version], 64)}` };
      report(world, chart, ready, {
        artifact,
        observedChartName: name,
        observedSourceArtifactRevision: `sha256:${hashOf(specOf(repository).url, 64)}`,
      });
    } else {
      const why = `no '${name}' chart with version matching '${version}' found`;
      const message = `invalid chart reference: failed to get chart version for remote reference: ${why}`;
      report(world, chart, { type: 'Ready', status: 'False', reason: 'InvalidChartReference', message }, {});
    }
  }
}

/** Whether a repository has this chart in this version. Those that this world knows nothing of have whatever is asked for. */
function isServed(url: string, chart: string, version: string): boolean {
  const known = SERVED.filter(({ charts }) => chart in charts);
  return known.length === 0 || known.some((repository) => url.includes(repository.url) && repository.charts[chart]?.includes(version));
}

function report(
  world: World,
  source: Parameters<typeof conditions>[1],
  ready: Condition,
  fields: { artifact?: object; [field: string]: unknown },
): void {
  const before = (source.status ?? {}) as { artifact?: { revision: string; lastUpdateTime: string } };
  const artifact = fields.artifact as { revision: string } | undefined;
  const lastUpdateTime = before.artifact?.revision === artifact?.revision ? before.artifact?.lastUpdateTime : timeOf(world);
  world.store.setStatus(refOf(source), {
    ...fields,
    ...(artifact === undefined ? {} : { artifact: { ...artifact, lastUpdateTime } }),
    observedGeneration: source.metadata.generation,
    conditions: conditions(world, source, [ready]),
    ...handledRequest(source),
  });
}
