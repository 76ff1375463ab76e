import parseDurationText from 'parse-duration';
import * as v from 'valibot';
import { parse as parseYaml } from 'yaml';
import { type Check, check } from '#model/check.ts';
import { parseDuration } from '#model/duration.ts';
import type { Loki, Storage } from '#model/environment.ts';
import { Unreadable } from '#model/errors.ts';
import type { Read } from '#model/read.ts';
import { failed, met } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { type Http, parse, readHttp } from './reads.ts';

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
export function readConfig({ service }: Loki): Read<Http & { readonly config: Config | undefined }> {
  const read = readHttp(service, '/config');
  return {
    ...read,
    decode: (answer) => {
      const http = read.decode(answer);
      return {
        ...http,
        config: http.status === 200 ? parse(Config, parseYamlText(http.text, read.subject), read.subject) : undefined,
      };
    },
  };
}

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
      if (!isS3(compactor.delete_request_store))
        return failed(
          `delete requests are kept in ${compactor.delete_request_store || 'no store'}`,
          [`${where} has compactor.delete_request_store: ${compactor.delete_request_store || 'nothing'}, where s3 is wanted`],
          'set loki.compactor.delete_request_store: s3 in environment.loki.values',
        );
      const period = parseDurationText(limits.retention_period) ?? 0;
      if (period !== parseDuration(loki.retention)) {
        return failed(
          `retention_period is ${limits.retention_period || 'not set'}`,
          [`${where} has another limits_config.retention_period than the goals, which say ${loki.retention}`],
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
          : isS3(newest.object_store)
            ? ''
            : `schema_config says object_store: ${newest.object_store || 'nothing'}: chunks go elsewhere, with everything green`,
        aws.s3forcepathstyle ? '' : 'storage_config.aws.s3forcepathstyle is false: Loki asks for <bucket>.<host>',
        aws.bucketnames === bucket.name ? '' : `storage_config.aws.bucketnames is ${aws.bucketnames || 'empty'}`,
        config.common.replication_factor === 1
          ? ''
          : `replication_factor is ${config.common.replication_factor} with one replica: pushes and queries are refused`,
      ].filter((line) => line !== '');
      return wrong.length === 0
        ? met(`object_store s3, path style, bucket ${aws.bucketnames}, ${aws.endpoint}`)
        : failed(
            `the running configuration of ${loki.namespace}/${loki.name} (GET /config) is not the goals'`,
            wrong,
            'see what overrides these keys: environment.loki.values, a patch, ConfigMap loki; mend it in Git and resume',
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

function isS3(store: string): boolean {
  return store === 's3' || store === 'aws';
}

function parseYamlText(body: string, subject: string): unknown {
  try {
    return parseYaml(body);
  } catch (error) {
    throw new Unreadable(`${subject}: not YAML: ${(error as Error).message.split('\n')[0]}`);
  }
}
