import parseDurationText from 'parse-duration';
import * as v from 'valibot';
import { parse as parseYaml } from 'yaml';
import { type Check, check } from '#model/check.ts';
import { parseDuration } from '#model/duration.ts';
import type { Loki, Storage } from '#model/environment.ts';
import { Unreadable } from '#model/errors.ts';
import type { Read } from '#model/read.ts';
import { failed, met, pending, type Verdict } from '#model/verdict.ts';
import { StatefulSet } from './objects.ts';
import { parseQuantity } from './quantity.ts';
import { parse, readHttp, readJson, readObject } from './reads.ts';

const text = v.optional(v.string(), '');

/** The part of the running configuration that decides. `auth_enabled: false` and the like are left out by Loki itself. */
const Config = v.object({
  common: v.optional(v.object({ replication_factor: v.optional(v.number(), 3) }), {}),
  schema_config: v.object({ configs: v.array(v.object({ from: text, object_store: text })) }),
  storage_config: v.optional(
    v.object({ aws: v.optional(v.object({ s3forcepathstyle: v.optional(v.boolean(), false), bucketnames: text, endpoint: text }), {}) }),
    {},
  ),
  compactor: v.optional(v.object({ retention_enabled: v.optional(v.boolean(), false), delete_request_store: text }), {}),
  limits_config: v.optional(
    v.object({
      retention_period: text,
      split_queries_by_interval: text,
      max_query_series: v.optional(v.number(), 0),
      max_entries_limit_per_query: v.optional(v.number(), 0),
    }),
    {},
  ),
  ingester: v.optional(v.object({ chunk_target_size: v.optional(v.number(), 0), chunk_idle_period: text }), {}),
});
export type Config = v.InferOutput<typeof Config>;

/** The running /config, not the values file; undefined while Loki does not answer. */
export function readConfig({ service }: Loki): Read<{ status: number; config: Config | undefined; text: string }> {
  const read = readHttp(service, '/config');
  return {
    ...read,
    decode: (answer) => {
      const http = read.decode(answer);
      return {
        status: http.status,
        text: http.text,
        config: http.status === 200 ? parse(Config, parseYamlText(http.text, read.subject), read.subject) : undefined,
      };
    },
  };
}

export const lokiIsReady = (loki: Loki): Check =>
  check({
    id: 'loki.ready',
    title: 'Loki is ready and every module runs',
    holds: 'always',
    reads: { ready: readHttp(loki.service, '/ready'), services: readHttp(loki.service, '/services') },
    judge: ({ ready, services }) => {
      if (ready.status !== 200) return notAnswering('/ready', ready);
      const modules = services.text
        .split('\n')
        .flatMap((line) => (line.match(/^(\S+) => (.+)$/)?.slice(1, 3) as [string, string] | undefined) ?? []);
      const names = modules.filter((_, index) => index % 2 === 0);
      const stopped = names.filter((_, index) => modules[index * 2 + 1] !== 'Running');
      if (names.length === 0)
        return pending(`/services answered ${services.status} without a module`, [services.text.slice(0, 120)], 'nothing yet');
      return stopped.length === 0
        ? met(`ready, ${names.length} modules Running`)
        : pending(`${stopped.length} of ${names.length} modules don't run`, stopped, `see the log of ${loki.namespace}/${loki.name}`);
    },
  });

export const lokiVersion = (loki: Loki): Check =>
  check({
    id: 'loki.version',
    title: "Loki's API answers and says its version",
    holds: 'always',
    after: ['loki.ready'],
    reads: { build: readJson(loki.service, '/loki/api/v1/status/buildinfo', v.object({ version: v.string() })) },
    judge: ({ build }) => {
      if (build.value === undefined) return notAnswering('/loki/api/v1/status/buildinfo', build);
      const { version } = build.value;
      // A build without a version stamp says "".
      return version === '' || version === loki.version
        ? met(version || 'a build without a version stamp')
        : failed(`version ${version}`, [`environment.loki.version is ${loki.version}`], 'see which image the StatefulSet runs');
    },
  });

/** The gateway has routes for push and queries, and answers its own / with 200 whatever Loki does: only the routes themselves tell. */
export const gatewayRoutes = (loki: Loki): Check =>
  check({
    id: 'loki.gateway-routes',
    title: 'The gateway routes push and queries to Loki',
    holds: 'always',
    after: ['loki.ready'],
    reads: {
      query: readHttp(loki.gateway, '/loki/api/v1/query_range', { query: { query: '{namespace=~".+"}', limit: '1' } }),
      push: readHttp(loki.gateway, '/loki/api/v1/push'),
    },
    judge: ({ query, push }) => {
      // A GET on the push route is 405 when Loki itself answers it (domain answers: push.get).
      const lost = [query.status === 404 ? 'query_range' : '', push.status === 404 ? 'push' : ''].filter((name) => name !== '');
      const name = `Service ${loki.gateway.namespace}/${loki.gateway.name}`;
      if (lost.length > 0) {
        return failed(
          `404 through ${name} for ${lost.join(' and ')}`,
          [
            `the gateway has no route to Loki for ${lost.map((path) => `/loki/api/v1/${path}`).join(', ')}`,
            `its nginx.conf is in ConfigMap ${loki.namespace}/${loki.name}-gateway`,
          ],
          'compare that nginx.conf with the chart: gateway.nginxConfig in environment.loki.values overrides it; mend it and resume',
        );
      }
      if (query.status !== 200) return notAnswering('/loki/api/v1/query_range through the gateway', query);
      return push.status === 405
        ? met('query_range 200, push 405 to a GET: both reach Loki')
        : notAnswering('/loki/api/v1/push through the gateway', push);
    },
  });

/** A period without retention_enabled deletes nothing, and retention without a store for delete requests does not start. */
export const retentionRuns = (loki: Loki): Check =>
  check({
    id: 'loki.retention-runs',
    title: `Loki deletes what is older than ${loki.retention}`,
    holds: 'always',
    after: ['loki.ready'],
    reads: { running: readConfig(loki) },
    judge: ({ running }) => {
      const { config } = running;
      if (config === undefined) return notAnswering('/config', running);
      const { compactor, limits_config: limits } = config;
      const where = `the running configuration of ${loki.namespace}/${loki.name} (GET /config)`;
      if (!compactor.retention_enabled) {
        return failed(
          'a retention period is set, but nothing deletes',
          [`${where} has compactor.retention_enabled: false`, 'what is older stays in the bucket for ever'],
          'see what takes loki.compactor.retention_enabled out (environment.loki.values, a patch, ConfigMap loki), mend it in Git, then resume',
        );
      }
      if (compactor.delete_request_store === '')
        return failed(
          'retention has no delete-request store',
          [`${where} has no compactor.delete_request_store`],
          'set loki.compactor.delete_request_store: s3',
        );
      const period = parseDurationText(limits.retention_period) ?? 0;
      if (period !== parseDuration(loki.retention)) {
        return failed(
          `retention_period is ${limits.retention_period || 'not set'}`,
          [`the goals say ${loki.retention}`],
          'make environment.loki.retention and loki.limits_config.retention_period the same',
        );
      }
      return met(`the compactor deletes after ${limits.retention_period}, delete requests in ${compactor.delete_request_store}`);
    },
  });

/** S3, path style, the goals' bucket: as running. Chunks on the local disk look the same from outside. */
export const storageIsS3 = (loki: Loki, { bucket }: Storage): Check =>
  check({
    id: 'loki.storage-is-s3',
    title: `Loki keeps its chunks in bucket ${bucket.name}`,
    holds: 'always',
    after: ['loki.ready'],
    reads: { running: readConfig(loki) },
    judge: ({ running }, now) => {
      const { config } = running;
      if (config === undefined) return notAnswering('/config', running);
      const { aws } = config.storage_config;
      const newest = config.schema_config.configs.findLast(({ from }) => Date.parse(from) <= now.getTime());
      const wrong = [
        newest === undefined
          ? 'schema_config.configs begin in the future: every push is refused'
          : newest.object_store === 's3' || newest.object_store === 'aws'
            ? ''
            : `schema_config says object_store: ${newest.object_store}`,
        aws.s3forcepathstyle ? '' : 'storage_config.aws.s3forcepathstyle is false: Loki asks for <bucket>.<host>',
        aws.bucketnames === bucket.name ? '' : `storage_config.aws.bucketnames is ${aws.bucketnames || 'empty'}`,
        config.common.replication_factor === 1
          ? ''
          : `replication_factor is ${config.common.replication_factor} with one replica: pushes and queries are refused`,
      ].filter((line) => line !== '');
      return wrong.length === 0
        ? met(`object_store s3, path style, bucket ${aws.bucketnames}, ${aws.endpoint}`)
        : failed("the running configuration is not the goals'", wrong, 'mend environment.loki.values, commit, and resume');
    },
  });

/** Keys under a wrong path are ignored silently: only the container itself tells. */
export const limitsAreSet = (loki: Loki): Check =>
  check({
    id: 'loki.limits-set',
    title: `Loki's container has the memory limit ${loki.memory.limit}`,
    holds: 'always',
    after: ['loki.rolled-out'],
    reads: { found: readObject({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: loki.namespace, name: loki.name }, StatefulSet) },
    judge: ({ found }) => {
      const container = found?.spec.template.spec.containers.find(({ name }) => name === 'loki');
      if (container === undefined) return pending('there is no container loki', [], 'nothing yet');
      const { limits, requests } = container.resources;
      const limit = limits.memory === undefined ? undefined : String(limits.memory);
      if (limit === undefined || requests.memory === undefined)
        return failed(
          'the container has no memory request or limit',
          ['resources stand under a path that the chart ignores'],
          'in chart 18 they belong under singleBinary.resources',
        );
      return parseQuantity(limit) === parseQuantity(loki.memory.limit)
        ? met(`memory limit ${limit}`)
        : failed(
            `memory limit ${limit}`,
            [`the goals say ${loki.memory.limit}`],
            'see environment.loki.memory and environment.loki.values',
          );
    },
  });

export const chunkSettings = (loki: Loki): Check =>
  check({
    id: 'loki.chunk-settings',
    title: 'Chunks are filled before they are flushed',
    holds: 'always',
    reads: { running: readConfig(loki) },
    judge: ({ running }) => {
      const { config } = running;
      if (config === undefined) return notAnswering('/config', running);
      const { chunk_target_size: target, chunk_idle_period: idle } = config.ingester;
      return target > 0 && idle !== ''
        ? met(`target size ${target} bytes, idle period ${idle}, as running`)
        : failed(
            'the running configuration has no chunk target size or idle period',
            [`chunk_target_size ${target}, chunk_idle_period ${idle || 'not set'}`],
            'set loki.ingester in environment.loki.values',
          );
    },
  });

export const queryLimits = (loki: Loki): Check =>
  check({
    id: 'loki.query-limits',
    title: 'Queries are split and bounded',
    holds: 'always',
    reads: { running: readConfig(loki) },
    judge: ({ running }) => {
      const { config } = running;
      if (config === undefined) return notAnswering('/config', running);
      const { split_queries_by_interval: split, max_query_series: series, max_entries_limit_per_query: entries } = config.limits_config;
      return (parseDurationText(split) ?? 0) > 0 && series > 0 && entries > 0
        ? met(`split by ${split}, ${series} series, ${entries} lines, as running`)
        : failed(
            'the running limits leave queries unbounded',
            [`split_queries_by_interval ${split || 'not set'}, max_query_series ${series}, max_entries_limit_per_query ${entries}`],
            'set loki.limits_config in environment.loki.values',
          );
    },
  });

const RuleGroups = v.object({
  data: v.object({
    groups: v.array(v.object({ name: v.string(), rules: v.array(v.object({ name: v.string(), health: v.string(), lastError: text })) })),
  }),
});

/** Rules mounted where nothing reads them are written, committed and never evaluated. */
export const rulesAreHealthy = (loki: Loki, wanted: readonly string[]): Check =>
  check({
    id: 'loki.rules-healthy',
    title: `Loki's ruler evaluates ${wanted.length} recording rules`,
    holds: 'always',
    reads: { answer: readJson(loki.service, '/prometheus/api/v1/rules', RuleGroups) },
    judge: ({ answer }) => {
      if (answer.value === undefined) return notAnswering('/prometheus/api/v1/rules', answer);
      const rules = answer.value.data.groups.flatMap((group) => group.rules);
      const absent = wanted.filter((name) => !rules.some((rule) => rule.name === name));
      const broken = rules.filter(({ health }) => health === 'err');
      if (broken.length > 0)
        return failed(
          `${broken.length} rules fail`,
          broken.map(({ name, lastError }) => `${name}: ${lastError.split('\n')[0]}`),
          'mend the expression in Git',
        );
      if (absent.length > 0)
        return pending(
          `${wanted.length - absent.length} of ${wanted.length} rules are loaded`,
          absent.map((name) => `${name} is not loaded`),
          'their ConfigMap needs label loki_rule and the annotation with folder /rules/fake',
        );
      const waiting = rules.filter(({ health }) => health !== 'ok');
      return waiting.length === 0
        ? met(`${rules.length} rules, health ok`)
        : pending(
            `${waiting.length} rules are not evaluated yet`,
            waiting.map(({ name }) => name),
            'nothing yet: it takes up to a minute',
          );
    },
  });

/** What a service proxy's answer means when it isn't the one hoped for. */
export function notAnswering(what: string, { status, text: body = '' }: { readonly status: number; readonly text?: string }): Verdict {
  const lines = (statusMessage(body) ?? body).split('\n').filter((line) => line.trim() !== '');
  const first = lines[0]?.slice(0, 200) ?? 'no text';
  return pending(`${what} answers ${status}`, [first], 'see the pods behind it: kubectl get pods, kubectl describe service');
}

/** The API server itself answers for a service without pods, with a Status object. */
function statusMessage(body: string): string | undefined {
  if (!body.startsWith('{')) return undefined;
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

function parseYamlText(body: string, subject: string): unknown {
  try {
    return parseYaml(body);
  } catch (error) {
    throw new Unreadable(`${subject}: not YAML: ${(error as Error).message.split('\n')[0]}`);
  }
}
