import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Prometheus } from '#model/environment.ts';
import { serviceName } from '#model/kubernetes.ts';
import type { Read } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { AnyObject, findCondition, PrometheusObject } from './objects.ts';
import { type Json, readJson, readList } from './reads.ts';

const sample = v.pipe(v.string(), v.regex(/^([+-]?Inf|NaN|[+-]?\d.*)$/));
const Vector = v.object({
  data: v.object({ result: v.array(v.object({ metric: v.record(v.string(), v.string()), value: v.tuple([v.number(), sample]) })) }),
});
type Vector = v.InferOutput<typeof Vector>;

/** An instant query. An empty result is a result: no series matches. */
export function readQuery({ service }: Prometheus, query: string): Read<Json<Vector>> {
  return readJson(service, '/api/v1/query', Vector, { query: { query } });
}

/** The samples' values; undefined for an answer that is none. NaN and infinity are left out: a quotient by 0 says nothing yet. */
export function samplesOf(
  answer: Json<Vector>,
): readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[] | undefined {
  return answer.value?.data.result
    .map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
    .filter(({ value }) => Number.isFinite(value));
}

/** Over all series: a pod that came back with another address has one more. */
export function totalOf(answer: Json<Vector>): number | undefined {
  const samples = samplesOf(answer);
  return samples === undefined || samples.length === 0 ? undefined : samples.reduce((sum, { value }) => sum + value, 0);
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
      if (instances === undefined || monitors === undefined) {
        const unserved = [instances === undefined ? 'prometheuses' : '', monitors === undefined ? 'servicemonitors' : ''].filter(Boolean);
        return failed(
          `the API server does not serve ${unserved.join(' and ')} of monitoring.coreos.com`,
          ['kube-prometheus-stack is not installed, or without its CRDs: the charts would end with no matches for kind "ServiceMonitor"'],
          'install it with its CRDs, or set environment.prometheus to null',
        );
      }
      const ready = instances.find(({ status }) => findCondition(status.conditions, 'Available')?.status === 'True');
      if (ready === undefined)
        return pending(
          `${instances.length} instances, none available`,
          instances.map(
            ({ metadata, status }) => `${metadata.name}: ${findCondition(status.conditions, 'Available')?.message || 'it says nothing'}`,
          ),
          `kubectl describe prometheus -n ${prometheus.service.namespace}`,
        );
      if (!ready.spec.enableRemoteWriteReceiver)
        return failed(
          `${ready.metadata.name} takes no remote writes`,
          [`Prometheus ${ready.metadata.namespace}/${ready.metadata.name} would refuse the ruler's recorded series with 404`],
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
      if (ill.length > 0)
        return failed(
          `rules fail: ${ill.join(', ')}`,
          [`${serviceName(service)} can't evaluate them`],
          `the page /rules of ${serviceName(service)} shows the error; mend the PrometheusRule: kubectl get prometheusrule -A`,
        );
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
      const silent = Object.values(seen).find(({ value }) => value === undefined);
      if (silent !== undefined) return notAnswering('query', silent);
      const counts = names.map((name) => ({ name, samples: samplesOf(seen[name] as Json<Vector>) }));
      const absent = counts.filter(({ samples }) => samples?.length === 0).map(({ name }) => name);
      return absent.length === 0
        ? met(counts.map(({ name, samples }) => `${name} ${samples?.length}`).join(', '))
        : pending(
            `${absent.join(', ')} not there`,
            ["Loki's remote write has not arrived"],
            'see loki_ruler_wal_prometheus_remote_storage_samples_failed_total',
          );
    },
  });
