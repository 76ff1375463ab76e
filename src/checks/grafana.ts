import * as v from 'valibot';
import { type Check, check } from '#model/check.ts';
import type { Grafana, Loki } from '#model/environment.ts';
import { type ServiceRef, serviceName } from '#model/kubernetes.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { readJson } from './reads.ts';

const text = v.optional(v.string(), '');
const Health = v.object({ database: v.string(), version: v.string() });
const DataSources = v.array(
  v.object({ uid: v.string(), name: v.string(), type: text, url: text, isDefault: v.optional(v.boolean(), false) }),
);
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
    after: ['loki.gateway-routes'],
    reads: { health: readJson(service, '/api/datasources/uid/loki/health', v.object({ status: v.string(), message: text }), { login }) },
    judge: ({ health }) => {
      if (health.status === 404) return noDataSource();
      // It answers so when it can't reach what the datasource names.
      if (health.status === 400) return pending('status ERROR', [health.text.slice(0, 200)], `see the url of the datasource: ${SOURCES}`);
      if (health.value === undefined) return notAnswering('/api/datasources/uid/loki/health', health);
      const { status, message } = health.value;
      return status === 'OK'
        ? met(message.trim() || 'OK')
        : pending(`status ${status}`, [message], `see the url of the datasource: ${SOURCES}`);
    },
  });

/** A datasource that answers may be another Loki's. */
export const dataSourceIsThisLoki = ({ service, login }: Grafana, { gateway }: Loki): Check =>
  check({
    id: 'grafana.datasource-here',
    title: `Grafana's datasource loki is ${serviceName(gateway)}, and not the default`,
    holds: 'always',
    reads: { sources: readJson(service, '/api/datasources', DataSources, { login }) },
    judge: ({ sources }) => {
      if (sources.value === undefined) return notAnswering('/api/datasources', sources);
      const loki = sources.value.find(({ uid }) => uid === 'loki');
      if (loki === undefined) return noDataSource();
      const mend = `mend it in ConfigMap loki-datasource in Git (${SOURCES}), or run phase 4 again`;
      if (loki.type !== 'loki' || !pointsAt(loki.url, gateway))
        return failed(
          `datasource loki is a ${loki.type} at ${loki.url}`,
          [`this Loki is behind ${serviceName(gateway)}: what Grafana shows comes from somewhere else`],
          mend,
        );
      return loki.isDefault
        ? failed(
            'datasource loki is the default',
            [
              "dashboards without a datasource of their own ask Loki in Prometheus' language, and with a second default Grafana does not start",
            ],
            mend,
          )
        : met(`type loki at ${loki.url}, not the default`);
    },
  });

/** Grafana takes no second datasource of that name or uid: it would show the other Loki's lines, or not start. */
export const dataSourceIsFree = ({ service, login }: Grafana, { gateway }: Loki): Check =>
  check({
    id: 'present.datasource',
    title: 'Grafana has no datasource Loki of another Loki',
    holds: 'on-entry',
    after: ['grafana.healthy'],
    reads: { sources: readJson(service, '/api/datasources', DataSources, { login }) },
    judge: ({ sources }) => {
      if (sources.value === undefined) return notAnswering('/api/datasources', sources);
      const others = sources.value.filter(({ uid, name, url }) => (uid === 'loki' || name === 'Loki') && !pointsAt(url, gateway));
      const [first] = others;
      if (first === undefined) return met(`none of ${sources.value.length} is in the way`);
      return failed(
        `Grafana has a datasource ${first.name} (uid ${first.uid}) at ${first.url}`,
        [`this Loki is to be datasource Loki (uid loki) at ${serviceName(gateway)}, and there can be only one of that name and uid`],
        `rename it and give it another uid where it comes from (${SOURCES}), or remove it there`,
      );
    },
  });

const Lines = v.object({ data: v.object({ result: v.array(v.object({ values: v.array(v.unknown()) })) }) });

/** The way that a person takes: Grafana's own login, its datasource, and a line that comes back. */
export const queriesGoThrough = ({ service, login }: Grafana): Check => {
  const path = '/api/datasources/proxy/uid/loki/loki/api/v1/query_range';
  const query = { query: '{namespace=~".+"}', limit: '1', since: '1h' };
  return check({
    id: 'grafana.query-through',
    title: 'A query through Grafana brings a line of the last hour',
    holds: 'always',
    after: ['grafana.datasource-healthy'],
    reads: { found: readJson(service, path, Lines, { query, login }) },
    judge: ({ found }) => {
      if (found.value === undefined) return notAnswering(path, found);
      const lines = found.value.data.result.reduce((sum, { values }) => sum + values.length, 0);
      return lines > 0
        ? met(`${lines} line for ${query.query}`)
        : pending(
            `no line for ${query.query}`,
            ['the datasource answers, but its Loki has none of the last hour'],
            `see whether it is this Loki: ${SOURCES}; then the check logs.coverage`,
          );
    },
  });
};

/** What Grafana's sidecar loads. */
const SOURCES = 'kubectl get configmap -A -l grafana_datasource=1';

function noDataSource(): Verdict {
  return pending(
    'there is no datasource with uid loki',
    ["Grafana's sidecar has not loaded ConfigMap loki-datasource"],
    `it needs the label grafana_datasource: "1": ${SOURCES}`,
  );
}

function pointsAt(url: string, { namespace, name, port }: ServiceRef): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, pathname, port: given } = new URL(url);
  const [service, where] = hostname.split('.');
  return service === name && where === namespace && Number(given || 80) === port && pathname === '/';
}

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
          `set isDefault: true on the datasource of Prometheus (${SOURCES})`,
        );
      return failed(
        `${defaults.length} datasources are the default: ${defaults.join(', ')}`,
        [`Grafana at ${serviceName(service)} runs, and does not start again with two`],
        `set isDefault: false on all but one (${SOURCES})`,
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
            'its ConfigMap needs the label grafana_dashboard: "1": kubectl get configmap -A -l grafana_dashboard=1',
          );
    },
  });
