import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Grafana } from '#model/environment.ts';
import { serviceName } from '#model/kubernetes.ts';
import { failed, met, pending } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { readJson } from './reads.ts';

const text = v.optional(v.string(), '');
const Health = v.object({ database: v.string(), version: v.string() });
const DataSources = v.array(v.object({ uid: v.string(), name: v.string(), type: text, isDefault: v.optional(v.boolean(), false) }));
const Found = v.array(v.object({ uid: v.string(), title: v.string(), tags: v.optional(v.array(v.string()), []) }));

export const grafanaIsHealthy = ({ service }: Grafana): Check =>
  check({
    id: 'grafana.healthy',
    title: 'Grafana is healthy',
    holds: 'always',
    reads: { health: readJson(service, '/api/health', Health) },
    judge: ({ health }) => {
      if (health.value === undefined) return notAnswering('/api/health', health);
      const { database, version } = health.value;
      return database === 'ok'
        ? met(`version ${version}, database ok`)
        : failed(
            `version ${version}, database ${database}`,
            [`Grafana at ${serviceName(service)} can't use its database`],
            `kubectl logs -n ${service.namespace} deployment/${service.name} -c grafana`,
          );
    },
  });

export const dataSourceIsHealthy = ({ service, login }: Grafana): Check =>
  check({
    id: 'grafana.datasource-healthy',
    title: 'Grafana itself reaches Loki through its datasource',
    holds: 'always',
    reads: { health: readJson(service, '/api/datasources/uid/loki/health', v.object({ status: v.string(), message: text }), { login }) },
    judge: ({ health }) => {
      if (health.status === 404)
        return pending(
          'there is no datasource with uid loki',
          ["Grafana's sidecar has not loaded ConfigMap loki-datasource"],
          'it needs the label grafana_datasource: "1"',
        );
      if (health.value === undefined) return notAnswering('/api/datasources/uid/loki/health', health);
      const { status, message } = health.value;
      return status === 'OK' ? met(message.trim() || 'OK') : pending(`status ${status}`, [message], 'see the url of the datasource');
    },
  });

/** Two defaults crash Grafana, at its next restart and not before. */
export const oneDefaultDataSource = ({ service, login }: Grafana): Check =>
  check({
    id: 'grafana.one-default',
    title: 'Exactly one datasource of Grafana is the default',
    holds: 'always',
    reads: { sources: readJson(service, '/api/datasources', DataSources, { login }) },
    judge: ({ sources }) => {
      if (sources.value === undefined) return notAnswering('/api/datasources', sources);
      const defaults = sources.value.filter(({ isDefault }) => isDefault).map(({ name }) => name);
      if (defaults.length === 1) return met(`${defaults[0]} is the default of ${sources.value.length}`);
      if (defaults.length === 0)
        return failed(
          'no datasource is the default',
          ['dashboards without a datasource of their own stay empty'],
          `set isDefault: true on the datasource of Prometheus (kubectl get configmap -A -l grafana_datasource=1)`,
        );
      return failed(
        `${defaults.length} datasources are the default: ${defaults.join(', ')}`,
        [`Grafana at ${serviceName(service)} runs, and does not start again with two`],
        'set isDefault: false on all but one (kubectl get configmap -A -l grafana_datasource=1)',
      );
    },
  });

/** Found by Grafana's own search, not only as ConfigMaps. */
export const dashboardsAreFound = ({ service, login }: Grafana, id: string, titles: readonly string[]): Check =>
  check({
    id,
    title: `Grafana finds the dashboards ${titles.join(', ')}`,
    holds: 'always',
    reads: { found: readJson(service, '/api/search', Found, { query: { type: 'dash-db' }, login }) },
    judge: ({ found }) => {
      if (found.value === undefined) return notAnswering('/api/search', found);
      const absent = titles.filter((title) => !found.value.some((one) => one.title === title));
      return absent.length === 0
        ? met(`${titles.length} of ${titles.length} found`)
        : pending(
            `${titles.length - absent.length} of ${titles.length} found`,
            absent.map((title) => `${title} is not there`),
            'its ConfigMap needs the label grafana_dashboard: "1"',
          );
    },
  });
