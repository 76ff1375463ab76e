import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { timeLines } from './loki-lines.ts';
import { Pod } from './objects.ts';
import { readJson, readList } from './reads.ts';

const Series = v.object({ data: v.optional(v.array(v.record(v.string(), v.string())), []) });

/** Running pods against streams of the last hour, by name. */
export const everyPodHasLogs = ({ loki, alloy, targets }: Environment): Check =>
  check({
    id: 'logs.coverage',
    title: `${Number((targets.coverage * 100).toFixed(2))} % of the running pods send logs`,
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
  if (p95 === undefined) return pending('no query was timed', [], 'nothing yet');
  const saw = `P95 ${p95.toFixed(3)} s over ${sorted.length} queries of 24 h`;
  return p95 < target
    ? met(saw)
    : failed(
        saw,
        [`the target is ${target} s, the slowest took ${sorted.at(-1)?.toFixed(3)} s`],
        'raise environment.loki.caches or loki.limits_config.split_queries_by_interval in environment.loki.values',
      );
}
