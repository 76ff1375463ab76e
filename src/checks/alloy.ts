import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Alloy } from '#model/environment.ts';
import { serviceName } from '#model/kubernetes.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { findMetric, sumMetric } from './metrics.ts';
import { ConfigMap } from './objects.ts';
import { readHttp, readJson, readObject } from './reads.ts';

export const configIsLoaded = ({ service, namespace, name }: Alloy): Check =>
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
            [`Alloy in ${namespace} runs with its previous configuration, or none`],
            `kubectl logs -n ${namespace} daemonset/${name} names the line; mend config.alloy in Git and resume`,
          );
    },
  });

/** Alloy's own page reads this; its documentation calls the format unstable. */
const Components = v.array(v.object({ localID: v.string(), health: v.object({ state: v.string(), message: v.optional(v.string(), '') }) }));

export const componentsAreHealthy = ({ service, namespace, name }: Alloy): Check =>
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
        return failed(
          'Alloy runs no component',
          [`its configuration is empty: ConfigMap ${namespace}/alloy-config, key config.alloy`],
          `kubectl get configmap -n ${namespace} alloy-config -o yaml; mend it in Git and resume`,
        );
      return ill.length === 0
        ? met(`${components.value.length} components healthy`)
        : pending(
            `${ill.length} of ${components.value.length} components are not healthy`,
            ill.map(({ localID, health }) => `${localID}: ${health.message || health.state}`),
            `kubectl logs -n ${namespace} daemonset/${name}`,
          );
    },
  });

export const nothingIsDropped = ({ service, namespace, name }: Alloy): Check =>
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
      if (dropped > 0)
        return failed(
          `${dropped} entries dropped, ${sent} sent`,
          [`Loki refused them: the label reason of loki_write_dropped_entries_total at ${serviceName(service)} says why`],
          `see loki_discarded_samples_total of Loki by reason, mend that, then start the count anew: kubectl rollout restart -n ${namespace} daemonset/${name}`,
        );
      // None dropped of none sent says nothing.
      return sent > 0
        ? met(`${sent} entries sent, none dropped`)
        : pending('no entry sent yet', [], `kubectl logs -n ${namespace} daemonset/${name}`);
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
      const where = `ConfigMap ${namespace}/alloy-config, key config.alloy`;
      const rate = /stage\.limit\s*\{[^}]*\brate\s*=\s*(\d+)/.exec(text)?.[1];
      if (rate !== String(rateLimit))
        return failed(
          `stage.limit has rate ${rate ?? 'none'}`,
          [`${where}: the goals say ${rateLimit}`],
          'set environment.alloy.rateLimit and run phase 3 again; what was changed by hand is overwritten',
        );
      const dropped = droppedNamespaces(text);
      const kept = excludedNamespaces.filter((name) => !dropped.has(name));
      return kept.length === 0
        ? met(`rate ${rate}, ${excludedNamespaces.length} namespaces left out`)
        : failed(
            `no rule leaves out ${kept.join(', ')}`,
            [`${where}: discovery.relabel has no drop rule for it`],
            'set environment.alloy.excludedNamespaces and run phase 3 again',
          );
    },
  });

/** Of the rules that drop by namespace, the names in their regular expression. */
function droppedNamespaces(config: string): ReadonlySet<string> {
  const rules = [...config.matchAll(/\brule\s*\{([^}]*)\}/g)].map(([, body = '']) => body);
  const drops = rules.filter((body) => /"__meta_kubernetes_namespace"/.test(body) && /\baction\s*=\s*"drop"/.test(body));
  return new Set(drops.flatMap((body) => /\bregex\s*=\s*"([^"]*)"/.exec(body)?.[1]?.split('|') ?? []));
}
