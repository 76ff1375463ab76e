import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Prometheus } from '#model/environment.ts';
import { serviceName } from '#model/kubernetes.ts';
import type { Read } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { AnyObject, findCondition, PrometheusObject } from './objects.ts';
import { type Json, readJson, readList, readObject } from './reads.ts';

const sample = v.pipe(v.string(), v.regex(/^([+-]?Inf|NaN|[+-]?\d.*)$/));
const Vector = v.object({
  data: v.object({ result: v.array(v.object({ metric: v.record(v.string(), v.string()), value: v.tuple([v.number(), sample]) })) }),
});
export type Vector = v.InferOutput<typeof Vector>;

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
      if (instances.length === 0)
        return failed(
          `there is no Prometheus in namespace ${prometheus.service.namespace}`,
          ['environment.prometheus.service names it'],
          'name the right one in environment.prometheus.service (kubectl get prometheus --all-namespaces), or set environment.prometheus to null',
        );
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

interface Target {
  readonly id: string;
  readonly namespace: string;
  /** Of its Service and of the ServiceMonitor that makes it a target. */
  readonly name: string;
  /** The setting that gives the ServiceMonitor its labels. */
  readonly setting: string;
}

/** By the labels that the operator gives: its job is what a chart makes of it (Loki's puts the namespace before it, Alloy's does not). */
export const targetIsUp = (prometheus: Prometheus, { id, setting, ...monitor }: Target): Check => {
  const target = `${monitor.namespace}/${monitor.name}`;
  const name = `ServiceMonitor ${target}`;
  return check({
    id,
    title: `Prometheus scrapes ${target}`,
    holds: 'always',
    reads: {
      up: readQuery(prometheus, `up{namespace="${monitor.namespace}",service="${monitor.name}"}`),
      found: readObject({ apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', ...monitor }, AnyObject),
    },
    judge: ({ up, found }) => {
      const samples = samplesOf(up);
      if (samples === undefined) return notAnswering('query', up);
      const label = found?.metadata.labels.release;
      if (samples.length === 0 && found !== undefined && label !== prometheus.release)
        return failed(
          `there is no target ${target}`,
          [`${name} has the label release: ${label ?? 'nothing'}, Prometheus selects by ${prometheus.release}`],
          `see what sets other labels (${setting}), or mend environment.prometheus.release; then resume`,
        );
      if (samples.length === 0)
        return pending(
          `there is no target ${target}`,
          [found === undefined ? `${name} is not there` : `${name} is selected: its targets come with the next reload`],
          `kubectl get servicemonitor -n ${monitor.namespace} ${monitor.name} -o yaml`,
        );
      const down = samples.filter(({ value }) => value !== 1);
      return down.length === 0
        ? met(`${samples.length} of ${samples.length} targets up`)
        : pending(
            `${down.length} of ${samples.length} targets down`,
            down.map(({ labels }) => labels.pod ?? labels.instance ?? 'a target'),
            `see its scrape error on the page /targets of ${serviceName(prometheus.service)}`,
          );
    },
  });
};

const Rule = v.object({ name: v.string(), health: v.optional(v.string(), 'unknown'), lastError: v.optional(v.string(), '') });
const Rules = v.object({ data: v.object({ groups: v.array(v.object({ name: v.string(), rules: v.array(Rule) })) }) });

const RuleObject = v.object({
  metadata: AnyObject.entries.metadata,
  spec: v.object({
    groups: v.optional(v.array(v.object({ rules: v.optional(v.array(v.object({ alert: v.optional(v.string()) })), []) })), []),
  }),
});

/** A PrometheusRule that Prometheus does not select is applied, and never evaluated. */
export const alertsAreLoaded = ({ service, release }: Prometheus, namespace: string, wanted: readonly string[]): Check =>
  check({
    id: 'prometheus.rules-loaded',
    title: `Prometheus has loaded the alerts ${wanted.join(', ')}`,
    holds: 'always',
    reads: {
      answer: readJson(service, '/api/v1/rules', Rules),
      objects: readList({ group: 'monitoring.coreos.com', version: 'v1', resource: 'prometheusrules', namespace }, RuleObject),
    },
    judge: ({ answer, objects = [] }) => {
      if (answer.value === undefined) return notAnswering('/api/v1/rules', answer);
      const rules = answer.value.data.groups.flatMap((group) => group.rules);
      const absent = wanted.filter((name) => !rules.some((rule) => rule.name === name));
      const saw = `${wanted.length - absent.length} of ${wanted.length} loaded`;
      if (absent.length === 0) return met(saw);
      const holders = objects.filter(({ spec }) =>
        spec.groups.some((group) => group.rules.some(({ alert = '' }) => absent.includes(alert))),
      );
      const astray = holders.filter(({ metadata }) => metadata.labels.release !== release).map(({ metadata }) => metadata);
      if (astray.length === 0)
        return pending(
          saw,
          absent.map((name) => `${name} is not loaded`),
          `kubectl get prometheusrule -n ${namespace}`,
        );
      return failed(
        saw,
        astray.map(({ name, labels }) => `PrometheusRule ${namespace}/${name} has the label release: ${labels.release ?? 'nothing'}`),
        `Prometheus selects by release: ${release}: see monitoring.alerts.labels in environment.loki.values, mend it in Git, then resume`,
      );
    },
  });

export const alertsAreHealthy = ({ service }: Prometheus, wanted: readonly string[]): Check =>
  check({
    id: 'prometheus.rules-healthy',
    title: `Prometheus evaluates the alerts ${wanted.join(', ')}`,
    holds: 'always',
    after: ['prometheus.rules-loaded'],
    reads: { answer: readJson(service, '/api/v1/rules', Rules) },
    judge: ({ answer }) => {
      if (answer.value === undefined) return notAnswering('/api/v1/rules', answer);
      const rules = answer.value.data.groups.flatMap((group) => group.rules).filter(({ name }) => wanted.includes(name));
      const ill = rules.filter(({ health }) => health === 'err');
      return ill.length === 0
        ? met(`${rules.length} evaluated without an error`)
        : failed(
            `rules fail: ${ill.map(({ name }) => name).join(', ')}`,
            ill.map(({ name, lastError }) => `${name}: ${lastError || `${serviceName(service)} can't evaluate it`}`),
            `the page /rules of ${serviceName(service)} shows the error; mend the PrometheusRule: kubectl get prometheusrule -A`,
          );
    },
  });

/** The series that Loki's ruler writes back are there: rules that are healthy may still write into nothing. */
export const seriesAreThere = (prometheus: Prometheus, names: readonly string[]): Check =>
  check({
    id: 'prometheus.recorded-series',
    title: `Prometheus has the recorded series ${names.join(', ')}`,
    holds: 'always',
    after: ['loki.rules-select', 'loki.remote-write-succeeds'],
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
            'see loki_ruler_wal_prometheus_remote_storage_samples_pending of Loki',
          );
    },
  });
