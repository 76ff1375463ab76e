import type { Buckets } from '../world.ts';

/** The object store's contents, in memory. */
export function createBuckets(now: () => Date): Buckets {
  const buckets = new Map<string, Map<string, { body: Buffer; modified: Date }>>();
  const keys = new Map<string, { secretKey: string; buckets: string[] }>();
  return {
    create: (bucket) => void (buckets.has(bucket) || buckets.set(bucket, new Map())),
    has: (bucket) => buckets.has(bucket),
    remove: (bucket) => void buckets.delete(bucket),
    put: (bucket, key, body) => void buckets.get(bucket)?.set(key, { body, modified: now() }),
    get: (bucket, key) => buckets.get(bucket)?.get(key)?.body,
    delete: (bucket, key) => void buckets.get(bucket)?.delete(key),
    list(bucket, prefix) {
      const found = [...(buckets.get(bucket) ?? [])].filter(([key]) => key.startsWith(prefix));
      return found.map(([key, { body, modified }]) => ({ key, size: body.length, modified })).sort((a, b) => (a.key < b.key ? -1 : 1));
    },
    grant(accessKey, secretKey, bucket) {
      const held = keys.get(accessKey)?.buckets ?? [];
      keys.set(accessKey, { secretKey, buckets: [...new Set([...held, bucket])] });
    },
    secretOf: (accessKey) => keys.get(accessKey),
  };
}
