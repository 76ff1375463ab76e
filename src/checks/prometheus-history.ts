import { type Check, check, type Duration } from '#model/check.ts';
import { parseDuration } from '#model/duration.ts';
import type { Prometheus } from '#model/environment.ts';
import { serviceName } from '#model/kubernetes.ts';
import type { Read } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { judgeHistory, readHistory, SCRAPE_INTERVAL } from './history.ts';
import { readQuery, samplesOf, totalOf } from './prometheus.ts';

/** Of a period's scrapes: an event that shows in fewer lies within it. */
const WHOLE = 0.95;

/** Since when there is history of `up` for the job; undefined while there is none. Judged by its samples, so a gap starts it anew. */
export function readHistoryBegin(prometheus: Prometheus, job: string, period: Duration): Read<Date | undefined> {
  // A little more than the period: a history that is just long enough must be seen to be.
  const window = parseDuration(period) / 1000 + 3600;
  const read = readQuery(prometheus, `count_over_time(up{job="${job}"}[${window}s])`);
  return {
    ...read,
    decode: (answer) => {
      const found = read.decode(answer);
      const at = found.value?.data.result[0]?.value[0];
      const count = totalOf(found);
      return at === undefined || count === undefined ? undefined : new Date(at * 1000 - count * parseDuration(SCRAPE_INTERVAL));
    },
  };
}

/** Up at each scrape, and no gap between them. That there is little history yet is no trouble: the soak's beginning says so. */
export const historyIsWhole = (prometheus: Prometheus, job: string, period: Duration): Check =>
  check({
    id: 'soak.write-path-up',
    title: `${job} was up whenever it was looked at`,
    holds: 'always',
    reads: { least: readQuery(prometheus, `min_over_time(up{job="${job}"}[${period}])`), ...readHistory(prometheus, job, period) },
    judge: ({ least, ...past }, now) => {
      if (least.value === undefined) return notAnswering('query', least);
      const history = judgeHistory(past, { job, period }, now);
      const targets = `see ${job} on the page /targets of ${serviceName(prometheus.service)}`;
      if ('untold' in history && history.young === undefined)
        return pending(history.untold, ['what was not seen is unknown, not quiet'], `${targets}; the period begins anew`);
      const lows = samplesOf(least)?.map(({ value }) => value) ?? [];
      const low = lows.reduce((lowest, value) => Math.min(lowest, value), 1);
      // What is over can't be mended, only outlived: the period begins anew.
      if (low < 1)
        return pending(
          `${job} was down within the last ${period}`,
          [`min_over_time(up[${period}]) is ${low}`],
          `kubectl describe pods -n ${job.split('/')[0]} says what happened then; the period begins anew`,
        );
      return met('untold' in history ? `${history.sample} so far, all up` : `${history.scrapes} scrapes, all up`);
    },
  });

export const nothingIncreased = (
  prometheus: Prometheus,
  options: { id: string; title: string; series: string; period: Duration; remedy: string },
): Check =>
  check({
    id: options.id,
    title: options.title,
    holds: 'always',
    reads: { increase: readQuery(prometheus, `sum(increase(${options.series}[${options.period}]))`) },
    judge: ({ increase }) => {
      const samples = samplesOf(increase);
      if (samples === undefined) return notAnswering('query', increase);
      const value = samples[0]?.value;
      if (value === undefined)
        return pending(
          `there is no series ${options.series}`,
          ['whoever tells it is not scraped'],
          `see the page /targets of ${serviceName(prometheus.service)}`,
        );
      return value === 0
        ? met(`0 in ${options.period}`)
        : pending(`${Math.ceil(value)} within the last ${options.period}`, [`increase(${options.series}) is ${value}`], options.remedy);
    },
  });

/** Killed for want of memory within the period. The metric stays at 1 as long as the pod lives: at the whole period it is older. */
export const nothingWasKilled = (
  prometheus: Prometheus,
  { namespace, pods, period }: { namespace: string; pods: string; period: Duration },
): Check =>
  check({
    id: 'soak.no-oom',
    title: `No container was killed for want of memory in ${period}`,
    holds: 'always',
    reads: {
      killed: readQuery(
        prometheus,
        `sum_over_time(kube_pod_container_status_last_terminated_reason{namespace="${namespace}",pod=~"${pods}",reason="OOMKilled"}[${period}])`,
      ),
    },
    judge: ({ killed }) => {
      const samples = samplesOf(killed);
      if (samples === undefined) return notAnswering('query', killed);
      const whole = (parseDuration(period) / parseDuration(SCRAPE_INTERVAL)) * WHOLE;
      const lately = samples.filter(({ value }) => value > 0 && value < whole);
      return lately.length === 0
        ? met(`none in ${period}`)
        : pending(
            `${lately.length} killed within the last ${period}`,
            lately.map(({ labels }) => `container ${labels.container ?? '?'} of Pod ${namespace}/${labels.pod ?? '?'} was OOMKilled`),
            `raise environment.loki.memory, commit and resume: the period begins anew; kubectl get pods -n ${namespace}`,
          );
    },
  });

/** Firing now, or at any time within the period. What only informs is no alert to be quiet about. */
export const nothingFires = (prometheus: Prometheus, namespace: string, period: Duration): Check => {
  const alerts = `ALERTS{alertstate="firing",namespace="${namespace}",severity!~"none|info"}`;
  return check({
    id: 'soak.no-alert',
    title: `No alert of ${namespace} fires, nor did in ${period}`,
    holds: 'always',
    reads: { firing: readQuery(prometheus, alerts), fired: readQuery(prometheus, `max_over_time(${alerts}[${period}])`) },
    judge: ({ firing, fired }) => {
      const [now, ever] = [samplesOf(firing), samplesOf(fired)];
      if (now === undefined) return notAnswering('query', firing);
      if (ever === undefined) return notAnswering('query', fired);
      const page = `the page /alerts of ${serviceName(prometheus.service)} shows since when`;
      if (now.length > 0)
        return failed(
          `${now.length} ${now.length === 1 ? 'fires' : 'fire'} in ${namespace}`,
          now.map(nameAlert),
          `${page}; what it names has to be mended`,
        );
      return ever.length === 0
        ? met('none')
        : pending(`${ever.length} fired within the last ${period}`, ever.map(nameAlert), `${page}; the period begins anew with its end`);
    },
  });
};

function nameAlert({ labels }: { readonly labels: Readonly<Record<string, string>> }): string {
  return `${labels.alertname ?? 'an alert'}${labels.pod === undefined ? '' : ` of ${labels.pod}`}`;
}
