import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import type { S3Answer } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { readQuery, samplesOf } from './prometheus.ts';
import { formatBytes } from './quantity.ts';
import { readBucket, readObject } from './reads.ts';
import { refused } from './s3-refusal.ts';

const DAY = 86_400_000;
/** Growth is counted over the last week, or the time there is; milliseconds. */
const WINDOW = 7 * DAY;
/** Within so many days nobody should have to act in a hurry. */
const FEWEST_DAYS = 30;

const CephCluster = v.object({
  metadata: v.object({ name: v.string() }),
  status: v.optional(
    v.object({ ceph: v.optional(v.object({ capacity: v.optional(v.object({ bytesAvailable: v.optional(v.number()) }), {}) }), {}) }),
    {},
  ),
});

type Query = Parameters<typeof samplesOf>[0];

interface Seen {
  readonly list: S3Answer;
  readonly cluster?: v.InferOutput<typeof CephCluster> | undefined;
  readonly used?: Query;
  readonly size?: Query;
}

/** How much the chunks take and grow by a day, and for how many days there is room: in the object store, and on Loki's own claim. */
export const bucketHasRoom = ({ storage: { bucket, rook }, loki, prometheus }: Environment): Check => {
  const own = `namespace="${loki.namespace}",persistentvolumeclaim=~"storage-${loki.name}-.*"`;
  return check({
    id: 'handoff.capacity',
    title: `There is room for what bucket ${bucket.name} and Loki's own claim grow by`,
    holds: 'always',
    reads: {
      list: readBucket(bucket, 'list', { key: '' }),
      ...(rook === null
        ? {}
        : {
            cluster: readObject(
              { apiVersion: 'ceph.rook.io/v1', kind: 'CephCluster', namespace: rook.namespace, name: rook.cluster },
              CephCluster,
            ),
          }),
      ...(prometheus === null
        ? {}
        : {
            used: readQuery(prometheus, `kubelet_volume_stats_used_bytes{${own}}`),
            size: readQuery(prometheus, `kubelet_volume_stats_capacity_bytes{${own}}`),
          }),
    },
    judge: ({ list, cluster, used, size }: Seen, now) => {
      if (list.status !== 200) return refused('list', bucket, list);
      const silent = [used, size].find((answer) => answer !== undefined && answer.value === undefined);
      if (silent !== undefined) return notAnswering('query', silent);
      const { objects = [] } = list;
      const ages = objects.map((each) => now.getTime() - Date.parse(each.modified));
      if (ages.length === 0)
        return pending(
          `bucket ${bucket.name} is empty`,
          ['Loki has flushed nothing yet'],
          'nothing yet: chunks are flushed within two hours',
        );
      const bytes = sum(objects.map((each) => each.size));
      const grown = sum(objects.map((each, index) => ((ages[index] as number) <= WINDOW ? each.size : 0)));
      // Over less than a day it would be no daily growth.
      const oldest = ages.reduce((most, age) => Math.max(most, age), DAY);
      const window = Math.min(WINDOW, oldest);
      const daily = grown / (window / DAY);
      const free = cluster?.status.ceph.capacity.bytesAvailable;
      const left = free === undefined || daily === 0 ? undefined : free / COPIES / daily;
      const full = shareOf(used, size);
      const saw = [
        `${objects.length} objects, ${formatBytes(bytes)}, ${formatBytes(Math.round(daily))} a day over ${(window / DAY).toFixed(1)} days`,
        left === undefined ? 'for how long there is room in the object store is not known' : `room for ${describeDays(left)}`,
        full === undefined ? "the use of Loki's own claim is in no history" : `Loki's own claim is ${Math.round(full * 100)} % full`,
      ].join('; ');
      if (left !== undefined && left < FEWEST_DAYS)
        return failed(
          saw,
          [`${formatBytes(free ?? 0)} are free in CephCluster ${rook?.namespace}/${rook?.cluster}, with ${COPIES} copies of each byte`],
          `add disks to Ceph, or keep logs for less than ${loki.retention}: environment.loki.retention`,
        );
      return full !== undefined && full > FULL
        ? failed(
            saw,
            [`the write-ahead log of ${loki.namespace}/${loki.name} has no room left soon`],
            'raise environment.loki.persistence.size, and see loki_ingester_chunks_flush_failures_total: what is not flushed stays there',
          )
        : met(saw);
    },
  });
};

/** The most that Ceph keeps by default; fewer copies leave more room. */
const COPIES = 3;
/** Of Loki's own claim. */
const FULL = 0.8;

function shareOf(used: Query | undefined, size: Query | undefined): number | undefined {
  const [first, second] = [used, size].map((answer) => (answer === undefined ? undefined : samplesOf(answer)?.[0]?.value));
  return first === undefined || second === undefined || second <= 0 ? undefined : first / second;
}

function describeDays(days: number): string {
  return days > 3650 ? 'more than 10 years' : `${Math.floor(days)} days`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
