import { chartIsServed } from '#checks/flux.ts';
import { nobodyElseOwns } from '#checks/flux-sources.ts';
import { dashboardsAreFound } from '#checks/grafana.ts';
import { gatewayRoutes, limitsAreSet, lokiIsReady, lokiVersion } from '#checks/loki.ts';
import { canaryIsQuiet } from '#checks/loki-canary.ts';
import { structuredMetadataIsAllowed } from '#checks/loki-config.ts';
import { nothingIsDiscarded } from '#checks/loki-intake.ts';
import { flushReachesBucket, lineReturns } from '#checks/loki-lines.ts';
import { flushesSucceed, ringIsHealthy, walHasRoom, writesSucceed } from '#checks/loki-metrics.ts';
import { retentionIsConfigured } from '#checks/loki-retention.ts';
import { replicationFits, storageIsConfigured } from '#checks/loki-storage.ts';
import { claimsAreBound, podsAreAdmitted, podsFitNodes } from '#checks/pods.ts';
import { alertsAreHealthy, alertsAreLoaded, targetIsUp } from '#checks/prometheus.ts';
import { noPodIsStuck, releaseIsReady } from '#checks/releases.ts';
import { nothingRestarts } from '#checks/restarts.ts';
import { bucketIsReachable } from '#checks/s3.ts';
import { volumesAreUnchanged } from '#checks/volumes.ts';
import { deploymentIsAvailable, statefulSetIsRolledOut } from '#checks/workloads.ts';
import type { Step } from '#model/change.ts';
import { definePhase, objective } from '#model/phase.ts';
import { chartRef } from '../1-infrastructure/manifests.ts';
import { isApplied } from '../applied.ts';
import { releaseFile, releaseRef } from '../release.ts';
import { appOf } from '../repository.ts';
import { lokiValues, persistenceOf } from './values.ts';

/** Of those that chart loki brings: without it nobody learns that requests fail. */
const ALERTS = ['LokiRequestErrors'];
const MONITOR = 'monitoring.serviceMonitor.labels in environment.loki.values';

export default definePhase(2, 'Loki Deployment', (environment) => {
  const { gitops, storage, loki, prometheus, grafana } = environment;
  const { namespace, name } = loki;
  const app = appOf(environment, 'loki');
  const applied = isApplied(app, environment);
  const release = releaseRef(namespace, name);
  const selector = `app.kubernetes.io/instance=${name}`;
  return {
    preconditions: [
      bucketIsReachable(storage.bucket),
      chartIsServed('flux.loki-chart-served', chartRef(namespace, loki.chart.name), loki.chart),
    ],
    objectives: [
      objective('2.1', 'Core Deployment', {
        get steps(): readonly Step[] {
          const files = { [`${app.directory}/app/release.yaml`]: releaseFile(namespace, name, lokiValues(environment)) };
          return [
            { do: 'commit', files, why: `deploy Loki ${loki.version} in ${namespace}` },
            { do: 'reconcile', object: gitops.source },
          ];
        },
        deliverables: [
          {
            title: 'Deploy Loki HelmRelease',
            validations: [
              // First, for what is repaired first: a release that is reset while the pod is in its way fails again.
              noPodIsStuck('loki.no-stuck-pod', release, selector),
              volumesAreUnchanged('loki.volumes-unchanged', namespace, name, persistenceOf(environment)),
              nobodyElseOwns('flux.loki-one-owner', app.kustomization, [release]),
              podsAreAdmitted('loki.pods-admitted', { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name }, applied.id),
              podsFitNodes('loki.pods-fit', namespace, selector, 'environment.loki.memory.request', applied.id),
              claimsAreBound('loki.claim-bound', namespace, [`storage-${name}-0`], applied.id),
              releaseIsReady('loki.release-ready', release, loki.chart.version, applied.id, gitops.source),
              statefulSetIsRolledOut({ id: 'loki.rolled-out', namespace, name, after: ['loki.release-ready'] }),
              nothingRestarts({
                id: 'loki.no-restarts',
                namespace,
                selector,
                what: 'Loki',
                setting: 'environment.loki.memory.limit',
                release,
                after: applied.id,
              }),
              lokiIsReady(loki),
              applied,
            ],
          },
          {
            title: 'Configure deployment mode',
            aliases: ['Configure Simple Scalable mode', 'Configure SingleBinary mode'],
            validations: [
              deploymentIsAvailable({ id: 'loki.gateway-available', namespace, name: loki.gateway.name }),
              gatewayRoutes(loki),
              replicationFits(loki),
              ringIsHealthy(loki),
            ],
          },
          {
            title: 'Set up S3 storage backend',
            validations: [...storageIsConfigured(loki, storage), ...retentionIsConfigured(loki), flushReachesBucket(environment)],
          },
          {
            title: 'Configure resource limits',
            validations: [
              limitsAreSet(loki),
              structuredMetadataIsAllowed(loki),
              walHasRoom(loki, prometheus),
              nothingIsDiscarded(loki, prometheus),
            ],
          },
        ],
      }),
      objective('2.2', 'Monitoring Integration', {
        deliverables: [
          {
            title: 'Enable ServiceMonitor for metrics',
            ...(prometheus === null ? { skipped: 'there is no Prometheus here' } : {}),
            validations: prometheus === null ? [] : [targetIsUp(prometheus, { id: 'loki.scraped', namespace, name, setting: MONITOR })],
          },
          {
            title: 'Import Loki dashboards',
            ...(grafana === null ? { skipped: 'there is no Grafana here' } : {}),
            validations: grafana === null ? [] : [dashboardsAreFound(grafana, 'loki.dashboards', ['Loki / Operational'])],
          },
          {
            title: 'Configure alerting rules',
            ...(prometheus === null ? { skipped: 'there is no Prometheus here' } : {}),
            validations: prometheus === null ? [] : [alertsAreLoaded(prometheus, namespace, ALERTS), alertsAreHealthy(prometheus, ALERTS)],
          },
          { title: 'Set up self-monitoring', validations: [canaryIsQuiet(loki)] },
        ],
      }),
      objective('2.3', 'Integration Testing', {
        deliverables: [
          { title: 'Create logging stack integration tests', validations: [lokiIsReady(loki)] },
          { title: 'Validate Loki API connectivity and readiness', validations: [lokiIsReady(loki), lokiVersion(loki)] },
          {
            title: 'Test S3 backend configuration',
            aliases: ['Test S3 backend configuration with Ceph'],
            validations: storageIsConfigured(loki, storage),
          },
          { title: 'Verify log ingestion pipeline functionality', validations: [lineReturns(loki)] },
          {
            title: 'Confirm S3 storage backend integration',
            aliases: ['Confirm Ceph S3 storage backend integration'],
            validations: [flushReachesBucket(environment), writesSucceed(loki, prometheus), flushesSucceed(loki, prometheus)],
          },
        ],
      }),
    ],
  };
});
