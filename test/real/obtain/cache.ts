import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';

/** Outside the checkout, so that a fresh clone need not build again: $XDG_CACHE_HOME/anton-logging/real. */
export function cacheDirectory(...parts: readonly string[]): string {
  const base = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  return path.join(base, 'anton-logging', 'real', ...parts);
}

/** Another recipe has another place: nothing in the cache ever goes stale. */
export function keyOf(...recipe: readonly string[]): string {
  return createHash('sha256').update(recipe.join('\0')).digest('hex').slice(0, 16);
}
