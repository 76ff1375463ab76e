import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Loki, Prometheus } from '#model/environment.ts';
import type { Read } from '#model/read.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { readConfig } from './loki-config.ts';
import { growthBy, readBefore } from './loki-growth.ts';
import { sumMetric } from './metrics.ts';
import { type Json, readHttp, readJson } from './reads.ts';

const DISCARDED = 'loki_discarded_samples_total';
const LIMITS = 'in environment.loki.values';

/** What Loki calls why it refused a line, and what helps: https://grafana.com/docs/loki/latest/operations/request-validation-rate-limits/. */
const REMEDIES: Readonly<Record<string, string>> = {
  rate_limited: `raise loki.limits_config.ingestion_rate_mb and ingestion_burst_size_mb ${LIMITS}, or lower environment.alloy.rateLimit`,
  per_stream_rate_limit: `raise loki.limits_config.per_stream_rate_limit ${LIMITS}, or split the stream by one more label`,
  stream_limit: `drop labels with many values from config.alloy, or raise loki.limits_config.max_global_streams_per_user ${LIMITS}`,
  max_label_names_per_series: 'name the labels that are kept in config.alloy one by one, instead of labelmap',
  too_far_behind:
    'split the stream: give each source a label of its own in config.alloy, for what is an hour behind the newest of its stream is refused',
  greater_than_max_sample_age: `drop such lines before (stage.drop, older_than), or raise loki.limits_config.reject_old_samples_max_age ${LIMITS}`,
  too_far_in_future: 'set the clock of the node that they come from by NTP (talosctl time)',
  disallowed_structured_metadata: `set loki.limits_config.allow_structured_metadata: true ${LIMITS}`,
};

/** What is refused is lost: with 400 Alloy drops it at once, with 429 after ten times. */
export const nothingIsDiscarded = (loki: Loki, prometheus: Prometheus | null): Check =>
  check({
    id: 'loki.nothing-discarded',
    title: 'Loki refuses no line',
    holds: 'always',
    after: ['loki.ready', 'loki.gateway-routes'],
    reads: { metrics: readHttp(loki.service, '/metrics'), ...readBefore(loki, prometheus, DISCARDED) },
    judge: ({ metrics, before }) => {
      if (metrics.status !== 200) return notAnswering('/metrics', metrics);
      const reasons = [...growthBy(metrics, before, DISCARDED, 'reason')].map(([reason, growth]) => ({
        reason: reason || 'none',
        ...growth,
      }));
      const lately = reasons.filter(({ lately }) => lately > 0).toSorted((a, b) => b.lately - a.lately);
      const over = reasons.filter(({ total }) => total > 0).map(({ reason, total }) => `${total} ${reason}`);
      const first = lately[0];
      const received = sumMetric(metrics.text, 'loki_distributor_lines_received_total');
      // None refused of none sent says nothing.
      if (first === undefined && received === 0) return pending('no line was sent yet', [], `kubectl get pods -n ${loki.namespace}`);
      if (first === undefined)
        return met(
          `${received} lines received, ${over.length === 0 ? 'none refused' : `none refused lately; since its start ${over.join(', ')}`}`,
        );
      return failed(
        `${lately.reduce((sum, { lately }) => sum + lately, 0)} lines refused ${first.since}`,
        lately.map(({ reason, lately }) => `${lately} for ${reason}: ${DISCARDED}{reason="${reason}"}`),
        REMEDIES[first.reason] ?? `kubectl logs -n ${loki.namespace} statefulset/${loki.name} -c loki names the stream`,
      );
    },
  });

const Series = v.object({ data: v.optional(v.array(v.record(v.string(), v.string())), []) });
export type Series = v.InferOutput<typeof Series>;

/** The label sets of all streams of the last hour: Loki gives each the label service_name. */
export function readSeries({ service }: Loki): Read<Json<Series>> {
  return readJson(service, '/loki/api/v1/series', Series, { query: { 'match[]': '{service_name=~".+"}', since: '1h' } });
}

/** Given by Loki itself, and not counted: https://grafana.com/docs/loki/latest/get-started/labels/#default-labels-for-all-users */
const UNCOUNTED = 'service_name';

export const labelsAreBelowLimit = (loki: Loki): Check =>
  check({
    id: 'loki.labels-below-limit',
    title: "Every stream has fewer labels than Loki's limit",
    holds: 'always',
    after: ['loki.ready'],
    reads: { running: readConfig(loki), series: readSeries(loki) },
    judge: ({ running, series }) => {
      if (running.config === undefined) return notAnswering('/config', running);
      if (series.value === undefined) return notAnswering('series', series);
      const { max_label_names_per_series: limit } = running.config.limits_config;
      const streams = series.value.data.map((labels) => ({ labels, names: Object.keys(labels).filter((name) => name !== UNCOUNTED) }));
      const [worst] = streams.toSorted((a, b) => b.names.length - a.names.length);
      if (worst === undefined)
        return pending('there is no stream', [], `kubectl logs -n ${loki.namespace} statefulset/${loki.name} -c loki`);
      const { namespace = 'no namespace', pod = 'no pod' } = worst.labels;
      const saw = `at most ${worst.names.length} label names on ${streams.length} streams, the limit is ${limit}`;
      return worst.names.length < limit
        ? met(saw)
        : failed(
            saw,
            [`the stream of ${namespace}/${pod} has ${worst.names.join(', ')}`, 'one label more, and Loki refuses its lines'],
            'name the labels that are kept in config.alloy one by one, instead of labelmap',
          );
    },
  });
