import * as v from 'valibot';
import type { Duration } from '#model/check.ts';
import { type Check, check } from '#model/check.ts';
import { parseDuration } from '#model/duration.ts';
import type { Prometheus } from '#model/environment.ts';
import type { Read } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './loki.ts';
import { AnyObject, findCondition, PrometheusObject } from './objects.ts';
import { type Json, readJson, readList } from './reads.ts';

const Vector = v.object({
  data: v.object({ result: v.array(v.object({ metric: v.record(v.string(), v.string()), value: v.tuple([v.number(), v.string()]) })) }),
});
type Vector = v.InferOutput<typeof Vector>;

/** An instant query. An empty result is a result: no series matches. */
export function readQuery({ service }: Prometheus, query: string): Read<Json<Vector>> {
  return readJson(service, '/api/v1/query', Vector, { query: { query } });
}

/** The samples' values; undefined for an answer that is none. */
export function samplesOf(
  answer: Json<Vector>,
): readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[] | undefined {
  return answer.value?.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

export const prometheusIsReady = (prometheus: Prometheus): Check =>
  check({
    id: 'prometheus.ready',
    title: "A Prometheus is ready, takes remote writes, and its operator's resources are served",
    holds: 'always',
    reads: {
      instances: readList(
        { group: 'monitoring.coreos.com', version: 'v1', resource: 'prometheuses', namespace: prometheus.service.namespace },
        PrometheusObject,
      ),
      monitors: readList(
        { group: 'monitoring.coreos.com', version: 'v1', resource: 'servicemonitors', namespace: prometheus.service.namespace },
        AnyObject,
      ),
    },
    judge: ({ instances, monitors }) => {
      if (instances === undefined || monitors === undefined)
        return failed(
          "the API server does not serve the operator's resources",
          ['kube-prometheus-stack is not installed'],
          'install it, or set environment.prometheus to null',
        );
      const ready = instances.find(({ status }) => findCondition(status.conditions, 'Available')?.status === 'True');
      if (ready === undefined)
        return pending(
          `${instances.length} instances, none available`,
          [],
          `kubectl describe prometheus -n ${prometheus.service.namespace}`,
        );
      if (!ready.spec.enableRemoteWriteReceiver)
        return failed(
          `${ready.metadata.name} takes no remote writes`,
          ["the ruler's recorded series would be refused with 404"],
          'set prometheus.prometheusSpec.enableRemoteWriteReceiver: true in the values of kube-prometheus-stack',
        );
      return met(`${ready.metadata.name} is available and takes remote writes`);
    },
  });

export const targetIsUp = (prometheus: Prometheus, id: string, job: string): Check =>
  check({
    id,
    title: `Prometheus scrapes ${job}`,
    holds: 'always',
    reads: { up: readQuery(prometheus, `up{job="${job}"}`) },
    judge: ({ up }) => {
      const samples = samplesOf(up);
      if (samples === undefined) return notAnswering('query', up);
      const down = samples.filter(({ value }) => value !== 1);
      if (samples.length === 0)
        return pending(
          `there is no target ${job}`,
          [`its ServiceMonitor is not selected: the label release has to be ${prometheus.release}`],
          'see monitoring.serviceMonitor.labels in the values',
        );
      return down.length === 0
        ? met(`${samples.length} of ${samples.length} targets up`)
        : pending(
            `${down.length} of ${samples.length} targets down`,
            down.map(({ labels }) => labels.pod ?? labels.instance ?? 'a target'),
            'see its scrape error on the targets page of Prometheus',
          );
    },
  });

const Rules = v.object({
  data: v.object({
    groups: v.array(
      v.object({ name: v.string(), rules: v.array(v.object({ name: v.string(), health: v.optional(v.string(), 'unknown') })) }),
    ),
  }),
});

export const rulesAreLoaded = ({ service, release }: Prometheus, wanted: readonly string[]): Check =>
  check({
    id: 'prometheus.rules-loaded',
    title: `Prometheus has loaded the alerts ${wanted.join(', ')}`,
    holds: 'always',
    reads: { answer: readJson(service, '/api/v1/rules', Rules) },
    judge: ({ answer }) => {
      if (answer.value === undefined) return notAnswering('/api/v1/rules', answer);
      const rules = answer.value.data.groups.flatMap((group) => group.rules);
      const absent = wanted.filter((name) => !rules.some((rule) => rule.name === name));
      const ill = rules.filter(({ name, health }) => wanted.includes(name) && health === 'err').map(({ name }) => name);
      if (ill.length > 0) return failed(`rules fail: ${ill.join(', ')}`, [], 'see the rules page of Prometheus');
      return absent.length === 0
        ? met(`${wanted.length} of ${wanted.length} loaded`)
        : pending(
            `${wanted.length - absent.length} of ${wanted.length} loaded`,
            absent,
            `the PrometheusRule needs the label release: ${release}`,
          );
    },
  });

/** The series that Loki's ruler writes back are there: rules that are healthy may still write into nothing. */
export const seriesAreThere = (prometheus: Prometheus, names: readonly string[]): Check =>
  check({
    id: 'prometheus.recorded-series',
    title: `Prometheus has the recorded series ${names.join(', ')}`,
    holds: 'always',
    after: ['loki.rules-healthy'],
    reads: Object.fromEntries(names.map((name) => [name, readQuery(prometheus, name)])),
    judge: (seen) => {
      const counts = names.map((name) => ({ name, samples: samplesOf(seen[name] as Json<Vector>) }));
      const absent = counts.filter(({ samples }) => samples === undefined || samples.length === 0).map(({ name }) => name);
      return absent.length === 0
        ? met(counts.map(({ name, samples }) => `${name} ${samples?.length}`).join(', '))
        : pending(
            `${absent.join(', ')} not there`,
            ["Loki's remote write has not arrived"],
            'see loki_ruler_wal_prometheus_remote_storage_samples_failed_total',
          );
    },
  });

/** Prometheus scrapes every 30 s unless told otherwise. */
const SCRAPE_INTERVAL = 30_000;
/** A gap in the history is unknown, not quiet. */
const ENOUGH = 0.95;

/** Since when there is history of `up` for the job; undefined while there is none. Judged by its samples, so a gap starts it anew. */
export function readHistoryBegin(prometheus: Prometheus, job: string, period: Duration): Read<Date | undefined> {
  // A little more than the period: a history that is just long enough must be seen to be.
  const window = parseDuration(period) / 1000 + 3600;
  const read = readQuery(prometheus, `count_over_time(up{job="${job}"}[${window}s])`);
  return {
    ...read,
    decode: (answer) => {
      const { value } = read.decode(answer);
      const sample = value?.data.result[0];
      if (sample === undefined) return undefined;
      const [at, count] = sample.value;
      return new Date(at * 1000 - Number(count) * SCRAPE_INTERVAL);
    },
  };
}

export const historyIsWhole = (prometheus: Prometheus, job: string, period: Duration): Check =>
  check({
    id: 'soak.write-path-up',
    title: `${job} was up whenever it was looked at`,
    holds: 'always',
    reads: {
      least: readQuery(prometheus, `min_over_time(up{job="${job}"}[${period}])`),
      samples: readQuery(prometheus, `count_over_time(up{job="${job}"}[${period}])`),
    },
    judge: ({ least, samples }) => {
      const low = samplesOf(least)?.[0]?.value;
      const count = samplesOf(samples)?.[0]?.value;
      if (low === undefined || count === undefined) return pending('there is no history', [], 'see whether Prometheus scrapes it');
      // What is over can't be mended, only outlived: the period begins anew.
      if (low < 1)
        return pending(`it was down within the last ${period}`, [`min_over_time(up[${period}]) is ${low}`], 'see what happened then');
      const share = count / (parseDuration(period) / SCRAPE_INTERVAL);
      return share >= ENOUGH
        ? met(`${count} samples, all up`)
        : pending(`history covers ${Math.floor(share * 100)} % of ${period}`, [], 'it takes its time');
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
      if (value === undefined) return pending(`there is no series ${options.series}`, [], 'see whether Prometheus scrapes it');
      return value === 0
        ? met(`0 in ${options.period}`)
        : pending(`${Math.ceil(value)} within the last ${options.period}`, [`increase(${options.series}) is ${value}`], options.remedy);
    },
  });

export const nothingFires = (prometheus: Prometheus, namespace: string): Check =>
  check({
    id: 'soak.no-alert',
    title: `No alert of ${namespace} fires`,
    holds: 'always',
    reads: { firing: readQuery(prometheus, `ALERTS{alertstate="firing",namespace="${namespace}"}`) },
    judge: ({ firing }) => {
      const samples = samplesOf(firing);
      if (samples === undefined) return notAnswering('query', firing);
      return samples.length === 0
        ? met('none')
        : failed(
            `${samples.length} fire`,
            samples.map(({ labels }) => labels.alertname ?? 'an alert'),
            'see the alerts page of Prometheus',
          );
    },
  });

export const ratioIsReached = (prometheus: Prometheus, id: string, query: string, target: number): Check =>
  check({
    id,
    title: `${query} is at least ${target}`,
    holds: 'always',
    reads: { answer: readQuery(prometheus, query) },
    judge: ({ answer }) => {
      const value = samplesOf(answer)?.[0]?.value;
      if (value === undefined || Number.isNaN(value)) return pending('no samples yet', [], 'it takes its time');
      const saw = String(Number(value.toPrecision(4)));
      return value >= target ? met(saw) : pending(saw, [`the target is ${target}`], 'see what it is made of');
    },
  });
