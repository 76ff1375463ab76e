import { isDeepStrictEqual } from 'node:util';
import parseDuration from 'parse-duration';
import type { Manifest } from '#model/kubernetes.ts';
import { isMap, type Path } from './managed-fields.ts';

export interface Difference {
  readonly path: Path;
  readonly wanted: unknown;
  readonly found: unknown;
}

/**
 * Where a live object is not what its manifest says. Only what the manifest sets counts: defaults, statuses and what others added beside
 * it are no difference. A list has to have as many items, in the same order. Nothing, null and empty are the same.
 */
export function compareManifest(
  { apiVersion: _, kind: __, status: ___, metadata, ...wanted }: Manifest,
  found: Manifest,
): readonly Difference[] {
  const { labels, annotations } = metadata;
  return [...compare({ labels, annotations }, found.metadata, ['metadata']), ...compare(wanted, found, [])];
}

function compare(wanted: unknown, found: unknown, path: Path): readonly Difference[] {
  if (wanted === undefined || (isNothing(wanted) && isNothing(found))) return [];
  if (isMap(wanted) && isMap(found)) {
    return Object.entries(wanted).flatMap(([key, value]) =>
      compare(value, Object.hasOwn(found, key) ? found[key] : undefined, [...path, key]),
    );
  }
  if (Array.isArray(wanted) && Array.isArray(found) && wanted.length === found.length) {
    return wanted.flatMap((item, index) => compare(item, found[index], [...path, index]));
  }
  return isDeepStrictEqual(wanted, found) || isSameDuration(wanted, found) ? [] : [{ path, wanted, found }];
}

/** Controllers that write an object back print 1h as 1h0m0s: https://pkg.go.dev/time#Duration.String */
function isSameDuration(wanted: unknown, found: unknown): boolean {
  const isDuration = (value: unknown): value is string => typeof value === 'string' && /^(\d+(\.\d+)?(h|m|s|ms|us|ns))+$/.test(value);
  return isDuration(wanted) && isDuration(found) && parseDuration(wanted) === parseDuration(found);
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}
