import type { Targets } from '#model/environment.ts';
import type { GoalMetric } from './types.ts';

const DEFAULTS: Targets = { coverage: 1, p95: 1, availability: 0.999, compression: 10, saving: 0.5, streams: 10, namespaces: 3 };

/** Targets as the success metrics state them in words: "P95 <1s for 24h queries", "99.9% write path uptime", "10:1 compression ratio". */
export function readTargets(metrics: readonly GoalMetric[]): Targets {
  const read = (pattern: RegExp, about: RegExp): RegExpExecArray | undefined => {
    const metric = metrics.find(({ id, target }) => about.test(`${id} ${target}`) && pattern.test(target));
    return metric === undefined ? undefined : (pattern.exec(metric.target) ?? undefined);
  };
  const share = (about: RegExp): number | undefined => ratio(read(/(\d+(?:\.\d+)?)\s*%/, about)?.[1]);
  const latency = read(/p95\D*?(\d+(?:\.\d+)?)\s*(ms|s|m)\b/i, /./);
  return {
    coverage: share(/coverage|\bpods\b/i) ?? DEFAULTS.coverage,
    p95: latency === undefined ? DEFAULTS.p95 : Number(latency[1]) * ({ ms: 0.001, m: 60 }[latency[2]?.toLowerCase() ?? ''] ?? 1),
    availability: share(/availability|uptime/i) ?? DEFAULTS.availability,
    compression: positive(read(/(\d+(?:\.\d+)?)\s*(?::\s*1|x|×)/i, /compression|storage_efficiency/i)?.[1]) ?? DEFAULTS.compression,
    saving: share(/cost|pvc/i) ?? DEFAULTS.saving,
    streams: positive(read(/(\d+)\+?\s*(?:log\s+)?streams/i, /./)?.[1]) ?? DEFAULTS.streams,
    namespaces: positive(read(/(\d+)\+?\s*namespaces/i, /./)?.[1]) ?? DEFAULTS.namespaces,
  };
}

function ratio(percent: string | undefined): number | undefined {
  // Rounded: 99.9 / 100 is 0.9990000000000001.
  const value = Number((Number(percent) / 100).toPrecision(12));
  return percent === undefined || value > 1 ? undefined : value;
}

function positive(text: string | undefined): number | undefined {
  return text === undefined || Number(text) === 0 ? undefined : Number(text);
}
