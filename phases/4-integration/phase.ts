import { linesAreReadableSoon, nothingOfOursIsLeft } from '#checks/alloy-limits.ts';
import { collectsExactlyOnce } from '#checks/alloy-lines.ts';
import { documentIsThere, libraryRuns } from '#checks/documents.ts';
import {
  dashboardsAreFound,
  dataSourceIsFree,
  dataSourceIsHealthy,
  dataSourceIsThisLoki,
  oneDefaultDataSource,
  queriesGoThrough,
} from '#checks/grafana.ts';
import { lokiIsReady } from '#checks/loki.ts';
import { everyPodHasLogs, queriesAreFast, streamsAreEnough } from '#checks/loki-coverage.ts';
import { labelsAreBelowLimit, nothingIsDiscarded } from '#checks/loki-intake.ts';
import { flushReachesBucket, lineReturns } from '#checks/loki-lines.ts';
import { compactorSucceeded, retentionIsConfigured } from '#checks/loki-retention.ts';
import { storageIsConfigured } from '#checks/loki-storage.ts';
import { definePhase, objective } from '#model/phase.ts';
import { isApplied } from '../applied.ts';
import { appOf, deliver } from '../repository.ts';
import { DASHBOARDS, grafanaFiles, LIBRARY } from './manifests.ts';
import { exploreLink, QUERIES } from './queries.ts';

export default definePhase(4, 'Integration & Testing', (environment) => {
  const { gitops, loki, storage, prometheus, grafana } = environment;
  const noGrafana = grafana === null ? { skipped: 'there is no Grafana here' } : {};
  return {
    preconditions: [lokiIsReady(loki), ...(grafana === null ? [] : [dataSourceIsFree(grafana, loki)])],
    objectives: [
      objective('4.1', 'Grafana Integration', {
        get steps() {
          const applied = isApplied(appOf(environment, 'loki'), environment);
          const why = grafana === null ? 'queries for Loki' : 'Loki in Grafana: datasource, dashboards, queries';
          return deliver(gitops, why, grafanaFiles(environment), applied);
        },
        deliverables: [
          {
            title: 'Configure Loki data source',
            ...noGrafana,
            validations:
              grafana === null
                ? []
                : [
                    dataSourceIsHealthy(grafana),
                    dataSourceIsThisLoki(grafana, loki),
                    oneDefaultDataSource(grafana),
                    queriesGoThrough(grafana),
                  ],
          },
          {
            title: 'Import log dashboards',
            ...noGrafana,
            validations: grafana === null ? [] : [dashboardsAreFound(grafana, 'grafana.log-dashboards', DASHBOARDS)],
          },
          { title: 'Create LogQL query library', validations: [documentIsThere('loki.library', LIBRARY), libraryRuns(loki, QUERIES)] },
          {
            title: 'Set up explore shortcuts',
            ...noGrafana,
            validations: [
              documentIsThere(
                'grafana.explore-links',
                LIBRARY,
                QUERIES.map(({ query }) => exploreLink(query)),
              ),
            ],
          },
        ],
      }),
      objective('4.2', 'Functional Testing', {
        deliverables: [
          { title: 'Deploy test workloads', validations: [collectsExactlyOnce(environment), linesAreReadableSoon(environment)] },
          {
            title: 'Validate log ingestion',
            validations: [
              everyPodHasLogs(environment),
              streamsAreEnough(environment),
              nothingIsDiscarded(loki, prometheus),
              labelsAreBelowLimit(loki),
            ],
          },
          {
            title: 'Test query performance',
            validations: [queriesAreFast(environment, ['logs.coverage', 'logs.streams', 'loki.library-runs'])],
          },
          { title: 'Verify retention policies', validations: [...retentionIsConfigured(loki), compactorSucceeded(loki)] },
          {
            title: 'Create integration test suite',
            validations: [
              lokiIsReady(loki),
              ...storageIsConfigured(loki, storage),
              lineReturns(loki),
              flushReachesBucket(environment),
              nothingOfOursIsLeft(environment),
            ],
          },
        ],
      }),
    ],
  };
});
