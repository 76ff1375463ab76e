import parseDurationText from 'parse-duration';
import * as v from 'valibot';
import { parse as parseYaml } from 'yaml';
import { type Check, check } from '#model/check.ts';
import type { Loki } from '#model/environment.ts';
import { Unreadable } from '#model/errors.ts';
import type { Read } from '#model/read.ts';
import { failed, met, type Verdict } from '#model/verdict.ts';
import { notAnswering } from './answering.ts';
import { type Http, parse, readHttp } from './reads.ts';

const text = v.optional(v.string(), '');

/** The part of the running configuration that decides. `auth_enabled: false` and the like are left out by Loki itself. */
const Config = v.object({
  common: v.optional(v.object({ replication_factor: v.optional(v.number(), 3) }), {}),
  schema_config: v.object({ configs: v.array(v.object({ from: text, object_store: text })) }),
  storage_config: v.optional(
    v.object({
      aws: v.optional(
        v.object({
          s3forcepathstyle: v.optional(v.boolean(), false),
          insecure: v.optional(v.boolean(), false),
          bucketnames: text,
          endpoint: text,
          region: text,
          access_key_id: text,
        }),
        {},
      ),
    }),
    {},
  ),
  compactor: v.optional(
    v.object({ retention_enabled: v.optional(v.boolean(), false), delete_request_store: text, compaction_interval: text }),
    {},
  ),
  limits_config: v.optional(
    v.object({
      retention_period: text,
      split_queries_by_interval: text,
      max_query_series: v.optional(v.number(), 0),
      max_entries_limit_per_query: v.optional(v.number(), 0),
      max_label_names_per_series: v.optional(v.number(), 15),
      allow_structured_metadata: v.optional(v.boolean(), true),
    }),
    {},
  ),
  ingester: v.optional(v.object({ chunk_target_size: v.optional(v.number(), 0), chunk_idle_period: text }), {}),
  ruler: v.optional(
    v.object({
      storage: v.optional(v.object({ type: text, local: v.optional(v.object({ directory: text }), {}) }), {}),
      rule_path: text,
      remote_write: v.optional(v.object({ enabled: v.optional(v.boolean(), false) }), {}),
    }),
    {},
  ),
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

interface ConfigCheck {
  readonly id: string;
  /** Reads as a sentence. */
  readonly title: string;
  /** Ids of checks that come first. */
  readonly after?: readonly string[];
  /** @param where names the running configuration */
  judge(config: Config, where: string, now: Date): Verdict;
}

/** A check of what Loki itself says that it runs with. */
export function checkConfig(loki: Loki, { id, title, after = [], judge }: ConfigCheck): Check {
  const where = `the running configuration of ${loki.namespace}/${loki.name} (GET /config)`;
  return check({
    id,
    title,
    holds: 'always',
    after: ['loki.ready', ...after],
    reads: { running: readConfig(loki) },
    judge: ({ running }, now) => (running.config === undefined ? notAnswering('/config', running) : judge(running.config, where, now)),
  });
}

/** How to find what stands between the goals and a key of Loki's configuration. */
export function mendValue({ namespace, name }: Loki, key: string, wanted: string): string {
  return `see what sets another ${key} (environment.loki.values, a patch; kubectl get configmap -n ${namespace} ${name} -o yaml shows it applied), make it ${wanted} in Git, then resume`;
}

/** Whether a store is S3, by either of its names. */
export function isS3(store: string): boolean {
  return store === 's3' || store === 'aws';
}

export const chunkSettings = (loki: Loki): Check =>
  checkConfig(loki, {
    id: 'loki.chunk-settings',
    title: 'Chunks are filled before they are flushed',
    judge: ({ ingester: { chunk_target_size: target, chunk_idle_period: idle } }) =>
      target > 0 && idle !== ''
        ? met(`target size ${target} bytes, idle period ${idle}, as running`)
        : failed(
            'the running configuration has no chunk target size or idle period',
            [`chunk_target_size ${target}, chunk_idle_period ${idle || 'not set'}`],
            'set loki.ingester in environment.loki.values',
          ),
  });

export const queryLimits = (loki: Loki): Check =>
  checkConfig(loki, {
    id: 'loki.query-limits',
    title: 'Queries are split and bounded',
    judge: ({ limits_config: limits }) => {
      const { split_queries_by_interval: split, max_query_series: series, max_entries_limit_per_query: entries } = limits;
      return (parseDurationText(split) ?? 0) > 0 && series > 0 && entries > 0
        ? met(`split by ${split}, ${series} series, ${entries} lines, as running`)
        : failed(
            'the running limits leave queries unbounded',
            [`split_queries_by_interval ${split || 'not set'}, max_query_series ${series}, max_entries_limit_per_query ${entries}`],
            'set loki.limits_config in environment.loki.values',
          );
    },
  });

/** Alloy sends level and trace_id as structured metadata: Loki would refuse each such line with 400, and Alloy drops it at once. */
export const structuredMetadataIsAllowed = (loki: Loki): Check =>
  checkConfig(loki, {
    id: 'loki.structured-metadata',
    title: 'Loki takes lines with structured metadata',
    judge: ({ limits_config: { allow_structured_metadata: allowed } }, where) =>
      allowed
        ? met('allow_structured_metadata, as running')
        : failed(
            'lines with structured metadata are refused with 400',
            [`${where} has limits_config.allow_structured_metadata: false`, 'Alloy sends level and trace_id so, and drops what is refused'],
            mendValue(loki, 'loki.limits_config.allow_structured_metadata', 'true'),
          ),
  });

function parseYamlText(body: string, subject: string): unknown {
  try {
    return parseYaml(body);
  } catch (error) {
    throw new Unreadable(`${subject}: not YAML: ${(error as Error).message.split('\n')[0]}`);
  }
}
