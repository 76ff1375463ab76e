import * as v from 'valibot';
import { type Check, check, type Probe, probing } from '#model/check.ts';
import type { Environment, Loki } from '#model/environment.ts';
import type { Manifest, ServiceRef } from '#model/kubernetes.ts';
import type { Read } from '#model/read.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { notAnswering } from './loki.ts';
import { Pod } from './objects.ts';
import { type Json, readBucket, readJson, readList } from './reads.ts';

const labels = v.record(v.string(), v.string());
const Streams = v.object({
  data: v.object({
    resultType: v.literal('streams'),
    result: v.array(v.object({ stream: labels, values: v.array(v.looseTuple([v.string(), v.string()])) })),
  }),
});
type Streams = v.InferOutput<typeof Streams>;
const Series = v.object({ data: v.optional(v.array(labels), []) });

interface Line {
  readonly at: bigint;
  readonly line: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Lines of a selector over the last hours, oldest first by the query's own order. */
export function readLines(service: ServiceRef, query: string, since: string, limit = 1000): Read<Json<Streams>> {
  return readJson(service, '/loki/api/v1/query_range', Streams, { query: { query, since, limit: String(limit), direction: 'forward' } });
}

/** A line goes in through the gateway and the same line comes back. */
export const lineReturns = (loki: Loki): Probe => ({
  id: 'loki.line-returns',
  title: 'A line pushed through the gateway comes back from a query',
  holds: 'always',
  validFor: '24h',
  with: (mark) =>
    probing({
      before: [
        {
          do: 'push',
          to: loki.gateway,
          labels: { namespace: loki.namespace, app: 'anton-logging', pod: 'anton-logging' },
          lines: [`anton-logging probe ${mark}`],
        },
      ],
      reads: { found: readLines(loki.gateway, `{app="anton-logging"} |= \`${mark}\``, '1h') },
      judge: ({ found }) => {
        if (found.value === undefined) return notAnswering('query_range', found);
        const lines = linesOf(found.value);
        return lines.length === 1
          ? met(`1 line out, 1 line back: ${lines[0]?.line}`)
          : pending(`${lines.length} lines came back`, ['one was pushed'], 'see the log of Loki: a refused line is named there');
      },
      after: [],
    }),
});

/** "Ready" and "answers queries" are true of a Loki that writes to its own disk: only an object in the bucket is proof. */
export const flushReachesBucket = ({ loki, storage }: Environment): Probe => ({
  id: 'loki.flush-reaches-bucket',
  title: `A flushed chunk appears in bucket ${storage.bucket.name}`,
  holds: 'always',
  validFor: '24h',
  with: (mark) =>
    probing({
      before: [
        {
          do: 'push',
          to: loki.service,
          labels: { namespace: loki.namespace, app: 'anton-logging', pod: 'anton-logging' },
          lines: [`anton-logging flush ${mark}`],
          flush: loki.service,
        },
      ],
      reads: { list: readBucket(storage.bucket, 'list', { key: 'fake/' }) },
      judge: ({ list }) => {
        if (list.status !== 200) return failed(`listing the bucket: ${list.status} ${list.code ?? ''}`, [], "see the bucket's Secret");
        const chunks = list.objects ?? [];
        return chunks.length > 0
          ? met(`${chunks.length} chunks below fake/`)
          : pending(
              'no chunk below fake/',
              ['Loki has flushed, but not into this bucket'],
              'see loki_ingester_chunks_flush_failures_total and the log of Loki',
            );
      },
      after: [],
    }),
});

const PROBE_POD = 'anton-logging-probe';

/** One workload that writes known lines: what arrives, how often, in which order, and what it carries tells how they travelled. */
export const collectsExactlyOnce = ({ alloy, loki }: Environment): Probe => ({
  id: 'alloy.collects-once',
  title: 'Lines of a test workload arrive once, in order, with their labels',
  holds: 'always',
  validFor: '24h',
  with: (mark) => {
    const wanted = Array.from({ length: 20 }, (_, index) => `${mark} line ${String(index).padStart(2, '0')}`);
    return probing({
      ...workload(alloy.namespace, wanted),
      reads: { found: readLines(loki.gateway, `{namespace="${alloy.namespace}",pod="${PROBE_POD}"} |= \`${mark}\``, '1h') },
      judge: ({ found }) => {
        if (found.value === undefined) return notAnswering('query_range', found);
        const lines = linesOf(found.value);
        const twice = lines.length - new Set(lines.map(({ line }) => line)).size;
        if (twice > 0)
          return failed(
            `${wanted.length} lines were written, ${lines.length} arrived`,
            [`${twice} arrived more than once: each Alloy pod ships every pod's lines, not only its own node's`],
            'limit discovery to spec.nodeName, as the shipped config.alloy does',
          );
        if (lines.length < wanted.length)
          return pending(
            `${lines.length} of ${wanted.length} lines arrived`,
            ['Alloy has not shipped the others'],
            'see loki_write_dropped_entries_total and the log of Alloy',
          );
        const missing = ['namespace', 'pod', 'container', 'node'].filter((name) => lines.some((line) => line.labels[name] === undefined));
        if (missing.length > 0) return failed(`lines lack the labels ${missing.join(', ')}`, [], 'see discovery.relabel in config.alloy');
        const ordered = lines.map(({ line }) => line).join() === wanted.join();
        return ordered
          ? met(`${lines.length} of ${wanted.length} lines, none twice, in order`)
          : failed('lines arrived out of order', [], 'see the timestamps: stage.cri sets them from the log file');
      },
    });
  },
});

/** A JSON line keeps its level and trace id, a health probe's line does not come at all. */
export const parsesAndFilters = ({ alloy, loki }: Environment): Probe => ({
  id: 'alloy.parses-and-filters',
  title: 'JSON lines are parsed and health probes are dropped',
  holds: 'always',
  validFor: '24h',
  with: (mark) => {
    const json = JSON.stringify({ level: 'warn', trace_id: `trace-${mark}`, msg: `${mark} json` });
    return probing({
      ...workload(alloy.namespace, [`GET /healthz ${mark}`, json]),
      reads: { found: readLines(loki.gateway, `{namespace="${alloy.namespace}",pod="${PROBE_POD}"} |= \`${mark}\``, '1h') },
      judge: ({ found }) => {
        if (found.value === undefined) return notAnswering('query_range', found);
        const lines = linesOf(found.value);
        const parsed = lines.find(({ line }) => line === json);
        // The filtered line was written first: once the second is there, it would be too.
        if (lines.some(({ line }) => line.startsWith('GET /healthz')))
          return failed(
            'the line of a health probe arrived',
            ['the drop rule of config.alloy does not match'],
            'see stage.match in config.alloy',
          );
        if (parsed === undefined) return pending('the JSON line has not arrived', [], 'see the log of Alloy');
        if (parsed.labels.level !== 'warn' || parsed.labels.trace_id !== `trace-${mark}`)
          return failed(
            'the JSON line arrived without its level and trace_id',
            [`it has ${Object.keys(parsed.labels).join(', ')}`],
            'see stage.json and stage.structured_metadata in config.alloy; Loki needs allow_structured_metadata',
          );
        return met('level and trace_id are structured metadata, the health probe was dropped');
      },
    });
  },
});

/** Running pods against streams of the last hour, by name. */
export const everyPodHasLogs = ({ loki, alloy, targets }: Environment): Check =>
  check({
    id: 'logs.coverage',
    title: `${targets.coverage * 100} % of the running pods send logs`,
    holds: 'always',
    reads: {
      pods: readList({ group: '', version: 'v1', resource: 'pods' }, Pod),
      series: readJson(loki.service, '/loki/api/v1/series', Series, { query: { 'match[]': '{namespace=~".+"}', since: '1h' } }),
    },
    judge: ({ pods = [], series }) => {
      if (series.value === undefined) return notAnswering('series', series);
      const streams = new Set(series.value.data.map(({ namespace, pod }) => `${namespace}/${pod}`));
      const running = pods.filter(
        ({ status, metadata }) => status.phase === 'Running' && !alloy.excludedNamespaces.includes(metadata.namespace),
      );
      const silent = running.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).filter((name) => !streams.has(name));
      const share = running.length === 0 ? 0 : (running.length - silent.length) / running.length;
      const saw = `${running.length - silent.length} of ${running.length} running pods have a stream (${Math.floor(share * 1000) / 10} %)`;
      if (running.length > 0 && share >= targets.coverage) return met(saw);
      return pending(
        saw,
        silent.slice(0, 20).map((name) => `${name} has none`),
        'see whether they write at all: kubectl logs --since=1h',
      );
    },
  });

export const streamsAreEnough = ({ loki, targets }: Environment): Check =>
  check({
    id: 'logs.streams',
    title: `At least ${targets.streams} streams from ${targets.namespaces} namespaces`,
    holds: 'always',
    reads: { series: readJson(loki.service, '/loki/api/v1/series', Series, { query: { 'match[]': '{namespace=~".+"}', since: '1h' } }) },
    judge: ({ series }) => {
      if (series.value === undefined) return notAnswering('series', series);
      const namespaces = new Set(series.value.data.flatMap(({ namespace }) => namespace ?? []));
      const saw = `${series.value.data.length} streams from ${namespaces.size} namespaces`;
      return series.value.data.length >= targets.streams && namespaces.size >= targets.namespaces
        ? met(saw)
        : pending(saw, [], 'see the coverage by name');
    },
  });

/** Samples: fewer say little about a 95th percentile. */
const SAMPLES = 20;

/** No metric of Loki carries a query's length, so queries over 24 h are made and timed. */
export const queriesAreFast = ({ loki, targets }: Environment): Check =>
  check({
    id: 'loki.p95',
    title: `P95 of queries over 24 h is below ${targets.p95} s`,
    holds: 'always',
    reads: Object.fromEntries(
      Array.from({ length: SAMPLES }, (_, index) => [`sample${index}`, readLines(loki.service, '{namespace=~".+"}', '24h', 100 + index)]),
    ),
    judge: (seen) => {
      const answers = Object.values(seen);
      const refused = answers.find(({ value }) => value === undefined);
      if (refused !== undefined && refused.value === undefined) return notAnswering('query_range', refused);
      return judgeP95(
        answers.map(({ took }) => took / 1000),
        targets.p95,
      );
    },
  });

export function judgeP95(seconds: readonly number[], target: number): Verdict {
  const sorted = seconds.toSorted((a, b) => a - b);
  const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN;
  const saw = `P95 ${p95.toFixed(3)} s over ${sorted.length} queries of 24 h`;
  return p95 < target
    ? met(saw)
    : failed(saw, [`the slowest took ${sorted.at(-1)?.toFixed(3)} s`], 'raise caches, narrow the selectors, or split queries further');
}

/** A pod that prints its arguments, each a line, and ends. */
function workload(namespace: string, lines: readonly string[]) {
  const pod: Manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: PROBE_POD,
      namespace,
      labels: { 'app.kubernetes.io/name': PROBE_POD, 'app.kubernetes.io/managed-by': 'anton-logging' },
    },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'writer',
          image: 'docker.io/library/busybox:1.37.0',
          command: ['printf', '%s\\n'],
          args: lines,
          resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '32Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            runAsUser: 65534,
          },
        },
      ],
    },
  };
  const remove = { do: 'remove', object: { apiVersion: 'v1', kind: 'Pod', namespace, name: PROBE_POD } } as const;
  return { before: [remove, { do: 'apply', object: pod } as const], after: [remove] };
}

function linesOf({ data }: Streams): readonly Line[] {
  const lines = data.result.flatMap(({ stream, values }) => values.map(([at, line]) => ({ at: BigInt(at), line, labels: stream })));
  return lines.toSorted((a, b) => Number(a.at - b.at));
}
