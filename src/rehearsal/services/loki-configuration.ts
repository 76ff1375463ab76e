import { parse } from 'yaml';
import { mergeTrees, parseSpan, type Tree } from '../tree.ts';

/** Loki's own defaults of those keys that somebody asks for. */
const DEFAULTS = {
  common: { replication_factor: 3 },
  compactor: { retention_enabled: false, retention_delete_delay: '2h', delete_request_store: '', compaction_interval: '10m' },
  limits_config: {
    reject_old_samples_max_age: '1w',
    max_query_series: 500,
    max_entries_limit_per_query: 5000,
    split_queries_by_interval: '1h',
    retention_period: '0s',
    allow_structured_metadata: true,
    ingestion_rate_mb: 4,
    ingestion_burst_size_mb: 6,
    max_global_streams_per_user: 5000,
    max_label_names_per_series: 15,
  },
  ingester: { chunk_idle_period: '30m', chunk_target_size: 1572864 },
  ruler: { remote_write: { enabled: false } },
  storage_config: { aws: {} },
};

/** The running configuration with Loki's defaults. */
export function effectiveConfiguration(written: string): Tree {
  const given = parse(written);
  const aws = given.common.storage?.s3 ?? {};
  return mergeTrees(mergeTrees(DEFAULTS, { storage_config: { aws } }), given);
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

/** Prometheus' way: weeks only when nothing remains. */
function inDays(milliseconds: number): string {
  const units = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 };
  let rest = milliseconds / 1000;
  let written = '';
  for (const [unit, size] of Object.entries(units)) {
    if (rest < size || (unit === 'w' && rest % size !== 0)) continue;
    written += `${Math.floor(rest / size)}${unit}`;
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
