import { type Check, check } from '#model/check.ts';
import type { Loki, Prometheus } from '#model/environment.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { describeGrowth, growthOf, readBefore } from './loki-growth.ts';
import { findMetric, type MetricSample, samplesIn, sumMetric } from './metrics.ts';
import { readQuery, totalOf } from './prometheus.ts';
import { readHttp } from './reads.ts';

const PUTS = 'loki_s3_request_duration_seconds_count';

/** Ready, flushing without a failure, and all of it to the local disk: only puts that S3 answered with 200 are proof. */
export const writesSucceed = (loki: Loki, prometheus: Prometheus | null): Check => {
  const lately = `${PUTS}{job="${loki.namespace}/${loki.name}",operation="S3.PutObject",status_code="200"}`;
  return check({
    id: 'loki.writes-succeed',
    title: "Loki's writes to S3 are answered with 200",
    holds: 'always',
    after: ['loki.ready'],
    reads: {
      metrics: readHttp(loki.service, '/metrics'),
      ...(prometheus === null ? {} : { past: readQuery(prometheus, `max_over_time(${lately}[1h])`) }),
    },
    judge: ({ metrics, past }) => {
      if (metrics.status !== 200) return notAnswering('/metrics', metrics);
      const puts = samplesIn(metrics.text, PUTS).filter(({ labels }) => labels.operation === 'S3.PutObject');
      const done = puts.filter(({ labels }) => labels.status_code === '200').reduce((sum, { value }) => sum + value, 0);
      const flushed = sumMetric(metrics.text, 'loki_ingester_chunks_flushed_total');
      const refused = puts.filter(({ labels, value }) => labels.status_code !== '200' && value > 0);
      if (done > 0) return met(`${done} objects put since Loki's start`);
      if (refused.length > 0)
        return failed(
          'S3 has refused every write',
          refused.map(
            ({ labels, value }) => `${value} answered with ${labels.status_code ?? 'no status'}: ${PUTS}{operation="S3.PutObject"}`,
          ),
          `${logsOf(loki)} names the refusal; see the Secret behind AWS_ACCESS_KEY_ID, and the bucket`,
        );
      if (flushed > 0)
        return failed(
          `${flushed} chunks flushed, none of them to S3`,
          [`${loki.namespace}/${loki.name} keeps them on its own disk`],
          'see object_store of the schema in force: loki.schemaConfig in environment.loki.values has to say s3',
        );
      const before = past === undefined ? undefined : totalOf(past);
      if (before !== undefined && before > 0) return met(`no flush since Loki's start; ${before} objects put within the hour before`);
      return pending(
        'no chunk was flushed since its start',
        ['chunks are flushed when they are full, or idle for long enough'],
        'nothing yet',
      );
    },
  });
};

const FAILURES = 'loki_ingester_chunks_flush_failures_total';

export const flushesSucceed = (loki: Loki, prometheus: Prometheus | null): Check =>
  check({
    id: 'loki.flushes-succeed',
    title: 'No flush of a chunk fails',
    holds: 'always',
    after: ['loki.ready'],
    reads: { metrics: readHttp(loki.service, '/metrics'), ...readBefore(loki, prometheus, FAILURES) },
    judge: ({ metrics, before }) => {
      if (metrics.status !== 200) return notAnswering('/metrics', metrics);
      const failures = growthOf(metrics, before, FAILURES);
      if (failures === undefined) return pending(`${FAILURES} is not there`, [], logsOf(loki));
      return failures.lately === 0
        ? met(describeGrowth(failures))
        : failed(
            `${failures.lately} flushes failed ${failures.since}`,
            [`${FAILURES} of ${loki.namespace}/${loki.name} is ${failures.total}`, ...checksumsOf(loki.version)],
            `${logsOf(loki)} says what the object store answered`,
          );
    },
  });

/** https://github.com/grafana/loki/issues/21926 and 21791: a trailing checksum that some object stores refuse or corrupt. */
function checksumsOf(version: string): readonly string[] {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const isTouched = major === 3 && ((minor === 7 && patch >= 2 && patch <= 6) || (minor === 6 && patch >= 11));
  return isTouched
    ? [`Loki ${version} sends checksums that some object stores refuse: set environment.loki.version to 3.7.7 or newer`]
    : [];
}

const FULL = 'loki_ingester_wal_disk_full_failures_total';
/** Loki's own `ingester.wal.disk_full_threshold`: above it nothing is written ahead any more. */
const FULL_FROM = 0.9;

export const walHasRoom = (loki: Loki, prometheus: Prometheus | null): Check =>
  check({
    id: 'loki.wal-has-room',
    title: 'The volume of the write-ahead log has room',
    holds: 'always',
    after: ['loki.ready'],
    reads: { metrics: readHttp(loki.service, '/metrics'), ...readBefore(loki, prometheus, FULL) },
    judge: ({ metrics, before }) => {
      if (metrics.status !== 200) return notAnswering('/metrics', metrics);
      const used = findMetric(metrics.text, 'loki_ingester_wal_disk_usage_percent');
      if (used === undefined) return pending('loki_ingester_wal_disk_usage_percent is not there', [], logsOf(loki));
      const saw = `${Math.round(used * 1000) / 10} % used`;
      const claim = `PersistentVolumeClaim ${loki.namespace}/storage-${loki.name}-0`;
      const full = growthOf(metrics, before, FULL);
      const grow = `a claim does not grow with environment.loki.persistence.size: kubectl edit pvc -n ${loki.namespace} storage-${loki.name}-0; see loki_ingester_chunks_flush_failures_total, too`;
      if (full !== undefined && full.lately > 0)
        return failed(`${saw}, ${full.lately} writes failed ${full.since}`, [`${claim} is full`], grow);
      return used < FULL_FROM
        ? met(saw)
        : failed(saw, [`${claim}: from ${FULL_FROM * 100} % on Loki writes nothing ahead, and a crash loses lines`], grow);
    },
  });

/** A member that is gone and not forgotten keeps the ring from its quorum. */
export const ringIsHealthy = (loki: Loki): Check =>
  check({
    id: 'loki.ring-healthy',
    title: "Every member of the ingesters' ring is active",
    holds: 'always',
    after: ['loki.ready'],
    reads: { metrics: readHttp(loki.service, '/metrics') },
    judge: ({ metrics }) => {
      if (metrics.status !== 200) return notAnswering('/metrics', metrics);
      const members = samplesIn(metrics.text, 'loki_ring_members').filter(({ labels, value }) => labels.name === 'ingester' && value > 0);
      const others = members.filter(({ labels }) => labels.state !== 'ACTIVE');
      const cause = others.map(({ labels, value }) => `${value} ${labels.state ?? 'in no state'}`);
      if (members.length === 0) return pending('the ring has no member', ['loki_ring_members{name="ingester"} is 0'], logsOf(loki));
      if (others.length === 0) return met(`${count(members)} active`);
      const saw = `${count(others)} of ${count(members)} members are not active`;
      return others.some(({ labels }) => labels.state === 'Unhealthy')
        ? failed(
            saw,
            cause,
            `forget it on the page /ring: kubectl port-forward -n ${loki.service.namespace} service/${loki.service.name} ${loki.service.port}`,
          )
        : pending(saw, cause, 'nothing yet: a member that starts or leaves passes through');
    },
  });

function count(members: readonly MetricSample[]): number {
  return members.reduce((sum, { value }) => sum + value, 0);
}

function logsOf({ namespace, name }: Loki): string {
  return `kubectl logs -n ${namespace} statefulset/${name} -c loki`;
}
