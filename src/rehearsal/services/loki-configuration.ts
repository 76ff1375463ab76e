import { parse } from 'yaml';
import { mergeTrees, parseSpan, type Tree } from '../tree.ts';

/** Loki's own defaults of those keys that somebody asks for. */
const DEFAULTS = {
  target: 'all',
  common: { path_prefix: '', replication_factor: 3 },
  compactor: {
    working_directory: '/var/loki/compactor',
    compaction_interval: '10m',
    apply_retention_interval: '0s',
    retention_enabled: false,
    retention_delete_delay: '2h',
    delete_request_store: '',
    delete_request_cancel_period: '24h',
  },
  limits_config: {
    ingestion_rate_mb: 4,
    ingestion_burst_size_mb: 6,
    max_label_names_per_series: 15,
    reject_old_samples: true,
    reject_old_samples_max_age: '1w',
    creation_grace_period: '10m',
    max_line_size: '256KB',
    max_global_streams_per_user: 5000,
    per_stream_rate_limit: '3MB',
    per_stream_rate_limit_burst: '15MB',
    max_query_series: 500,
    max_query_length: '721h',
    max_entries_limit_per_query: 5000,
    split_queries_by_interval: '1h',
    volume_enabled: true,
    retention_period: '0s',
    allow_structured_metadata: true,
  },
  ingester: { chunk_idle_period: '30m', max_chunk_age: '2h', chunk_target_size: 1572864, chunk_encoding: 'gzip' },
  querier: { max_concurrent: 4, query_ingesters_within: '3h' },
  ruler: { poll_interval: '1m', enable_api: true, remote_write: { enabled: false } },
  table_manager: { retention_deletes_enabled: false, retention_period: '0s' },
};

/** The running configuration with Loki's defaults. `auth_enabled: false` is left out, by Loki itself. */
export function effectiveConfiguration(written: string): Tree {
  const { auth_enabled, ...given } = parse(written) ?? {};
  const storage = given.common?.storage?.s3 === undefined ? {} : { storage_config: { aws: given.common.storage.s3 } };
  return mergeTrees(mergeTrees(DEFAULTS, { ...storage, ...(auth_enabled ? { auth_enabled } : {}) }), given);
}

/** As `GET /config` prints it: durations normalised (168h is 1w in limits and schema, 24h0m0s elsewhere), secrets masked. */
export function normaliseConfiguration(configuration: Tree): Tree {
  return Object.fromEntries(
    Object.entries(configuration).map(([section, value]) => [
      section,
      normalise(value, ['limits_config', 'schema_config'].includes(section) ? inDays : inHours),
    ]),
  );
}

function normalise(value: Tree, format: (milliseconds: number) => string): Tree {
  if (Array.isArray(value)) return value.map((each) => normalise(each, format));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, key === 'secret_access_key' ? '********' : normalise(each, format)]),
    );
  }
  const span = typeof value === 'string' ? parseSpan(value) : undefined;
  return span === undefined ? value : format(span);
}

/** Prometheus' way: years and weeks only when nothing remains. */
function inDays(milliseconds: number): string {
  let rest = milliseconds;
  let written = '';
  const units: [string, number, boolean][] = [
    ['y', 31_536_000_000, true],
    ['w', 604_800_000, true],
    ['d', 86_400_000, false],
    ['h', 3_600_000, false],
    ['m', 60_000, false],
    ['s', 1_000, false],
  ];
  for (const [unit, size, exact] of units) {
    if (exact && rest % size !== 0) continue;
    if (rest >= size) written += `${Math.floor(rest / size)}${unit}`;
    rest %= size;
  }
  return written === '' ? '0s' : written;
}

/** Go's way: every unit below the first one that is needed. */
function inHours(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
