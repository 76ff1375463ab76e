import { chartIsServed, fluxIsAvailable, kustomizationIsApplied, remoteIsUsable } from '#checks/flux.ts';
import { releaseIsReady } from '#checks/releases.ts';
import type { Answer } from '#model/read.ts';
import { absent, failed, GITOPS, LOKI, list, met, minutesAgo, object, pending, table } from '../support.ts';

const TIP = 'c0ffee1234567890c0ffee1234567890c0ffee12';
const OLD = 'main@sha1:0000000000000000000000000000000000000000';
const REVISION = `main@sha1:${TIP}`;

const says = (type: string, status: string, reason: string, message = '') => ({ type, status, reason, message });
const ready = says('Ready', 'True', 'ReconciliationSucceeded');
const flux = (status: Record<string, unknown>, rest: Record<string, unknown> = {}): Answer =>
  object({ name: 'loki', namespace: 'flux-system', generation: 2, status: { observedGeneration: 2, ...status }, ...rest });
const controller = (name: string, availableReplicas = 1, replicas = 1) => ({
  name,
  spec: { replicas, template: { spec: { containers: [] } } },
  status: { availableReplicas },
});
const controllers = ['source-controller', 'kustomize-controller', 'helm-controller'];
const remote = (rest: Record<string, string>): Answer => ({ of: 'remote', remote: 'origin', branch: 'main', ...rest });

const kustomization = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', namespace: 'flux-system', name: 'loki' };
const chart = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'HelmChart', namespace: 'monitoring', name: 'loki' };
const release = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', namespace: 'monitoring', name: 'loki' };
const served = (version: string, ...conditions: object[]) => flux({ artifact: { revision: version }, conditions });
const released = (chartVersion: string, ...conditions: object[]) => flux({ history: [{ chartVersion, status: 'deployed' }], conditions });
const stalled = [
  says('Ready', 'False', 'InstallFailed', 'context deadline exceeded'),
  { ...says('Stalled', 'True', 'RetriesExceeded', 'Failed to install after 4 attempt(s)'), lastTransitionTime: minutesAgo(20) },
];
const running = (isReady: string) => ({ name: 'loki-0', spec: { containers: [] }, status: { conditions: [says('Ready', isReady, '')] } });
/** The source, with a commit that it fetched so many minutes ago. */
const fetchedAt = (minutes: number) => flux({ artifact: { revision: REVISION, lastUpdateTime: minutesAgo(minutes) } });
const refused = [
  says(
    'Ready',
    'False',
    'InstallFailed',
    'Helm install failed for release monitoring/loki with chart loki@18.11.0: execution error at (loki/templates/validate.yaml:31:4): You have more than zero replicas',
  ),
];
const rolledBack = [
  says('Ready', 'False', 'RollbackSucceeded', 'Helm rollback to previous release succeeded'),
  says(
    'Released',
    'False',
    'UpgradeFailed',
    "Helm upgrade failed: timeout waiting for: [StatefulSet/monitoring/loki status: 'InProgress']",
  ),
  says('Stalled', 'True', 'RetriesExceeded', 'Failed to upgrade after 4 attempt(s)'),
];
const inProgress = says('Ready', 'Unknown', 'Progressing', 'Reconciliation in progress');
const _building = [inProgress, says('Reconciling', 'True', 'Progressing', `Building manifests for revision ${REVISION}`)];
const waiting = flux({
  lastAppliedRevision: OLD,
  lastAttemptedRevision: REVISION,
  conditions: [inProgress, says('Reconciling', 'True', 'Progressing', `Running health checks for revision ${REVISION}`)],
});
const asked = { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } };
const unhealthy = (rest: Record<string, unknown> = {}) => {
  const conditions = [says('Ready', 'False', 'HealthCheckFailed', 'failed early due to stalled resources')];
  return flux({ lastAppliedRevision: OLD, lastAttemptedRevision: REVISION, conditions }, rest);
};

export default [
  table(fluxIsAvailable('flux-system'), { controllers: list(...controllers.map((name) => controller(name))) }, '3 of 3 available', [
    pending(
      'one is down',
      { controllers: list(...controllers.map((name) => controller(name, name === 'helm-controller' ? 0 : 1))) },
      '2 of 3',
      'helm-controller is not available',
      'kubectl describe deployment -n flux-system helm-controller',
    ),
    failed(
      'one is scaled to nothing',
      { controllers: list(...controllers.map((name) => controller(name, 1, name === 'helm-controller' ? 0 : 1))) },
      '2 of 3 available',
      'Deployment flux-system/helm-controller is scaled to 0',
      'kubectl scale deployment -n flux-system helm-controller --replicas=1',
    ),
    failed('one is not installed', { controllers: list(controller('source-controller')) }, 'helm-controller is not installed', 'fluxcd.io'),
    failed('no Flux', { controllers: list() }, 'none', 'source-controller is not installed in flux-system'),
  ]),
  table(
    kustomizationIsApplied('flux.loki-applied', kustomization, GITOPS),
    {
      kustomization: flux({ lastAppliedRevision: REVISION, conditions: [ready] }),
      source: flux({ artifact: { revision: REVISION } }),
      remote: remote({ tip: TIP }),
    },
    'applied c0ffee1',
    [
      failed(
        'the remote is unreachable',
        { remote: remote({ unreachable: 'Permission denied (publickey)' }) },
        'publickey',
        'git ls-remote',
      ),
      failed('no such branch', { remote: remote({}) }, 'no branch main', 'environment.gitops.branch'),
      failed('no source', { source: absent }, 'GitRepository flux-system/flux-system is not there', 'environment.gitops.source'),
      pending(
        'not fetched yet',
        { source: flux({ artifact: { revision: OLD }, conditions: [says('Ready', 'False', 'GitOperationFailed', 'no route')] }) },
        'not fetched c0ffee1',
        'no route',
        'flux reconcile source git -n flux-system flux-system',
      ),
      failed(
        'the source is suspended',
        { source: flux({ artifact: { revision: OLD } }, { spec: { suspend: true } }) },
        'flux resume source git',
      ),
      pending('not made yet', { kustomization: absent }, 'Kustomization flux-system/loki is not there', 'cluster-apps makes it'),
      pending(
        'an older success does not count',
        { kustomization: flux({ lastAppliedRevision: OLD, conditions: [ready] }) },
        'has not applied c0ffee1',
      ),
      pending(
        'it waits for another',
        {
          kustomization: flux({
            lastAppliedRevision: OLD,
            lastAttemptedRevision: REVISION,
            conditions: [says('Ready', 'False', 'DependencyNotReady', "dependency 'flux-system/loki-storage' is not ready")],
          }),
        },
        'DependencyNotReady',
      ),
      failed(
        'it does not build',
        {
          kustomization: flux({
            lastAppliedRevision: OLD,
            lastAttemptedRevision: REVISION,
            conditions: [says('Ready', 'False', 'BuildFailed', 'kustomize build failed')],
          }),
        },
        'BuildFailed: kustomize build failed',
        'flux logs --kind=Kustomization --name=loki',
      ),
      pending(
        'what failed was its spec of before',
        {
          kustomization: flux({
            lastAppliedRevision: OLD,
            lastAttemptedRevision: REVISION,
            conditions: [{ ...says('Ready', 'False', 'BuildFailed', 'kustomize build failed'), observedGeneration: 1 }],
          }),
        },
        'BuildFailed',
      ),
      failed(
        'it waits for health, and is not healthy in time',
        { kustomization: unhealthy() },
        'HealthCheckFailed: failed early',
        'flux logs',
      ),
      pending('it was asked to look again', { kustomization: unhealthy(asked) }, 'HealthCheckFailed'),
      pending('it waits for health', { kustomization: waiting }, 'Progressing: Running health checks for revision'),
      failed(
        'it is suspended',
        { kustomization: flux({ lastAppliedRevision: OLD }, { spec: { suspend: true } }) },
        'Kustomization flux-system/loki is suspended',
        'flux resume kustomization -n flux-system loki',
      ),
      pending(
        'applied, and not ready yet',
        { kustomization: flux({ lastAppliedRevision: REVISION, conditions: [says('Ready', 'Unknown', 'Progressing', 'waiting')] }) },
        'is not ready',
        'waiting',
      ),
    ],
  ),
  table(chartIsServed('flux.loki-chart-served', chart, LOKI.chart), { found: served('18.11.0', ready) }, 'version 18.11.0', [
    pending('not there yet', { found: absent }, 'HelmChart monitoring/loki is not there'),
    pending('an older one still', { found: served('18.10.0', ready) }, 'serves 18.10.0'),
    pending(
      'its repository is not fetched yet',
      { found: flux({ conditions: [says('Ready', 'False', 'NoSourceArtifact', 'no artifact available')] }) },
      'no artifact available',
    ),
    failed(
      'no such version',
      { found: flux({ conditions: [says('Ready', 'False', 'InvalidChartReference', "no chart with version matching '18.11.0' found")] }) },
      "chart loki 18.11.0 can't be had",
      'HelmChart monitoring/loki',
      'environment.loki.chart.version',
    ),
    pending(
      'that was said of another version',
      { found: flux({ observedGeneration: 1, conditions: [says('Ready', 'False', 'InvalidChartReference', 'no chart')] }) },
      'serves nothing yet',
    ),
    pending('served, without a Ready', { found: served('18.11.0') }, 'says nothing about being ready'),
  ]),
  table(
    releaseIsReady('loki.release-ready', release, '18.11.0', 'flux.loki-applied', GITOPS.source),
    { found: released('18.11.0', ready), source: fetchedAt(30), sets: list(), deployments: list(), daemons: list(), pods: list() },
    'chart 18.11.0 deployed',
    [
      pending('not there yet', { found: absent }, 'HelmRelease monitoring/loki is not there'),
      failed(
        'retries exhausted',
        { found: flux({ conditions: stalled }) },
        'HelmRelease monitoring/loki is stalled: RetriesExceeded',
        'context deadline exceeded',
        'mend the cause, then: flux reconcile helmrelease -n monitoring loki --reset',
      ),
      failed(
        'retries exhausted, and a commit came since',
        { found: flux({ conditions: stalled }), source: fetchedAt(19) },
        'RetriesExceeded',
        '--reset',
      ),
      failed(
        'retries exhausted at the time of the commit',
        { found: flux({ conditions: stalled }), source: fetchedAt(20) },
        'RetriesExceeded',
      ),
      failed(
        'retries exhausted, and all runs by now',
        { found: flux({ conditions: stalled }), pods: list(running('True')) },
        'RetriesExceeded',
        '--reset',
      ),
      failed(
        'retries exhausted, and a pod is not ready',
        { found: flux({ conditions: stalled }), pods: list(running('False')) },
        'RetriesExceeded',
      ),
      failed('retries exhausted, nobody knows when', { found: flux({ conditions: rolledBack }), source: fetchedAt(1) }, 'RetriesExceeded'),
      failed('retries exhausted, and no source', { found: flux({ conditions: stalled }), source: absent }, 'RetriesExceeded'),
      pending(
        'a CRD is missing',
        { found: flux({ conditions: [says('Ready', 'False', 'InstallFailed', 'no matches for kind "ServiceMonitor"')] }) },
        'no matches for kind "ServiceMonitor"',
        'kubectl describe helmrelease',
      ),
      failed(
        'rolled back: the cause is in another condition',
        { found: flux({ conditions: rolledBack }) },
        'stalled: RetriesExceeded',
        "Helm upgrade failed: timeout waiting for: [StatefulSet/monitoring/loki status: 'InProgress']",
        'Helm rollback to previous release succeeded',
        'Failed to upgrade after 4 attempt(s)',
      ),
      failed(
        'the chart refuses the values: never stalled',
        { found: flux({ observedGeneration: 1, conditions: refused, lastAttemptedGeneration: 2 }) },
        "can't be rendered with these values",
        'You have more than zero replicas',
        'mend what it says in Git',
      ),
      pending(
        'the chart refused the values of before',
        { found: flux({ observedGeneration: 1, conditions: refused, lastAttemptedGeneration: 1 }) },
        'newest generation',
      ),
      failed(
        'suspended, and not released what came after',
        {
          found: flux(
            { observedGeneration: 4, lastAttemptedGeneration: 2, history: [{ chartVersion: '18.11.0' }], conditions: [ready] },
            { generation: 4, spec: { suspend: true } },
          ),
        },
        'flux resume helmrelease -n monitoring loki',
      ),
      pending('stalled before it was asked to begin anew', { found: flux({ conditions: stalled }, asked) }, 'context deadline exceeded'),
      pending('stalled before the newest commit', { found: flux({ observedGeneration: 1, conditions: stalled }) }, 'InstallFailed'),
      pending('another chart version', { found: released('18.10.0', ready) }, 'chart version 18.10.0, wanted 18.11.0'),
      pending('Ready of an older generation', { found: flux({ observedGeneration: 1, conditions: [ready] }) }, 'newest generation'),
      pending('no conditions', { found: flux({}) }, 'says nothing about being ready'),
      failed('suspended', { found: flux({}, { spec: { suspend: true } }) }, 'flux resume helmrelease -n monitoring loki'),
      failed(
        'suspended at another chart version',
        { found: flux({ history: [{ chartVersion: '18.10.0' }], conditions: [ready] }, { spec: { suspend: true } }) },
        'flux resume helmrelease -n monitoring loki',
      ),
      failed(
        'suspended before it was ready',
        { found: flux({ history: [{ chartVersion: '18.11.0' }] }, { spec: { suspend: true } }) },
        'flux resume helmrelease -n monitoring loki',
      ),
      met('suspended, which is a generation of its own', {
        found: flux(
          { lastAttemptedGeneration: 1, history: [{ chartVersion: '18.11.0' }], conditions: [ready] },
          { spec: { suspend: true } },
        ),
      }),
      met('suspended when it was done', {
        found: flux({ history: [{ chartVersion: '18.11.0' }], conditions: [ready] }, { spec: { suspend: true } }),
      }),
    ],
    ['source', 'sets', 'deployments', 'daemons', 'pods'],
  ),
  table(remoteIsUsable, { remote: remote({ tip: TIP }) }, 'main at c0ffee1', [
    failed('unreachable', { remote: remote({ unreachable: 'Could not resolve host' }) }, 'Could not resolve host', 'git ls-remote origin'),
    failed(
      'no login',
      { remote: remote({ unreachable: "could not read Username for 'https://x'" }) },
      'could not read',
      'credential.helper',
    ),
    failed('no key', { remote: remote({ unreachable: 'Permission denied (publickey).' }) }, 'publickey', 'ssh-add'),
    failed('no authority', { remote: remote({ unreachable: 'SSL certificate problem' }) }, 'certificate', 'http.sslCAInfo'),
    failed('no such branch', { remote: remote({}) }, 'origin has no branch main', 'environment.gitops.branch'),
    failed(
      'a protected branch',
      { remote: remote({ tip: TIP, pushRefused: 'protected branch hook declined' }) },
      'protected branch',
      'git push',
    ),
  ]),
];
