import type { Tree } from '../../tree.ts';

/** Loki's config.yaml, as the chart's `structuredConfig` makes it from the values: whatever stands in a section goes to Loki unread. */
export function lokiConfiguration(path: string, { loki, chunksCache, resultsCache }: Tree): Tree {
  const { endpoint, region, s3ForcePathStyle, insecure } = loki.storage.s3;
  const { chunks } = loki.storage.bucketNames;
  const s3 = { bucketnames: chunks, endpoint, region, s3forcepathstyle: s3ForcePathStyle, insecure };
  return {
    auth_enabled: loki.auth_enabled,
    common: { ...loki.commonConfig, storage: loki.storage.type === 's3' ? { s3 } : {} },
    chunk_store_config: chunksCache.enabled ? { chunk_cache_config: memcached(path, 'chunks') } : {},
    compactor: loki.compactor,
    ingester: loki.ingester ?? {},
    limits_config: loki.limits_config,
    query_range: resultsCache.enabled ? { cache_results: true, results_cache: { cache: memcached(path, 'results') } } : {},
    ruler: loki.rulerConfig,
    schema_config: loki.schemaConfig,
  };
}

function memcached(path: string, kind: string): Tree {
  const [namespace, release] = path.split('/');
  return { memcached_client: { addresses: `dnssrvnoa+_memcached-client._tcp.${release}-${kind}-cache.${namespace}.svc` } };
}

/** The gateway's nginx.conf with the locations that matter: `/ready`, `/metrics` and `/services` have none. */
export function gatewayConfiguration(path: string): string {
  const [namespace, release] = path.split('/');
  const upstream = `http://${release}.${namespace}.svc.cluster.local:3100`;
  const matches = ['= /loki/api/v1/push', '^~ /loki/api/v1/', '^~ /prometheus/api/v1/rules'];
  const locations = matches.map((match) => `    location ${match} {\n      proxy_pass ${upstream}$request_uri;\n    }\n`);
  return `http {\n  server {\n    listen 8080;\n${locations.join('')}  }\n}\n`;
}
