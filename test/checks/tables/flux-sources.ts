import { chartSourceIsReady, nobodyElseOwns, sourceIsFollowed } from '#checks/flux-sources.ts';
import { objectsAreGone } from '#checks/gone.ts';
import type { Answer } from '#model/read.ts';
import { absent, failed, GITOPS, LOKI, list, met, minutesAgo, object, pending, table } from '../support.ts';

const ready = (status: string, reason = 'Succeeded', message = '') => ({ type: 'Ready', status, reason, message });
const source = (spec: Record<string, unknown>, ...conditions: object[]): Answer =>
  object({
    name: 'flux-system',
    namespace: 'flux-system',
    generation: 1,
    spec,
    status: { observedGeneration: 1, artifact: { revision: 'main@sha1:c0ffee' }, conditions },
  });
const main = { ref: { branch: 'main' } };
const repository = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'HelmRepository',
  namespace: 'monitoring',
  name: 'grafana-community',
};
const release = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', namespace: 'monitoring', name: 'loki' };
const secret = { apiVersion: 'v1', kind: 'Secret', namespace: 'monitoring', name: 'loki' };
const owner = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', namespace: 'flux-system', name: 'loki' };
const kustomization = (name: string, ids: readonly string[], namespace = 'flux-system') => ({
  name,
  namespace,
  spec: { path: `./${name}` },
  status: { inventory: { entries: ids.map((id) => ({ id, v: 'v2' })) } },
});
const RELEASE = 'monitoring_loki_helm.toolkit.fluxcd.io_HelmRelease';

const claim = { apiVersion: 'objectbucket.io/v1alpha1', kind: 'ObjectBucketClaim', namespace: 'monitoring', name: 'loki-bucket' };
const [RELEASE_NAME, CLAIM_NAME] = ['HelmRelease monitoring/loki', 'ObjectBucketClaim monitoring/loki-bucket'];

export default [
  table(
    objectsAreGone('rollback.2.1-gone', [release, claim]),
    { [RELEASE_NAME]: absent, [CLAIM_NAME]: absent },
    '2 objects, none of them there',
    [
      pending(
        'not pruned yet',
        { [RELEASE_NAME]: object({ name: 'loki' }) },
        'HelmRelease monitoring/loki is still there',
        'is not being deleted: Flux has not applied the newest commit, or does not prune it',
        'flux get kustomizations -A tells whether Flux has applied it; kubectl describe helmrelease.helm.toolkit.fluxcd.io -n monitoring loki',
      ),
      pending(
        'held up',
        {
          [RELEASE_NAME]: object({ name: 'loki', deletionTimestamp: minutesAgo(3), finalizers: ['finalizers.fluxcd.io'] }),
          [CLAIM_NAME]: object({ name: 'loki-bucket', deletionTimestamp: minutesAgo(2) }),
        },
        `${RELEASE_NAME}, ${CLAIM_NAME} are still there`,
        'which waits for finalizers.fluxcd.io',
        'which waits for its end',
      ),
    ],
    [RELEASE_NAME, CLAIM_NAME],
  ),
  table(sourceIsFollowed(GITOPS), { found: source(main, ready('True')) }, 'branch main at main@sha1:c0ffee', [
    failed('not there', { found: absent }, 'GitRepository flux-system/flux-system is not there', 'environment.gitops.source'),
    failed(
      'another branch',
      { found: source({ ref: { branch: 'staging' } }, ready('True')) },
      'follows branch staging',
      'pushed to main',
      'environment.gitops.branch',
    ),
    failed('no ref: Flux takes master', { found: source({}, ready('True')) }, 'follows branch master'),
    failed('a tag', { found: source({ ref: { tag: 'v1' } }, ready('True')) }, 'follows no branch', 'spec.ref.branch'),
    met('the branch by its full name', { found: source({ ref: { name: 'refs/heads/main' } }, ready('True')) }),
    failed(
      'another by its full name',
      { found: source({ ref: { name: 'refs/heads/x', branch: 'main' } }, ready('True')) },
      'follows branch x',
    ),
    failed(
      'suspended',
      { found: source({ ...main, suspend: true }, ready('True')) },
      'is suspended',
      'flux resume source git -n flux-system flux-system',
    ),
    pending(
      'it cannot fetch',
      { found: source(main, ready('False', 'GitOperationFailed', 'no route')) },
      'GitOperationFailed: no route',
      'kubectl describe gitrepository',
    ),
    pending('it says nothing', { found: source(main) }, 'says nothing about being ready'),
  ]),
  table(chartSourceIsReady('flux.loki-charts-fetched', repository, LOKI.chart), { found: source({}, ready('True')) }, 'index main@sha1', [
    pending(
      'not there yet',
      { found: absent },
      'HelmRepository monitoring/grafana-community is not there',
      'kubectl get helmrepository -n monitoring',
    ),
    met('OCI has no status', { found: object({ spec: { type: 'oci' } }) }, 'OCI'),
    failed(
      'suspended',
      { found: source({ suspend: true }, ready('True')) },
      'is suspended',
      'flux resume source helm -n monitoring grafana-community',
    ),
    pending(
      'its address is wrong',
      { found: source({}, ready('False', 'Failed', 'failed to fetch Helm repository index: connection refused')) },
      'connection refused',
      `curl -fsS ${LOKI.chart.repository}/index.yaml`,
      'environment.loki.chart.repository',
    ),
    pending(
      'it is at it',
      { found: source({}, ready('Unknown', 'Progressing', 'fetching')) },
      'is not ready',
      'kubectl describe helmrepository',
    ),
  ]),
  table(
    nobodyElseOwns('flux.loki-one-owner', owner, [release, secret]),
    { all: list(kustomization('loki', [RELEASE]), kustomization('apps', ['flux-system_loki_kustomize.toolkit.fluxcd.io_Kustomization'])) },
    '1 others hold none of them',
    [
      failed(
        'another holds it, too',
        { all: list(kustomization('loki', [RELEASE]), kustomization('monitoring', [RELEASE])) },
        'Kustomization flux-system/monitoring holds HelmRelease monitoring/loki, too',
        'is in the inventory of Kustomization flux-system/monitoring, which applies ./monitoring',
        'Kustomization flux-system/loki applies it as well',
        'kustomize.toolkit.fluxcd.io/prune: disabled',
      ),
      failed(
        'one of that name in another namespace',
        { all: list(kustomization('loki', [RELEASE], 'monitoring')) },
        'Kustomization monitoring/loki holds',
      ),
      failed('an object of the core', { all: list(kustomization('x', ['monitoring_loki__Secret'])) }, 'holds Secret monitoring/loki'),
      met('another namespace or kind', { all: list(kustomization('x', ['other_loki__Secret', 'monitoring_loki__ConfigMap'])) }),
      met('no inventory yet', { all: list({ name: 'x', namespace: 'flux-system', spec: {} }) }),
    ],
    ['all'],
  ),
];
