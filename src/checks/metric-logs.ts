import * as v from 'valibot';
import type { Check } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import { type Measured, type Measurement, measurement } from '#model/initiative.ts';
import type { Answer, Read } from '#model/read.ts';
import { met } from '#model/verdict.ts';
import { unanswered } from './history.ts';
import { everyPodHasLogs, queriesAreFast } from './loki-coverage.ts';
import { retentionIsConfigured } from './loki-retention.ts';
import type { Pod } from './objects.ts';
import { parseJson } from './reads.ts';

/** Fewer queries say little about a 95th percentile. */
const FEWEST_QUERIES = 20;

export function measureCoverage(environment: Environment): Measurement {
  const check = everyPodHasLogs(environment);
  return measurementOf(check, (seen: { readonly pods?: readonly Pod[] }) => {
    const running = (seen.pods ?? []).filter(({ status }) => status.phase === 'Running');
    const sample = `${running.length} running pods`;
    return running.length === 0 ? { untold: 'no pod runs', sample } : { sample, interval: 'the last hour' };
  });
}

/** Timed from here, and what Loki itself says that the last one took: the rest is the way there and back. */
export function measureQueries(environment: Environment): Measurement {
  const check = queriesAreFast(environment);
  const { timed } = check.reads as { timed: Read<{ readonly took: readonly number[] }> };
  const reads = { ...check.reads, execution: { ...timed, decode: readExecution } };
  const measured = measurementOf({ ...check, reads }, (seen: { readonly timed: { readonly took: readonly number[] } }) => {
    const { length } = seen.timed.took;
    const sample = `${length} queries over 24 h`;
    return length < FEWEST_QUERIES
      ? { untold: `too few samples: ${length} queries, wanted are ${FEWEST_QUERIES}`, sample }
      : { sample, interval: 'asked now, one after the other' };
  });
  return measurement({
    reads,
    measure: (seen: { readonly execution: number | undefined }, now) => {
      const outcome = measured.measure(seen, now);
      if ('untold' in outcome || seen.execution === undefined) return outcome;
      return { ...outcome, value: `${outcome.value}; the last one took ${seen.execution.toFixed(3)} s inside Loki` };
    },
  });
}

export function measureRetention({ loki }: Environment): Measurement {
  const checks = retentionIsConfigured(loki);
  const judge: Check['judge'] = (seen, now) => {
    const verdicts = checks.map((check) => check.judge(seen, now));
    return verdicts.find(({ state }) => state !== 'met') ?? met(verdicts.map(({ saw }) => saw).join('; '));
  };
  // They read the same.
  return measurementOf({ reads: checks[0]?.reads, judge }, () => ({ sample: '1 configuration, as running', interval: 'now' }));
}

/** What a check shows as a metric: what does not answer is unknown here, and not just not met. */
function measurementOf<Values>(
  check: Pick<Check, 'reads' | 'next' | 'nextPermissions' | 'judge'>,
  basis: (seen: Values) => { readonly sample: string; readonly interval: string } | Extract<Measured, { untold: string }>,
): Measurement {
  return {
    ...check,
    measure: (seen, now) => {
      const silent = unanswered(seen);
      if (silent !== undefined) return { untold: silent };
      const from = basis(seen as Values);
      if ('untold' in from) return from;
      const { state, saw } = check.judge(seen, now);
      return { value: saw, reached: state === 'met', ...from };
    },
  };
}

const Stats = v.object({ data: v.object({ stats: v.object({ summary: v.object({ execTime: v.number() }) }) }) });

/** Seconds; undefined where Loki does not say. */
function readExecution(answer: Answer): number | undefined {
  if (answer.of !== 'http' || answer.status !== 200) return undefined;
  const stats = v.safeParse(Stats, parseJson(answer.body, 'query_range'));
  return stats.success ? stats.output.data.stats.summary.execTime : undefined;
}
