import { hashOf, specOf } from '../tree.ts';
import type { World } from '../world.ts';
import { find, isReady, ready, reportFlux } from './apply.ts';
import { isWithdrawn } from './withdrawn.ts';

const API = 'source.toolkit.fluxcd.io/v1';
/** Chart to a part of the URL that serves it, and its versions there. */
const SERVED: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  loki: ['grafana-community', ['18.10.2', '18.11.0']],
  alloy: ['grafana.github.io', ['1.11.0', '1.11.1']],
};

/** Fetches repository indexes and charts. There is nothing at other addresses. */
export function reconcileHelmSources(world: World): void {
  for (const repository of world.store.list(API, 'HelmRepository')) {
    const { url } = specOf(repository);
    const revision = `sha256:${hashOf(url, 64)}`;
    const stored = ready('True', 'Succeeded', `stored artifact: revision '${revision}'`);
    const why = `failed to cache index to temporary file: Get "${url}/index.yaml": dial tcp: connect: connection refused`;
    if (Object.values(SERVED).some(([part]) => url.includes(part)))
      reportFlux(world, repository, { artifact: { revision, digest: revision } }, [stored]);
    else reportFlux(world, repository, {}, [ready('False', 'Failed', `failed to fetch Helm repository index: ${why}`)]);
  }
  for (const chart of world.store.list(API, 'HelmChart')) {
    const { sourceRef, chart: name, version } = specOf(chart);
    const repository = find(world, API, sourceRef.kind, chart.metadata.namespace, sourceRef.name);
    const [url = '', served = []] = SERVED[name] ?? [];
    if (!isReady(repository)) {
      const message = `no artifact available for ${sourceRef.kind} source '${sourceRef.name}'`;
      reportFlux(world, chart, {}, [ready('False', 'NoSourceArtifact', message)]);
    } else if (specOf(repository).url.includes(url) && served.includes(version) && !isWithdrawn(world, `${name}-${version}`)) {
      const pulled = ready('True', 'ChartPullSucceeded', `pulled '${name}' chart with version '${version}'`);
      const artifact = { revision: version, digest: `sha256:${hashOf([name, version], 64)}` };
      reportFlux(world, chart, { artifact, observedChartName: name }, [pulled]);
    } else {
      const why = `failed to get chart version for remote reference: no '${name}' chart with version matching '${version}' found`;
      const refused = ready('False', 'InvalidChartReference', `invalid chart reference: ${why}`);
      reportFlux(world, chart, {}, [refused, { ...refused, type: 'Stalled', status: 'True' }]);
    }
  }
}
