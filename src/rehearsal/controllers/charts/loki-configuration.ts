import type { Tree } from '../../tree.ts';

/** Loki's config.yaml, as the chart's `structuredConfig` makes it from the values: whatever stands in a section goes to Loki unread. */
export function lokiConfiguration(release: string, namespace: string, values: Tree): Tree {
  const { loki, chunksCache, resultsCache } = values;
  const storage = storageOf(loki.storage);
  return {
    auth_enabled: loki.auth_enabled,
    chunk_store_config: chunksCache.enabled
      ? { chunk_cache_config: { memcached_client: { addresses: addressOf(release, namespace, 'chunks') } } }
      : {},
    common: { compactor_grpc_address: `${release}.${namespace}.svc.cluster.local:9095`, ...loki.commonConfig, storage },
    compactor: loki.compactor,
    limits_config: loki.limits_config,
    memberlist: { join_members: [`${release}-memberlist.${namespace}.svc.cluster.local`] },
    ...(loki.querier === undefined ? {} : { querier: loki.querier }),
    query_range: resultsCache.enabled
      ? { cache_results: true, results_cache: { cache: { memcached_client: { addresses: addressOf(release, namespace, 'results') } } } }
      : {},
    ...(loki.ingester === undefined ? {} : { ingester: loki.ingester }),
    ruler: { ...loki.rulerConfig, storage: loki.rulerConfig.storage ?? { type: 's3', ...storage } },
    schema_config: loki.schemaConfig,
    server: { http_listen_port: 3100, grpc_listen_port: 9095 },
  };
}

/**
 * The gateway's nginx.conf with the locations that matter: `/` answers by itself, `/ready`, `/metrics` and `/services` have no
 * location.
 */
export function gatewayConfiguration(release: string, namespace: string): string {
  const exact = ['/loki/api/v1/push', '/loki/api/v1/tail', '/otlp/v1/logs', '/ring', '/config', '/flush'].map((path) => `= ${path}`);
  const prefixes = ['/loki/api/v1/', '/prometheus/api/v1/rules', '/prometheus/api/v1/alerts', '/ingester/'].map((path) => `^~ ${path}`);
  const upstream = `http://${release}.${namespace}.svc.cluster.local:3100`;
  const locations = [...exact, ...prefixes].map((match) => `    location ${match} {\n      proxy_pass ${upstream}$request_uri;\n    }\n`);
  return `http {\n  server {\n    listen 8080;\n    location = / {\n      return 200 'OK';\n    }\n${locations.join('')}  }\n}\n`;
}

function storageOf({ type, bucketNames, s3 }: Tree): Tree {
  if (type !== 's3') return { filesystem: { chunks_directory: '/var/loki/chunks', rules_directory: '/var/loki/rules' } };
  const { endpoint, region, s3ForcePathStyle, insecure, accessKeyId, secretAccessKey } = s3;
  const keys = accessKeyId === undefined ? {} : { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
  return { s3: { bucketnames: bucketNames?.chunks, endpoint, region, s3forcepathstyle: s3ForcePathStyle, insecure, ...keys } };
}

function addressOf(release: string, namespace: string, cache: string): string {
  return `dnssrvnoa+_memcached-client._tcp.${release}-${cache}-cache.${namespace}.svc`;
}
