import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Alloy } from '#model/environment.ts';
import { met } from '#model/verdict.ts';
import { readFields } from './reads.ts';

/** By the label app.kubernetes.io/name of their pods. */
const COLLECTORS = ['alloy', 'promtail', 'grafana-agent', 'fluent-bit', 'fluentd', 'vector', 'filebeat', 'opentelemetry-collector'];
const NAME = 'app.kubernetes.io/name';
const INSTANCE = 'app.kubernetes.io/instance';

const labels = v.optional(v.record(v.string(), v.string()), {});
const CollectorPod = v.object({ metadata: v.object({ name: v.string(), namespace: v.optional(v.string(), ''), labels }) });

/** They may go on, to wherever they send: told, for what they send to this Loki arrives twice. */
export const otherCollectorsAreKnown = ({ namespace, name }: Alloy): Check =>
  check({
    id: 'present.collectors',
    title: 'Whoever else collects logs is known',
    holds: 'on-entry',
    reads: { pods: readFields({ group: '', version: 'v1', resource: 'pods' }, CollectorPod, ['metadata.labels']) },
    judge: ({ pods = [] }) => {
      const found = pods
        .map(({ metadata }) => ({ where: metadata.namespace, what: metadata.labels[NAME] ?? '', of: metadata.labels[INSTANCE] ?? '' }))
        .filter(({ where, what, of }) => COLLECTORS.includes(what) && !(where === namespace && of === name));
      if (found.length === 0) return met('nobody is seen');
      const counts = [...Map.groupBy(found, ({ where, what }) => `${what} in ${where}`)].map(([key, all]) => `${key} (${all.length} pods)`);
      return met(
        `${counts.join(', ')}: what they send to this Loki arrives twice, so let them send elsewhere or stop them when Alloy runs`,
      );
    },
  });
