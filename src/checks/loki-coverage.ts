import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import type { ServiceRef } from '#model/kubernetes.ts';
import type { Read, Seen } from '#model/read.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { timeLines } from './loki-lines.ts';
import { sumMetric } from './metrics.ts';
import { Node } from './objects.ts';
import { type Json, readFields, readHttp, readJson, readList, readLogs } from './reads.ts';

/** How far back a pod has to have written something; seconds. */
const WINDOW = 3600;
/** Pods without a stream whose own log is looked at in one round, to tell silent from missing. The others count as missing. */
const SORTED = 100;
/** Names in a message. */
const NAMED = 20;

const Values = v.object({ data: v.optional(v.array(v.string()), []) });
type Values = v.InferOutput<typeof Values>;

const PodFields = v.object({
  metadata: v.object({ name: v.string(), namespace: v.optional(v.string(), '') }),
  spec: v.object({ nodeName: v.optional(v.string(), ''), containers: v.array(v.object({ name: v.string() })) }),
  status: v.object({ phase: v.optional(v.string(), '') }),
});
type PodFields = v.InferOutput<typeof PodFields>;

type CoverageReads = {
  readonly pods: Read<readonly PodFields[] | undefined>;
  readonly [streams: `streams of ${string}`]: Read<Json<Values>>;
  readonly [log: `log of ${string}`]: Read<readonly string[] | undefined>;
};

/**
 * Running pods against streams of the last hour, by name. The pods come page by page with few fields, the streams as the values of
 * the label `pod`, namespace by namespace: `/series` has no limit and repeats every label of every stream, and `index/volume` stops
 * at volume_max_series. Then the logs of those that have none, up to a number: a pod that wrote nothing does not count.
 */
export const everyPodHasLogs = ({ loki, alloy, targets }: Environment): Check =>
  check<CoverageReads>({
    id: 'logs.coverage',
    title: `${Number((targets.coverage * 100).toFixed(2))} % of the running pods that write send logs`,
    holds: 'always',
    after: ['loki.gateway-routes'],
    reads: {
      pods: readFields({ group: '', version: 'v1', resource: 'pods' }, PodFields, [
        'spec.nodeName',
        'spec.containers.name',
        'status.phase',
      ]),
    },
    next: (seen) => {
      const pods = collected(seen, alloy.excludedNamespaces);
      const namespaces = [...new Set(pods.map(({ metadata }) => metadata.namespace))];
      const streams = namespaces.map((name) => [streamsOf(name), readValues(loki.service, 'pod', `{namespace="${name}"}`)] as const);
      const logs = withoutStream(seen, pods)
        .slice(0, SORTED)
        .flatMap((pod) => containersOf(pod).map((place) => [logOf(place), readLogs(place, WINDOW, 1)] as const));
      return Object.fromEntries([...streams, ...logs]);
    },
    nextPermissions: [...readValues(loki.service, 'pod', '').permissions, { verb: 'get', group: '', resource: 'pods/log' }],
    judge: (seen) => {
      const pods = collected(seen, alloy.excludedNamespaces);
      const unanswered = pods.map(({ metadata }) => seen[streamsOf(metadata.namespace)]).find((answer) => answer?.status !== 200);
      if (unanswered !== undefined) return notAnswering('label/pod/values', unanswered as Exclude<typeof unanswered, { status: 200 }>);
      const without = withoutStream(seen, pods);
      const sorted = without.slice(0, SORTED);
      const silent = sorted.filter((pod) => containersOf(pod).every((place) => (seen[logOf(place)] ?? []).length === 0));
      const missing = sorted.filter((pod) => !silent.includes(pod));
      const unsorted = without.length - sorted.length;
      const writing = pods.length - silent.length;
      const share = writing === 0 ? 0 : (pods.length - without.length) / writing;
      const saw = [
        `${pods.length - without.length} of ${writing} running pods that write have a stream (${percent(share)})`,
        ...(silent.length === 0 ? [] : [`silent for ${WINDOW / 60} min and not counted: ${nameAll(silent)}`]),
      ].join('; ');
      if (writing > 0 && share >= targets.coverage) return met(saw);
      return pending(
        saw,
        [
          ...(missing.length === 0 ? [] : [`${missing.length} write, and nothing of it arrives: ${nameAll(missing)}`]),
          ...(unsorted === 0 ? [] : [`${unsorted} more have no stream: whether they write was not looked at`]),
        ],
        `see Alloy on their nodes: kubectl get pods -n ${alloy.namespace} -l app.kubernetes.io/instance=${alloy.name} -o wide; the files that it reads are in loki_source_file_read_lines_total of its /metrics`,
      );
    },
  });

/** A node from which nothing comes has no Alloy, or one that reads nothing: Alloy itself writes on each. */
export const everyNodeHasLogs = ({ loki, alloy }: Environment): Check =>
  check({
    id: 'logs.every-node',
    title: 'Lines of the last hour come from every node',
    holds: 'always',
    reads: {
      nodes: readList({ group: '', version: 'v1', resource: 'nodes' }, Node),
      values: readValues(loki.service, 'node', '{namespace=~".+"}'),
    },
    judge: ({ nodes = [], values }) => {
      if (values.value === undefined) return notAnswering('label/node/values', values);
      const { data } = values.value;
      const dark = nodes.map(({ metadata }) => metadata.name).filter((name) => !data.includes(name));
      const saw = `lines from ${nodes.length - dark.length} of ${nodes.length} nodes`;
      return dark.length === 0 && nodes.length > 0
        ? met(saw)
        : pending(
            saw,
            [`none from ${dark.join(', ')}`],
            `kubectl get pods -n ${alloy.namespace} -l app.kubernetes.io/instance=${alloy.name} -o wide, and the log of the one on that node`,
          );
    },
  });

/** Streams in Loki's memory, of about the last half hour, and namespaces of the last hour. */
export const streamsAreEnough = ({ loki, targets }: Environment): Check =>
  check({
    id: 'logs.streams',
    title: `At least ${targets.streams} streams from ${targets.namespaces} namespaces`,
    holds: 'always',
    reads: { metrics: readHttp(loki.service, '/metrics'), values: readValues(loki.service, 'namespace', '{namespace=~".+"}') },
    judge: ({ metrics, values }) => {
      if (metrics.status !== 200) return notAnswering('/metrics', metrics);
      if (values.value === undefined) return notAnswering('label/namespace/values', values);
      const streams = sumMetric(metrics.text, 'loki_ingester_memory_streams');
      const namespaces = values.value.data.length;
      const saw = `${streams} streams from ${namespaces} namespaces`;
      return streams >= targets.streams && namespaces >= targets.namespaces
        ? met(saw)
        : pending(
            saw,
            [`the goals want ${targets.streams} from ${targets.namespaces}`],
            'see the check logs.coverage, which names the pods that are missing',
          );
    },
  });

/** Samples: fewer say little about a 95th percentile. */
const SAMPLES = 20;

/**
 * No metric of Loki carries a query's length, so queries over 24 h are made and timed: one after the other, for together they would wait for each other.
 *
 * @param after checks that come first: who waits for those would time it in each round
 */
export const queriesAreFast = ({ loki, targets }: Environment, after: readonly string[] = []): Check =>
  check({
    id: 'loki.p95',
    title: `P95 of queries over 24 h is below ${targets.p95} s`,
    holds: 'always',
    after,
    reads: { timed: timeLines(loki.service, '{namespace=~".+"}', '24h', SAMPLES) },
    judge: ({ timed }) => {
      if (timed.value === undefined) return notAnswering('query_range', timed);
      return judgeP95(
        timed.took.map((took) => took / 1000),
        targets.p95,
      );
    },
  });

export function judgeP95(seconds: readonly number[], target: number): Verdict {
  const sorted = seconds.toSorted((a, b) => a - b);
  const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1];
  if (p95 === undefined || sorted.length < SAMPLES)
    return pending(
      `${sorted.length} queries were timed`,
      [`fewer than ${SAMPLES} say nothing of a 95th percentile: the last one was not answered with 200`],
      'see the log of Loki: it names slow and failed queries in lines with metrics.go',
    );
  const saw = `P95 ${p95.toFixed(3)} s over ${sorted.length} queries of 24 h`;
  return p95 < target
    ? met(saw)
    : failed(
        saw,
        [`the target is ${target} s, the slowest took ${sorted.at(-1)?.toFixed(3)} s`],
        'raise environment.loki.caches or loki.limits_config.split_queries_by_interval in environment.loki.values',
      );
}

/** The values of a label within the window; none when the label or the streams are unknown. */
function readValues(service: ServiceRef, label: string, query: string): Read<Json<Values>> {
  return readJson(service, `/loki/api/v1/label/${label}/values`, Values, { query: { query, since: `${WINDOW}s` } });
}

function collected({ pods = [] }: Pick<Seen<CoverageReads>, 'pods'>, excluded: readonly string[]): readonly PodFields[] {
  return pods.filter(({ metadata, status }) => status.phase === 'Running' && !excluded.includes(metadata.namespace));
}

/** None while it is not known of every namespace which streams it has. */
function withoutStream(seen: Seen<CoverageReads>, pods: readonly PodFields[]): readonly PodFields[] {
  const known = new Map<string, ReadonlySet<string>>();
  for (const { metadata } of pods) {
    const answer = seen[streamsOf(metadata.namespace)];
    if (answer?.value === undefined) return [];
    if (!known.has(metadata.namespace)) known.set(metadata.namespace, new Set(answer.value.data));
  }
  return pods.filter(({ metadata }) => !known.get(metadata.namespace)?.has(metadata.name));
}

function containersOf({ metadata, spec }: PodFields) {
  return spec.containers.map(({ name }) => ({ namespace: metadata.namespace, pod: metadata.name, container: name }));
}

function streamsOf(namespace: string) {
  return `streams of ${namespace}` as const;
}

function logOf({ namespace, pod, container }: { namespace: string; pod: string; container: string }) {
  return `log of ${namespace}/${pod}/${container}` as const;
}

/** With the nodes: what is missing together often lies together. */
function nameAll(pods: readonly PodFields[]): string {
  const names = pods.slice(0, NAMED).map(({ metadata, spec }) => `${metadata.namespace}/${metadata.name} on ${spec.nodeName}`);
  return [...names, ...(pods.length > NAMED ? [`and ${pods.length - NAMED} more`] : [])].join(', ');
}

/** Never rounded up to 100. */
function percent(share: number): string {
  return `${Math.floor(Number((share * 1000).toFixed(6))) / 10} %`;
}
