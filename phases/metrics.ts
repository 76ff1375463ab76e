import { measureGitOps } from '#checks/metric-gitops.ts';
import { measureCoverage, measureQueries, measureRetention } from '#checks/metric-logs.ts';
import { measureAvailability, measureCompression } from '#checks/metric-prometheus.ts';
import { measureCost } from '#checks/storage-cost.ts';
import type { Environment } from '#model/environment.ts';
import type { Metric } from '#model/initiative.ts';

const withoutPrometheus = { method: 'the history of Prometheus', skipped: 'there is no Prometheus here: nobody has kept a history' };

/** The success metrics of the goals files. They report; nothing waits for them. */
export function metricsFor(environment: Environment): readonly Metric[] {
  const { prometheus, airflow } = environment;
  return [
    {
      id: 'functional.log_coverage',
      method: 'running pods that have a stream, by name',
      measurement: measureCoverage(environment),
    },
    {
      id: 'functional.query_performance',
      method: '95th percentile of queries over 24 h, timed from here',
      measurement: measureQueries(environment),
    },
    {
      id: 'functional.availability',
      ...(prometheus === null
        ? withoutPrometheus
        : {
            method: 'of the write path, each by itself: pushes without a 5xx, time that Loki was up, entries that Alloy did not drop',
            measurement: measureAvailability(prometheus, environment),
          }),
    },
    {
      id: 'functional.retention',
      method: 'the running configuration: period, compactor and its store of delete requests',
      measurement: measureRetention(environment),
    },
    {
      id: 'operational.storage_efficiency',
      ...(prometheus === null
        ? withoutPrometheus
        : {
            method: "the chunks' own compression ratio, cross-checked by bytes received less discarded over bytes stored; the lower counts",
            measurement: measureCompression(prometheus, environment),
          }),
    },
    {
      id: 'operational.cost_reduction',
      ...(airflow === null
        ? { method: 'bytes on disk against those of the log claim', skipped: 'there was no log claim here to compare with' }
        : {
            method: "bytes on disk, with all copies: Airflow's log claim against the objects that took its place and Loki's own claim",
            measurement: measureCost(airflow, environment),
          }),
    },
    {
      id: 'operational.debugging_time',
      method: 'a search timed by a person before the migration and again after it: nothing in a cluster shows it',
    },
    {
      id: 'operational.automation',
      method: "objects of the stack that Flux's Kustomizations or HelmReleases brought, over all of them",
      measurement: measureGitOps(environment),
    },
  ];
}
