import { type Check, check } from '#model/check.ts';
import type { Airflow, Prometheus } from '#model/environment.ts';
import type { BucketRef, S3Answer } from '#model/read.ts';
import { met, type Verdict } from '#model/verdict.ts';
import { archivePrefix } from './airflow-archive.ts';
import { readQuery, samplesOf } from './prometheus.ts';
import { formatBytes } from './quantity.ts';
import { readBucket } from './reads.ts';
import { refused } from './s3.ts';

/** How much the chunks take now: growth and days left follow from two looks at it. */
export const bucketHasRoom = (bucket: BucketRef): Check =>
  check({
    id: 'handoff.capacity',
    title: `What bucket ${bucket.name} holds is known`,
    holds: 'always',
    reads: { list: readBucket(bucket, 'list', { key: '' }) },
    judge: ({ list }) => sized(bucket, list, (objects, bytes) => met(`${objects} objects, ${formatBytes(bytes)}`)),
  });

/** Block storage that was given back against the objects that took its place: counted for a person to judge, for prices are not in the cluster. */
export const costIsCounted = (airflow: Airflow, bucket: BucketRef, prometheus: Prometheus | null): Check =>
  check({
    id: 'handoff.cost',
    title: `What took the place of claim ${airflow.namespace}/${airflow.claim} is counted`,
    holds: 'once',
    reads: {
      ...(prometheus === null ? {} : { size: readClaimSize(airflow, prometheus) }),
      archive: readBucket(airflow.archive, 'list', { key: `${archivePrefix(airflow)}/` }),
      all: readBucket(bucket, 'list', { key: '' }),
    },
    judge: ({ archive, all, size }) =>
      sized(airflow.archive, archive, (_, archived) =>
        sized(bucket, all, (__, bytes) => {
          const claim = size === undefined ? undefined : samplesOf(size)?.[0]?.value;
          const against = claim === undefined ? 'a claim whose size is in no history any more' : `${formatBytes(claim)} of the claim`;
          return met(`${formatBytes(bytes)} of chunks and index and ${formatBytes(archived)} of archive against ${against}`);
        }),
      ),
  });

/** The claim itself is gone by then. */
function readClaimSize({ namespace, claim }: Airflow, prometheus: Prometheus) {
  const series = `kubelet_volume_stats_capacity_bytes{namespace="${namespace}",persistentvolumeclaim="${claim}"}`;
  return readQuery(prometheus, `max_over_time(${series}[90d])`);
}

function sized(bucket: BucketRef, list: S3Answer, judge: (count: number, bytes: number) => Verdict): Verdict {
  if (list.status !== 200) return refused('list', bucket, list);
  const { objects = [] } = list;
  return judge(
    objects.length,
    objects.reduce((sum, { size }) => sum + size, 0),
  );
}
