import { fluxServesApis, kindIsServed } from '#checks/installed.ts';
import type { Answer } from '#model/read.ts';
import { failed, list, met, table } from '../support.ts';

const controller = (name: string, image: string) => ({
  name,
  namespace: 'flux-system',
  spec: { template: { spec: { containers: [{ name: 'manager', image }] } } },
});
const secrets = { group: 'external-secrets.io', version: 'v1', resource: 'externalsecrets', namespace: 'monitoring' };
const notServed: Answer = { of: 'list', served: false, items: [] };
const one = list({ name: 'a', namespace: 'monitoring' });
const controllers = list(
  controller('source-controller', 'registry.lan:5000/fluxcd/source-controller:v1.7.0@sha256:0123'),
  controller('helm-controller', 'ghcr.io/fluxcd/helm-controller:v1.4.0'),
);

export default [
  table(
    fluxServesApis('flux-system', 'monitoring'),
    { controllers, kustomizations: one, repositories: one, charts: one, releases: one },
    'source-controller v1.7.0, helm-controller v1.4.0',
    [
      met('none of the kinds yet', { repositories: list(), charts: list(), releases: list() }),
      failed(
        'HelmRelease is too old',
        { controllers: list(controller('helm-controller', 'ghcr.io/fluxcd/helm-controller:v0.37.4')), releases: notServed },
        'helm-controller v0.37.4',
        'the API server does not serve helmreleases.helm.toolkit.fluxcd.io/v2',
        'flux install --export',
      ),
      failed(
        'nothing of it',
        { controllers: list(), kustomizations: notServed, repositories: notServed, charts: notServed, releases: notServed },
        'no controller tells its version',
        'kustomizations.kustomize.toolkit.fluxcd.io/v1',
        'helmrepositories.source.toolkit.fluxcd.io/v1',
        'helmcharts.source.toolkit.fluxcd.io/v1',
      ),
      met(
        'an image by digest: what is served decides',
        { controllers: list(controller('source-controller', 'registry.lan:5000/source-controller@sha256:0123')) },
        'source-controller of no known version',
      ),
    ],
    ['controllers'],
  ),
  table(
    kindIsServed('external-secrets.installed', 'External Secrets', secrets, 'install it: https://external-secrets.io/'),
    { found: one },
    'externalsecrets.external-secrets.io/v1 is served, 1 in monitoring',
    [
      met('none of the kind yet', { found: list() }, '0 in monitoring'),
      failed(
        'its definition is not there',
        { found: notServed },
        'the API server does not serve externalsecrets.external-secrets.io/v1',
        'too old or too new for v1',
        'install it',
      ),
    ],
  ),
];
