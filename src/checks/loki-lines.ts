import * as v from 'valibot';
import type { PushLines } from '#model/change.ts';
import { type Probe, probing } from '#model/check.ts';
import type { Environment, Loki } from '#model/environment.ts';
import { type ServiceRef, serviceName } from '#model/kubernetes.ts';
import type { Read } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { type Json, readBucket, readJson } from './reads.ts';
import { refused } from './s3-refusal.ts';

const labels = v.record(v.string(), v.string());
const nanoseconds = v.pipe(v.string(), v.regex(/^\d+$/));
const Streams = v.object({
  data: v.object({
    resultType: v.literal('streams'),
    result: v.array(v.object({ stream: labels, values: v.array(v.looseTuple([nanoseconds, v.string()])) })),
  }),
});
type Streams = v.InferOutput<typeof Streams>;

interface Line {
  readonly at: bigint;
  readonly line: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Lines of a selector over the last hours, oldest first by the query's own order. */
export function readLines(service: ServiceRef, query: string, since: string, limit = 1000): Read<Json<Streams>> {
  return readJson(service, '/loki/api/v1/query_range', Streams, { query: { query, since, limit: String(limit), direction: 'forward' } });
}

/** As many of the newest lines of a selector as one query gives. */
export function readNewestLines(service: ServiceRef, query: string, since: string): Read<Json<Streams>> {
  return readJson(service, '/loki/api/v1/query_range', Streams, { query: { query, since, limit: '5000', direction: 'backward' } });
}

/** The same query so often, to time it. */
export function timeLines(service: ServiceRef, query: string, since: string, times: number): Read<Json<Streams>> {
  const options = { query: { query, since, limit: '100', direction: 'forward' }, times };
  return readJson(service, '/loki/api/v1/query_range', Streams, options);
}

/** A line goes in through the gateway and the same line comes back. */
export const lineReturns = (loki: Loki): Probe => ({
  id: 'loki.line-returns',
  title: 'A line pushed through the gateway comes back from a query',
  holds: 'always',
  after: ['loki.gateway-routes'],
  validFor: '24h',
  with: (mark) =>
    probing({
      before: [pushLine(loki, loki.gateway, `anton-logging probe ${mark}`)],
      reads: { found: readLines(loki.gateway, `{app="anton-logging"} |= \`${mark}\``, '1h') },
      judge: ({ found }) => {
        if (found.value === undefined) return notAnswering('query_range', found);
        const lines = linesOf(found.value);
        if (lines.length > 1)
          return failed(
            `${lines.length} lines came back`,
            [`one was pushed through ${serviceName(loki.gateway)}`],
            `see who pushes as well: kubectl get pods -n ${loki.namespace} -l app.kubernetes.io/component=gateway`,
          );
        return lines.length === 1
          ? met(`1 line out, 1 line back: ${lines[0]?.line}`)
          : pending(
              'no line came back',
              ['one was pushed and accepted'],
              `kubectl logs -n ${loki.namespace} statefulset/${loki.name} -c loki`,
            );
      },
      after: [],
    }),
});

/** A flush takes seconds; a chunk that is older comes from another one. */
const FRESH = 2 * 60_000;

/** "Ready" and "answers queries" are true of a Loki that writes to its own disk: only an object in the bucket is proof. */
export const flushReachesBucket = ({ loki, storage }: Environment): Probe => ({
  id: 'loki.flush-reaches-bucket',
  title: `A flushed chunk appears in bucket ${storage.bucket.name}`,
  holds: 'always',
  validFor: '24h',
  with: (mark) =>
    probing({
      before: [{ ...pushLine(loki, loki.service, `anton-logging flush ${mark}`), flush: loki.service }],
      reads: { list: readBucket(storage.bucket, 'list', { key: 'fake/' }) },
      judge: ({ list }, now) => {
        if (list.status !== 200) return refused('list', storage.bucket, list);
        const times = (list.objects ?? []).map(({ modified }) => Date.parse(modified));
        const newest = times.length === 0 ? undefined : new Date(times.reduce((a, b) => Math.max(a, b)));
        const saw = newest === undefined ? 'no chunk below fake/' : `${times.length} chunks, the newest from ${newest.toISOString()}`;
        // Chunks of an earlier life of the bucket prove nothing about this flush.
        return newest !== undefined && now.getTime() - newest.getTime() <= FRESH
          ? met(saw)
          : pending(
              saw,
              [`${loki.namespace}/${loki.name} has flushed just now, but not into bucket ${storage.bucket.name}`],
              `see loki_ingester_chunks_flush_failures_total, and kubectl logs -n ${loki.namespace} statefulset/${loki.name} -c loki`,
            );
      },
      after: [],
    }),
});

/** Oldest first, whichever stream they came in. */
export function linesOf({ data }: Streams): readonly Line[] {
  const lines = data.result.flatMap(({ stream, values }) => values.map(([at, line]) => ({ at: BigInt(at), line, labels: stream })));
  return lines.toSorted((a, b) => Number(a.at - b.at));
}

/** A line of our own, under labels that no pod has. */
function pushLine({ namespace }: Loki, to: ServiceRef, line: string): PushLines {
  return { do: 'push', to, labels: { namespace, app: 'anton-logging', pod: 'anton-logging' }, lines: [line] };
}
