import type { Loki, Prometheus } from '#model/environment.ts';
import type { Read } from '#model/read.ts';
import { type MetricSample, samplesIn } from './metrics.ts';
import { readQuery, samplesOf, type Vector } from './prometheus.ts';
import type { Http, Json } from './reads.ts';

/** What went wrong longer ago than this is over. */
const LATELY = '10m';

/** The counter ten minutes ago; nothing to read where nobody keeps a history. */
export function readBefore({ namespace, name }: Loki, prometheus: Prometheus | null, metric: string): { before?: Read<Json<Vector>> } {
  if (prometheus === null) return {};
  return { before: readQuery(prometheus, `${metric}{job="${namespace}/${name}"} offset ${LATELY}`) };
}

export interface Growth {
  /** Since Loki's start. */
  readonly total: number;
  /** Of these, what came lately: all of them where no history goes back so far. */
  readonly lately: number;
  /** Since when these came, in words. */
  readonly since: string;
}

/**
 * How much a counter has grown, by a label of it. Not Prometheus' increase(): it misses the growth from nothing, and a series
 * of a refusal is there only after the first.
 */
export function growthBy({ text }: Http, before: Json<Vector> | undefined, metric: string, label: string): ReadonlyMap<string, Growth> {
  const past = before === undefined ? [] : (samplesOf(before) ?? []);
  const totals = Map.groupBy(samplesIn(text, metric), ({ labels }) => labels[label] ?? '');
  return new Map(
    [...totals].map(([key, now]) => {
      const total = sumOf(now);
      const then = sumOf(past.filter(({ labels }) => (labels[label] ?? '') === key));
      // Less than before: it counts from a start that is newer.
      const isAnew = past.length === 0 || then > total;
      return [key, { total, lately: isAnew ? total : total - then, since: isAnew ? "since Loki's start" : `within the last ${LATELY}` }];
    }),
  );
}

/** The same over all label sets; undefined when Loki does not have the counter. */
export function growthOf(metrics: Http, before: Json<Vector> | undefined, metric: string): Growth | undefined {
  return growthBy(metrics, before, metric, '').get('');
}

/** "3 since its start, none of them lately": what a counter that stands still amounts to. */
export function describeGrowth({ total }: Growth): string {
  return total === 0 ? 'none since its start' : `${total} since its start, none within the last ${LATELY}`;
}

function sumOf(samples: readonly MetricSample[]): number {
  return samples.reduce((sum, { value }) => sum + value, 0);
}
