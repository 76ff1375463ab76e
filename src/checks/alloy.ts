import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Alloy } from '#model/environment.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './loki.ts';
import { findMetric, sumMetric } from './metrics.ts';
import { ConfigMap } from './objects.ts';
import { readHttp, readJson, readObject } from './reads.ts';

export const configIsLoaded = ({ service, namespace }: Alloy): Check =>
  check({
    id: 'alloy.config-loaded',
    title: "Alloy's last configuration load succeeded",
    holds: 'always',
    after: ['alloy.on-every-node'],
    reads: { metrics: readHttp(service, '/metrics') },
    judge: ({ metrics }) => {
      if (metrics.status !== 200) return notAnswering('/metrics', metrics);
      const loaded = findMetric(metrics.text, 'alloy_config_last_load_successful');
      if (loaded === undefined) return pending('alloy_config_last_load_successful is not there', [], 'nothing yet');
      return loaded === 1
        ? met('alloy_config_last_load_successful 1')
        : failed(
            'alloy_config_last_load_successful 0',
            ['Alloy runs with its previous configuration, or none'],
            `kubectl logs -n ${namespace} daemonset/alloy names the line; mend config.alloy and resume`,
          );
    },
  });

/** Alloy's own page reads this; its documentation calls the format unstable. */
const Components = v.array(v.object({ localID: v.string(), health: v.object({ state: v.string(), message: v.optional(v.string(), '') }) }));

export const componentsAreHealthy = ({ service }: Alloy): Check =>
  check({
    id: 'alloy.components-healthy',
    title: 'Every component of Alloy is healthy',
    holds: 'always',
    after: ['alloy.config-loaded'],
    reads: { components: readJson(service, '/api/v0/web/components', Components) },
    judge: ({ components }) => {
      if (components.value === undefined) return notAnswering('/api/v0/web/components', components);
      const ill = components.value.filter(({ health }) => health.state !== 'healthy');
      if (components.value.length === 0)
        return failed('Alloy runs no component', ['its configuration is empty'], 'see ConfigMap alloy-config');
      return ill.length === 0
        ? met(`${components.value.length} components healthy`)
        : pending(
            `${ill.length} of ${components.value.length} components are not healthy`,
            ill.map(({ localID, health }) => `${localID}: ${health.message || health.state}`),
            'see the log of Alloy',
          );
    },
  });

export const nothingIsDropped = ({ service }: Alloy): Check =>
  check({
    id: 'alloy.nothing-dropped',
    title: 'Alloy drops nothing on the way to Loki',
    holds: 'always',
    after: ['alloy.config-loaded'],
    reads: { metrics: readHttp(service, '/metrics') },
    judge: ({ metrics }) => {
      if (metrics.status !== 200) return notAnswering('/metrics', metrics);
      const dropped = sumMetric(metrics.text, 'loki_write_dropped_entries_total');
      const sent = sumMetric(metrics.text, 'loki_write_sent_entries_total');
      return dropped === 0
        ? met(`${sent} entries sent, none dropped`)
        : failed(
            `${dropped} entries dropped, ${sent} sent`,
            ['Loki refused them: the reason is a label of loki_write_dropped_entries_total'],
            'see loki_discarded_samples_total by reason',
          );
    },
  });

/** The rate limit and the namespaces left out, in the configuration that Alloy mounts. */
export const pipelineIsLimited = ({ namespace, excludedNamespaces, rateLimit }: Alloy): Check =>
  check({
    id: 'alloy.pipeline-limited',
    title: `At most ${rateLimit} lines a second and pod are taken, from ${excludedNamespaces.length === 0 ? 'all namespaces' : `all but ${excludedNamespaces.join(', ')}`}`,
    holds: 'always',
    after: ['alloy.config-loaded'],
    reads: { config: readObject({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'alloy-config' }, ConfigMap) },
    judge: ({ config }) => {
      const text = config?.data['config.alloy'];
      if (text === undefined) return pending('ConfigMap alloy-config has no config.alloy', [], 'nothing yet');
      const rate = /stage\.limit\s*\{[^}]*\brate\s*=\s*(\d+)/.exec(text)?.[1];
      if (rate !== String(rateLimit))
        return failed(`stage.limit has rate ${rate ?? 'none'}`, [`the goals say ${rateLimit}`], 'see environment.alloy.rateLimit');
      const kept = excludedNamespaces.filter((name) => !new RegExp(`regex\\s*=\\s*"[^"]*\\b${name}\\b[^"]*"`).test(text));
      return kept.length === 0
        ? met(`rate ${rate}, ${excludedNamespaces.length} namespaces left out`)
        : failed(`no rule leaves out ${kept.join(', ')}`, [], 'see environment.alloy.excludedNamespaces');
    },
  });
