import fs from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';

const DAY = 86_400;
/** Seconds between two samples: what Loki's ServiceMonitor says. */
const INTERVAL = 30;
/** What a quiet cluster has in its history; labels as the scrapes of today have them, but for the pod. */
const QUIET: readonly (readonly [series: string, value: number])[] = [
  ['up{job="monitoring/loki",namespace="monitoring",service="loki",pod="loki-earlier",container="loki"}', 1],
  ['kube_pod_container_status_restarts_total{namespace="monitoring",pod="loki-earlier",container="loki"}', 0],
  ['loki_canary_missing_entries_total{job="monitoring/loki-canary",namespace="monitoring",pod="loki-canary-earlier"}', 0],
];

/** Seven quiet days and an hour up to now, back-filled by promtool: a soak of a week can be judged today. */
export async function backfillHistory(promtool: string, data: string): Promise<void> {
  const now = Math.floor(Date.now() / 1000 / INTERVAL) * INTERVAL;
  const text = QUIET.map(([series, value]) => {
    const name = series.slice(0, series.indexOf('{'));
    const samples: string[] = [`# TYPE ${name} gauge`];
    for (let at = now - 7 * DAY - 3_600; at <= now; at += INTERVAL) samples.push(`${series} ${value} ${at}`);
    return samples.join('\n');
  }).join('\n');
  await fs.mkdir(data, { recursive: true });
  const file = path.join(path.dirname(data), 'history.txt');
  await fs.writeFile(file, `${text}\n# EOF\n`);
  await execa(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', file, data]);
}
