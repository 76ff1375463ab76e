import type { Duration } from '#model/check.ts';
import { parseDuration } from '#model/duration.ts';
import type { Prometheus } from '#model/environment.ts';
import { serviceName } from '#model/kubernetes.ts';
import { readQuery, samplesOf, totalOf } from './prometheus.ts';

/** How often Loki is scraped: samples are counted as time by it, so the values say it, too (the chart's own is 15 s). */
export const SCRAPE_INTERVAL: Duration = '30s';
/** Less is a gap: it is unknown what was in it. */
const WHOLE = 0.95;
/** Of scrapes: fewer say little about a share of time. An hour. */
const FEWEST = 120;
/** Two clocks that are further apart don't speak of the same time; milliseconds. */
const SKEW = 60_000;
const DAY = 86_400_000;

type Query = ReturnType<ReturnType<typeof readQuery>['decode']>;

/** What there is of a job's history within a period, or why it can't be relied on; `young`: only because there is little of it yet. */
export type History =
  | { readonly untold: string; readonly sample?: string; readonly young?: true }
  | { readonly scrapes: number; readonly interval: string };

/** The reads that `judgeHistory` looks at. */
export function readHistory(prometheus: Prometheus, job: string, period: Duration) {
  const up = `up{job="${job}"}`;
  return {
    scrapes: readQuery(prometheus, `sum(count_over_time(${up}[${period}]))`),
    first: readQuery(prometheus, `min(min_over_time(timestamp(${up})[${period}:${parseDuration(period) < DAY ? '10s' : '5m'}]))`),
  };
}

/** @param now our own clock: Prometheus tells in its answer what time it has */
export function judgeHistory(
  { scrapes, first }: { readonly scrapes: Query; readonly first: Query },
  { job, period }: { readonly job: string; readonly period: Duration },
  now: Date,
): History {
  const silent = unanswered({ scrapes, first });
  if (silent !== undefined) return { untold: silent };
  const count = totalOf(scrapes);
  const began = samplesOf(first)?.[0]?.value;
  if (count === undefined || began === undefined) return { untold: `Prometheus has no history of ${job}` };
  const theirs = (scrapes.value?.data.result[0]?.value[0] ?? 0) * 1000;
  const apart = theirs - now.getTime();
  if (Math.abs(apart) > SKEW)
    return {
      untold: `Prometheus' clock is ${seconds(Math.abs(apart))} s ${apart > 0 ? 'ahead of' : 'behind'} this machine's: one of them moved`,
    };
  const since = now.getTime() - began * 1000;
  if (since < -SKEW) return { untold: `Prometheus has samples of ${job} from the future: its clock moved back` };
  const sample = `${count} scrapes`;
  if (count < FEWEST) return { untold: `too few samples: ${count} scrapes of ${job}, wanted are ${FEWEST}`, sample, young: true };
  const expected = Math.min(since, parseDuration(period)) / parseDuration(SCRAPE_INTERVAL);
  // One more or less is a matter of when one looks.
  if (count + 1 < expected * WHOLE)
    return { untold: `a gap in the history of ${job}: ${count} of ${Math.round(expected)} scrapes since ${at(began * 1000)}`, sample };
  const whole = since >= parseDuration(period) * WHOLE;
  return { scrapes: count, interval: whole ? period : `${hours(since)} of ${period}, since ${at(began * 1000)}` };
}

/** Why one of the answers is none: its service does not answer, or refuses. */
export function unanswered(answers: Readonly<Record<string, unknown>>): string | undefined {
  const silent = Object.values(answers).find(isRefused);
  if (silent === undefined) return undefined;
  const who = silent.service === undefined ? 'the API server' : serviceName(silent.service);
  return `${who} answers ${silent.status}`;
}

interface Refused {
  readonly status: number;
  readonly service?: Parameters<typeof serviceName>[0];
}

function isRefused(answer: unknown): answer is Refused {
  return typeof answer === 'object' && answer !== null && 'status' in answer && typeof answer.status === 'number' && answer.status !== 200;
}

function hours(milliseconds: number): string {
  return milliseconds < 172_800_000 ? `${(milliseconds / 3_600_000).toFixed(1)} h` : `${(milliseconds / 86_400_000).toFixed(1)} days`;
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}

function at(milliseconds: number): string {
  const time = new Date(milliseconds);
  return Number.isNaN(time.getTime()) ? 'an impossible time' : time.toISOString();
}
