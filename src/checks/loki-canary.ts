import { type Check, check } from '#model/check.ts';
import type { Loki } from '#model/environment.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { findMetric, sumMetric } from './metrics.ts';
import { readHttp } from './reads.ts';

/** The canary writes lines and asks for them again: some have to have come back, and none may be missing. */
export const canaryIsQuiet = (loki: Loki): Check =>
  check({
    id: 'loki.canary',
    title: "Loki's canary finds every line it wrote",
    holds: 'always',
    after: ['loki.gateway-routes'],
    reads: { metrics: readHttp(loki.canary, '/metrics') },
    judge: ({ metrics }) => {
      if (metrics.status !== 200) return notAnswering("the canary's /metrics", metrics);
      const entries = findMetric(metrics.text, 'loki_canary_entries_total') ?? 0;
      const missing = findMetric(metrics.text, 'loki_canary_missing_entries_total');
      const logs = `kubectl logs -n ${loki.namespace} daemonset/${loki.canary.name}`;
      if (entries === 0) return pending('no entry written yet', [], logs);
      if (missing === undefined) return pending('loki_canary_missing_entries_total is not there', [`${entries} entries written`], logs);
      if (missing > 0)
        return failed(
          `${missing} of ${entries} entries missing`,
          [`lines that ${loki.namespace}/${loki.name} accepted do not come back`],
          `see loki_ingester_chunks_flush_failures_total, and kubectl logs -n ${loki.namespace} statefulset/${loki.name} -c loki`,
        );
      const returned = sumMetric(metrics.text, 'loki_canary_response_latency_seconds_count');
      return returned > 0
        ? met(`${entries} entries, ${returned} came back, none missing`)
        : pending(`${entries} entries written, none came back yet`, ['each is asked for a moment later'], logs);
    },
  });
