import type { Buckets, WorldState } from '../world.ts';

/** The object store's contents, in memory. */
export function createBuckets(
  now: () => Date,
  contents: WorldState['contents'] = new Map(),
  grants: WorldState['grants'] = new Map(),
): Buckets {
  return {
    create: (bucket) => void (contents.has(bucket) || contents.set(bucket, new Map())),
    has: (bucket) => contents.has(bucket),
    remove: (bucket) => void contents.delete(bucket),
    put: (bucket, key, body) => void contents.get(bucket)?.set(key, { body, modified: now() }),
    get: (bucket, key) => contents.get(bucket)?.get(key)?.body,
    delete: (bucket, key) => void contents.get(bucket)?.delete(key),
    list(bucket, prefix) {
      const found = [...(contents.get(bucket) ?? [])].filter(([key]) => key.startsWith(prefix));
      return found.map(([key, { body, modified }]) => ({ key, size: body.length, modified })).sort((a, b) => (a.key < b.key ? -1 : 1));
    },
    grant(accessKey, secretKey, bucket) {
      const held = grants.get(accessKey)?.buckets ?? [];
      grants.set(accessKey, { secretKey, buckets: [...new Set([...held, bucket])] });
    },
    secretOf: (accessKey) => grants.get(accessKey),
  };
}
