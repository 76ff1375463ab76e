import { type Check, check, type Duration } from '#model/check.ts';
import type { Environment, Prometheus } from '#model/environment.ts';
import { type Measurement, measurement } from '#model/initiative.ts';
import { serviceName } from '#model/kubernetes.ts';
import { met, pending } from '#model/verdict.ts';
import { judgeHistory, readHistory, unanswered } from './history.ts';
import { readQuery, samplesOf, totalOf } from './prometheus.ts';

/** Over 30 days, or the history there is. */
const AVAILABILITY_PERIOD: Duration = '30d';
const COMPRESSION_PERIOD: Duration = '1d';
/** Fewer say little about a share of 0.1 %. */
const FEWEST_PUSHES = 100;
const FEWEST_CHUNKS = 20;
/** Two ways to the same number that differ by more than this disagree. */
const AGREEMENT = 0.3;

/** The reads that `judgeWrites` looks at. Push routes only: a refused query counts as a 500 of its route inside Loki. */
function readWrites(prometheus: Prometheus, { loki, alloy }: Pick<Environment, 'loki' | 'alloy'>, period: Duration) {
  const job = `${loki.namespace}/${loki.name}`;
  const pushes = (more: string) =>
    `sum(increase(loki_request_duration_seconds_count{job="${job}",route=~"loki_api_v1_push|otlp_v1_logs"${more}}[${period}]))`;
  const entries = (which: string) =>
    `sum(increase(loki_write_${which}_entries_total{namespace="${alloy.namespace}",service="${alloy.name}"}[${period}]))`;
  const up = (count: string) => `sum(${count}_over_time(up{job="${job}"}[${period}]))`;
  return {
    failed: readQuery(prometheus, pushes(',status_code=~"5.."')),
    pushed: readQuery(prometheus, pushes('')),
    up: readQuery(prometheus, `${up('sum')} / ${up('count')}`),
    dropped: readQuery(prometheus, entries('dropped')),
    sent: readQuery(prometheus, entries('sent')),
  };
}

type Query = ReturnType<ReturnType<typeof readQuery>['decode']>;
type Writes = Readonly<Record<keyof ReturnType<typeof readWrites>, Query>>;

/** Three shares, 0 to 1: what Loki answered well, how long it was up to answer at all, and what the collectors did not drop. */
function judgeWrites(
  seen: Writes,
  fewest = FEWEST_PUSHES,
): { readonly untold: string } | { readonly pushes: number; readonly shares: readonly [string, number][] } {
  const silent = unanswered(seen);
  if (silent !== undefined) return { untold: silent };
  const [pushed, up, sent] = [totalOf(seen.pushed), samplesOf(seen.up)?.[0]?.value, totalOf(seen.sent)];
  if (pushed === undefined || up === undefined) return { untold: 'Prometheus has no pushes to Loki: it is not scraped' };
  if (sent === undefined) return { untold: 'Prometheus has no entries sent by Alloy: it is not scraped' };
  if (pushed < fewest) return { untold: `too few samples: ${Math.round(pushed)} pushes, wanted are ${fewest}` };
  const dropped = totalOf(seen.dropped) ?? 0;
  const [failed, all] = [totalOf(seen.failed) ?? 0, dropped + sent];
  return {
    pushes: Math.round(pushed),
    shares: [
      ['of the pushes answered without a 5xx', 1 - failed / pushed],
      ['of the time up', up],
      ['of the entries not dropped by Alloy', all === 0 ? 1 : 1 - dropped / all],
    ],
  };
}

/** The same over the soak's period: what is below the target breaks it. */
export const writesAreAvailable = (prometheus: Prometheus, environment: Environment, period: Duration): Check =>
  check({
    id: 'soak.write-availability',
    title: `The write path was available for ${formatShare(environment.targets.availability)} of ${period}`,
    holds: 'always',
    reads: readWrites(prometheus, environment, period),
    judge: (seen) => {
      const writes = judgeWrites(seen, 1);
      const { service } = prometheus;
      if ('untold' in writes)
        return pending(writes.untold, ['what was not counted is not known to be well'], `see the page /targets of ${serviceName(service)}`);
      const saw = describeShares(writes.shares);
      const low = writes.shares.filter(([, share]) => share < environment.targets.availability);
      return low.length === 0
        ? met(`${saw}; ${writes.pushes} pushes`)
        : pending(
            saw,
            low.map(([what, share]) => `${formatShare(share)} ${what} is below ${formatShare(environment.targets.availability)}`),
            `kubectl logs -n ${environment.loki.namespace} statefulset/${environment.loki.name} -c loki, and of Alloy; the period begins anew`,
          );
    },
  });

function describeShares(shares: readonly [string, number][]): string {
  return shares.map(([what, share]) => `${formatShare(share)} ${what}`).join(', ');
}

/** Cut, not rounded: 99.99 % is not 100 %. */
function formatShare(share: number): string {
  return `${Math.floor(share * 100_000) / 1000} %`;
}

export function measureAvailability(prometheus: Prometheus, environment: Environment): Measurement {
  const job = `${environment.loki.namespace}/${environment.loki.name}`;
  const period = AVAILABILITY_PERIOD;
  return measurement({
    reads: { ...readHistory(prometheus, job, period), ...readWrites(prometheus, environment, period) },
    measure: (seen, now) => {
      const history = judgeHistory(seen, { job, period }, now);
      if ('untold' in history) return history;
      const writes = judgeWrites(seen);
      if ('untold' in writes) return { ...writes, interval: history.interval };
      return {
        value: describeShares(writes.shares),
        reached: writes.shares.every(([, share]) => share >= environment.targets.availability),
        sample: `${writes.pushes} pushes, ${history.scrapes} scrapes`,
        interval: history.interval,
      };
    },
  });
}

/** By the chunks' own ratio, and by bytes that came in against bytes stored; refused bytes never became chunks. */
export function measureCompression(prometheus: Prometheus, { loki, targets }: Environment): Measurement {
  const job = `${loki.namespace}/${loki.name}`;
  const period = COMPRESSION_PERIOD;
  const grown = (metric: string) => readQuery(prometheus, `sum(increase(${metric}{job="${job}"}[${period}]))`);
  return measurement({
    reads: {
      ...readHistory(prometheus, job, period),
      ratios: grown('loki_ingester_chunk_compression_ratio_sum'),
      chunks: grown('loki_ingester_chunk_compression_ratio_count'),
      received: grown('loki_distributor_bytes_received_total'),
      discarded: grown('loki_discarded_bytes_total'),
      stored: grown('loki_ingester_chunk_stored_bytes_total'),
    },
    measure: ({ ratios, chunks, received, discarded, stored, ...past }, now) => {
      const history = judgeHistory(past, { job, period }, now);
      if ('untold' in history) return history;
      const silent = unanswered({ ratios, chunks, received, discarded, stored });
      if (silent !== undefined) return { untold: silent };
      const count = totalOf(chunks) ?? 0;
      const sample = `${Math.round(count)} chunks`;
      const { interval } = history;
      if (count < FEWEST_CHUNKS) return { untold: `too few samples: ${sample}, wanted are ${FEWEST_CHUNKS}`, sample, interval };
      const [own, bytes, kept] = [totalOf(ratios), totalOf(received), totalOf(stored)];
      if (own === undefined || bytes === undefined || kept === undefined || kept <= 0)
        return { untold: 'Prometheus lacks one of the series that compression is counted from', sample, interval };
      const [byChunks, byBytes] = [own / count, (bytes - (totalOf(discarded) ?? 0)) / kept];
      const apart = Math.abs(byBytes / byChunks - 1);
      const agree = apart <= AGREEMENT ? '' : `; they differ by ${Math.round(apart * 100)} %: ${whyApart(byBytes > byChunks)}`;
      return {
        value: `${round(byChunks)}:1 by the chunks' own ratio, ${round(byBytes)}:1 by bytes received less discarded over bytes stored${agree}`,
        // Whatever flatters one of them does not flatter the other.
        reached: Math.min(byChunks, byBytes) >= targets.compression,
        sample,
        interval,
      };
    },
  });
}

function whyApart(isFlattered: boolean): string {
  return isFlattered
    ? 'lines that are shipped more than once are received each time and stored once'
    : 'much of what was received is not stored yet';
}

function round(ratio: number): number {
  return Number(ratio.toPrecision(3));
}
