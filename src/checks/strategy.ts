import { type Check, check } from '#model/check.ts';
import type { Environment } from '#model/environment.ts';
import { failed, met } from '#model/verdict.ts';

/** Strategy is judged from what the goals declare: nothing in the cluster can contradict a choice. */
export const modeFits = ({ loki }: Environment): Check =>
  check({
    id: 'strategy.mode',
    title: 'The deployment mode fits the chart version and the volume',
    holds: 'always',
    reads: {},
    // Chart 12 made Monolithic the default; SimpleScalable is deprecated and goes in Loki 4.0.
    judge: () =>
      met(`${loki.mode} of chart ${loki.chart.version}: one process is enough for tens of GB a day, SimpleScalable is deprecated`),
  });

export const storeFits = ({ storage }: Environment): Check =>
  check({
    id: 'strategy.object-store',
    title: 'Chunks go to S3, not to a file system',
    holds: 'always',
    reads: {},
    judge: () => met(`S3 at ${storage.endpoint}, bucket ${storage.bucket.name}: it outlives the pod and the node`),
  });

export const agentFits = ({ alloy }: Environment): Check =>
  check({
    id: 'strategy.agent',
    title: 'The agent is still maintained',
    holds: 'always',
    reads: {},
    judge: () =>
      alloy.chart.name === 'alloy'
        ? met(`Alloy, chart ${alloy.chart.version}: Promtail has been end of life since 2026-03-02`)
        : failed(`chart ${alloy.chart.name}`, ['Promtail has been end of life since 2026-03-02'], 'use the chart alloy'),
  });
