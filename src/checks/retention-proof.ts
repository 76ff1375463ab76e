import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import { parseDuration } from '#model/duration.ts';
import type { Loki } from '#model/environment.ts';
import { failed, met } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { readJson } from './reads.ts';

/**
 * Hours that a line may outlive the period: a chunk goes as a whole (max_chunk_age, 2 h), two hours after it was marked
 * (retention_delete_delay), by a compactor that comes every ten minutes (compaction_interval). Rounded up.
 * https://grafana.com/docs/loki/latest/operations/storage/retention/
 */
const GRACE = 5;
const HOUR = 3_600_000;

const Count = v.object({
  data: v.object({ result: v.array(v.object({ value: v.tuple([v.number(), v.pipe(v.string(), v.regex(/^\d/))]) })) }),
});

/** What is configured deletes nothing by itself: only that nothing is left is proof. */
export const oldLinesAreGone = (loki: Loki): Check => {
  const hours = Math.ceil(parseDuration(loki.retention) / HOUR) + GRACE;
  const query = `sum(count_over_time({namespace=~".+"}[7d] offset ${hours}h))`;
  return check({
    id: 'loki.old-lines-gone',
    title: `Nothing in Loki is older than ${loki.retention} and the ${GRACE} h that deleting may take`,
    holds: 'always',
    reads: { left: readJson(loki.service, '/loki/api/v1/query', Count, { query: { query } }) },
    judge: ({ left }) => {
      if (left.value === undefined) return notAnswering('query', left);
      const lines = left.value.data.result[0]?.value[1] ?? '0';
      return Number(lines) === 0
        ? met(`no line of the week before the last ${hours} h`)
        : failed(
            `${lines} lines are older than ${hours} h`,
            [`the compactor of ${loki.namespace}/${loki.name} leaves what is older than ${loki.retention}`],
            `kubectl logs -n ${loki.namespace} statefulset/${loki.name} -c loki | grep -i compactor; loki_compactor_apply_retention_last_successful_run_timestamp_seconds says when it last came through`,
          );
    },
  });
};
