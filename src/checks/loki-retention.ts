import parseDurationText from 'parse-duration';
import { type Check, check } from '#model/check.ts';
import { parseDuration } from '#model/duration.ts';
import type { Loki } from '#model/environment.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { checkConfig, isS3, mendValue, readConfig } from './loki-config.ts';
import { samplesIn } from './metrics.ts';
import { readHttp } from './reads.ts';

/** It deletes from the bucket: where Loki can't write there, nothing is deleted whatever the configuration says. */
const AFTER = ['loki.path-style', 'loki.credentials'];

/** What has to be configured for anything to be deleted: a period, whoever deletes, and where it keeps what it is to delete. */
export function retentionIsConfigured(loki: Loki): readonly Check[] {
  return [retentionRuns(loki), retentionPeriod(loki), deleteStore(loki)];
}

/** A period without retention_enabled deletes nothing. */
const retentionRuns = (loki: Loki): Check =>
  checkConfig(loki, {
    id: 'loki.retention-runs',
    title: `Loki deletes what is older than ${loki.retention}`,
    after: AFTER,
    judge: ({ compactor }, where) =>
      compactor.retention_enabled
        ? met('compactor.retention_enabled, as running')
        : failed(
            'a retention period is set, but nothing deletes',
            [`${where} has compactor.retention_enabled: false`, 'what is older stays in the bucket for ever'],
            mendValue(loki, 'loki.compactor.retention_enabled', 'true'),
          ),
  });

const retentionPeriod = (loki: Loki): Check =>
  checkConfig(loki, {
    id: 'loki.retention-period',
    title: `Loki's retention period is ${loki.retention}`,
    after: AFTER,
    judge: ({ limits_config: { retention_period: running } }, where) => {
      const period = parseDurationText(running) ?? 0;
      if (period === parseDuration(loki.retention)) return met(`retention_period ${running}, as running`);
      return failed(
        period === 0 ? 'no retention period: lines are kept for ever' : `retention_period is ${running}`,
        [`${where} has limits_config.retention_period: ${running || 'nothing'}, the goals say ${loki.retention}`],
        mendValue(loki, 'loki.limits_config.retention_period', `what environment.loki.retention says: ${loki.retention}`),
      );
    },
  });

/** On the pod's own disk delete requests are lost with it. */
const deleteStore = (loki: Loki): Check =>
  checkConfig(loki, {
    id: 'loki.delete-store',
    title: 'Delete requests are kept in S3',
    after: AFTER,
    judge: ({ compactor: { delete_request_store: store } }, where) =>
      isS3(store)
        ? met(`delete_request_store ${store}, as running`)
        : failed(
            `delete requests are kept in ${store || 'no store'}`,
            [`${where} has compactor.delete_request_store: ${store || 'nothing'}`],
            mendValue(loki, 'loki.compactor.delete_request_store', 's3'),
          ),
  });

const RUN = 'loki_compactor_apply_retention_last_successful_run_timestamp_seconds';
const RUNS = 'loki_compactor_apply_retention_operation_total';
/** Loki's own: https://grafana.com/docs/loki/latest/configure/#compactor */
const INTERVAL = 10 * 60_000;
/** How many intervals may pass without a success. */
const MISSED = 3;

/** What is configured has to have happened, and lately. The metric is there and 0 while retention is off. */
export const compactorSucceeded = (loki: Loki): Check => {
  const logs = `kubectl logs -n ${loki.namespace} statefulset/${loki.name} -c loki`;
  return check({
    id: 'loki.compactor-succeeded',
    title: 'The compactor has applied retention lately',
    holds: 'always',
    after: ['loki.retention-runs', 'loki.delete-store'],
    reads: { running: readConfig(loki), metrics: readHttp(loki.service, '/metrics') },
    judge: ({ running, metrics }, now) => {
      if (running.config === undefined) return notAnswering('/config', running);
      if (metrics.status !== 200) return notAnswering('/metrics', metrics);
      const interval = parseDurationText(running.config.compactor.compaction_interval) ?? INTERVAL;
      const minutes = (milliseconds: number) => `${Math.round(milliseconds / 60_000)} min`;
      const last = Math.max(0, ...samplesIn(metrics.text, RUN).map(({ value }) => value)) * 1000;
      const failures = samplesIn(metrics.text, RUNS).find(({ labels }) => labels.status === 'failure')?.value ?? 0;
      if (last === 0 && failures > 0) return failed('no run has succeeded', [`${failures} runs failed: ${RUNS}{status="failure"}`], logs);
      if (last === 0)
        return pending(
          'retention was not applied yet',
          [`the first run comes one compaction_interval (${minutes(interval)}) after Loki's start`],
          'nothing yet',
        );
      const age = now.getTime() - last;
      return age <= MISSED * interval
        ? met(
            `the last success was ${minutes(Math.max(0, age))} ago, retention_period ${running.config.limits_config.retention_period || 'not set'}`,
          )
        : failed(
            `the last success was ${minutes(age)} ago`,
            [`it runs every ${minutes(interval)} (compactor.compaction_interval), and ${failures} runs failed`],
            `${logs} says what stops it`,
          );
    },
  });
};
