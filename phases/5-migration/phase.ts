import { lokiIsReady } from '#checks/loki.ts';
import { cachesAnswer, cachesAreHit } from '#checks/loki-caches.ts';
import { chunkSettings, queryLimits } from '#checks/loki-config.ts';
import { queriesAreFast } from '#checks/loki-coverage.ts';
import { remoteWriteSucceeds, rulesAreFound, rulesAreHealthy, rulesSelect } from '#checks/loki-rules.ts';
import { seriesAreThere } from '#checks/prometheus.ts';
import { statefulSetIsRolledOut } from '#checks/workloads.ts';
import { definePhase, objective } from '#model/phase.ts';
import { isApplied } from '../applied.ts';
import { appOf, deliver } from '../repository.ts';
import { migrateAirflow } from './airflow.ts';
import { ALWAYS_RECORDED, RECORDED, recordingRules } from './manifests.ts';

export default definePhase(5, 'Migration & Optimization', (environment) => {
  const { gitops, loki, prometheus, airflow } = environment;
  const { namespace } = loki;
  return {
    preconditions: [lokiIsReady(loki)],
    objectives: [
      migrateAirflow(airflow, environment),
      objective('5.2', 'Performance Tuning', {
        get steps() {
          const applied = isApplied(appOf(environment, 'loki'), environment);
          return deliver(gitops, 'recording rules for log volume and levels', recordingRules(environment), applied);
        },
        deliverables: [
          { title: 'Optimize chunk size', validations: [chunkSettings(loki)] },
          {
            title: 'Configure caching',
            validations: [
              statefulSetIsRolledOut({ id: 'loki.chunks-cache', namespace, name: `${loki.name}-chunks-cache` }),
              statefulSetIsRolledOut({ id: 'loki.results-cache', namespace, name: `${loki.name}-results-cache` }),
              cachesAnswer(loki),
              cachesAreHit(loki),
            ],
          },
          { title: 'Tune query limits', validations: [queryLimits(loki), queriesAreFast(environment, ['loki.rules-healthy'])] },
          {
            title: 'Set up recording rules',
            validations: [
              ...rulesAreFound(loki),
              rulesAreHealthy(loki, RECORDED),
              rulesSelect(loki),
              ...(prometheus === null ? [] : [remoteWriteSucceeds(loki, prometheus), seriesAreThere(prometheus, ALWAYS_RECORDED)]),
            ],
          },
        ],
      }),
    ],
  };
});
