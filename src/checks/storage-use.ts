import { type Check, check } from '#model/check.ts';
import type { Airflow } from '#model/environment.ts';
import type { BucketRef, S3Answer } from '#model/read.ts';
import { met, pending, type Verdict } from '#model/verdict.ts';
import { archivePrefix } from './airflow.ts';
import { formatBytes } from './quantity.ts';
import { readBucket } from './reads.ts';

/** How much the chunks take now: growth and days left follow from two looks at it. */
export const bucketHasRoom = (bucket: BucketRef): Check =>
  check({
    id: 'handoff.capacity',
    title: `What bucket ${bucket.name} holds is known`,
    holds: 'always',
    reads: { list: readBucket(bucket, 'list', { key: '' }) },
    judge: ({ list }) => sized(list, (objects, bytes) => met(`${objects} objects, ${formatBytes(bytes)}`)),
  });

/** Block storage that was given back against the objects that took its place. */
export const costIsLower = (airflow: Airflow, bucket: BucketRef): Check =>
  check({
    id: 'handoff.cost',
    title: `The objects take less than claim ${airflow.namespace}/${airflow.claim} did`,
    holds: 'once',
    reads: {
      archive: readBucket(airflow.archive, 'list', { key: `${archivePrefix(airflow)}/` }),
      all: readBucket(bucket, 'list', { key: '' }),
    },
    judge: ({ archive, all }) =>
      sized(archive, (_, archived) =>
        sized(all, (__, bytes) => met(`${formatBytes(bytes)} of chunks and index, ${formatBytes(archived)} of archive`)),
      ),
  });

function sized({ status, code, objects }: S3Answer, judge: (count: number, bytes: number) => Verdict): Verdict {
  if (status !== 200 || objects === undefined)
    return pending(`listing the bucket: ${status} ${code ?? ''}`.trim(), [], 'see the object store');
  return judge(
    objects.length,
    objects.reduce((sum, { size }) => sum + size, 0),
  );
}
