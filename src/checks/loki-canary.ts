import { type Check, check } from '#model/check.ts';
import type { Loki } from '#model/environment.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './loki.ts';
import { findMetric } from './metrics.ts';
import { readHttp } from './reads.ts';

/** The canary writes lines and asks for them again: entries have to rise from 0, and none may be missing. */
export const canaryIsQuiet = (loki: Loki): Check =>
  check({
    id: 'loki.canary',
    title: "Loki's canary finds every line it wrote",
    holds: 'always',
    reads: { metrics: readHttp(loki.canary, '/metrics') },
    judge: ({ metrics }) => {
      if (metrics.status !== 200) return notAnswering("the canary's /metrics", metrics);
      const entries = findMetric(metrics.text, 'loki_canary_entries_total') ?? 0;
      const missing = findMetric(metrics.text, 'loki_canary_missing_entries_total') ?? 0;
      if (entries === 0) return pending('no entry written yet', [], `kubectl logs -n ${loki.namespace} daemonset/${loki.canary.name}`);
      return missing === 0
        ? met(`${entries} entries, none missing`)
        : failed(
            `${missing} of ${entries} entries missing`,
            ['lines that were accepted do not come back'],
            'see the log of Loki and its flush failures',
          );
    },
  });
