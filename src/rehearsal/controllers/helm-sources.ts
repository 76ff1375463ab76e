import { hashOf, specOf } from '../tree.ts';
import type { World } from '../world.ts';
import { find, ready, reportFlux } from './apply.ts';

const API = 'source.toolkit.fluxcd.io/v1';
/** Chart to a part of the URL that serves it, and its version there. */
const SERVED: Readonly<Record<string, readonly [string, string]>> = {
  loki: ['grafana-community', '18.11.0'],
  alloy: ['grafana.github.io', '1.11.1'],
};

/** Fetches repository indexes and charts. */
export function reconcileHelmSources(world: World): void {
  for (const repository of world.store.list(API, 'HelmRepository')) {
    const revision = `sha256:${hashOf(specOf(repository).url, 64)}`;
    const stored = ready('True', 'Succeeded', `stored artifact: revision '${revision}'`);
    reportFlux(world, repository, { artifact: { revision, digest: revision } }, [stored]);
  }
  for (const chart of world.store.list(API, 'HelmChart')) {
    const { sourceRef, chart: name, version } = specOf(chart);
    const repository = find(world, API, sourceRef.kind, chart.metadata.namespace, sourceRef.name);
    const [url = '', served] = SERVED[name] ?? [];
    if (specOf(repository).url?.includes(url) && version === served) {
      const pulled = ready('True', 'ChartPullSucceeded', `pulled '${name}' chart with version '${version}'`);
      const artifact = { revision: version, digest: `sha256:${hashOf([name, version], 64)}` };
      reportFlux(world, chart, { artifact, observedChartName: name }, [pulled]);
    } else {
      const why = `failed to get chart version for remote reference: no '${name}' chart with version matching '${version}' found`;
      reportFlux(world, chart, {}, [ready('False', 'InvalidChartReference', `invalid chart reference: ${why}`)]);
    }
  }
}
