import { claimIsGone } from '#checks/airflow-claim.ts';
import { retentionRuns } from '#checks/loki-config.ts';
import { everyPodHasLogs, queriesAreFast } from '#checks/loki-coverage.ts';
import { ratioIsReached } from '#checks/prometheus.ts';
import type { Environment } from '#model/environment.ts';
import type { Metric } from '#model/initiative.ts';

/** The success metrics of the goals files. They report; nothing waits for them. */
export function metricsFor(environment: Environment): readonly Metric[] {
  const { loki, prometheus, airflow, targets } = environment;
  return [
    { id: 'functional.log_coverage', method: 'running pods against streams of the last hour', check: everyPodHasLogs(environment) },
    { id: 'functional.query_performance', method: '20 queries over 24 h, timed', check: queriesAreFast(environment) },
    {
      id: 'functional.availability',
      method: 'avg_over_time(up) of Loki over 30 days, by the history there is',
      ...(prometheus === null
        ? {}
        : {
            check: ratioIsReached(
              prometheus,
              'metric.availability',
              `avg_over_time(up{job="${loki.namespace}/${loki.name}"}[30d])`,
              targets.availability,
            ),
          }),
    },
    { id: 'functional.retention', method: 'the running configuration', check: retentionRuns(loki) },
    {
      id: 'operational.storage_efficiency',
      method: "the chunks' mean compression ratio over a day",
      ...(prometheus === null
        ? {}
        : {
            check: ratioIsReached(
              prometheus,
              'metric.compression',
              'sum(increase(loki_ingester_chunk_compression_ratio_sum[1d])) / sum(increase(loki_ingester_chunk_compression_ratio_count[1d]))',
              targets.compression,
            ),
          }),
    },
    {
      id: 'operational.cost_reduction',
      method: 'block storage given back: the log claim is gone',
      ...(airflow === null ? {} : { check: claimIsGone(airflow) }),
    },
    { id: 'operational.debugging_time', method: 'a timed baseline from before the migration: a person has to measure it' },
    { id: 'operational.automation', method: 'everything is in Git: a person has to say what is not' },
  ];
}
