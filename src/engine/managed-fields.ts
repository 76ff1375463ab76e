import { isDeepStrictEqual } from 'node:util';
import type { Manifest } from '#model/kubernetes.ts';

/** From an object's root to a field: keys of mappings, places in lists. */
export type Path = readonly (string | number)[];

/** Who set a field, as the API server keeps it: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
export interface Owner {
  readonly manager: string;
  /** When it last set something in this object; absent where the server has none. */
  readonly at?: string;
}

/** Every manager with the leaves that it owns, as far as they are still there. What is not understood is left out: it names nobody. */
export function ownersOf({ metadata, ...rest }: Manifest): readonly (Owner & { readonly paths: readonly Path[] })[] {
  const entries: readonly unknown[] = Array.isArray(metadata.managedFields) ? metadata.managedFields : [];
  return entries.flatMap((entry) => {
    if (!isMap(entry) || typeof entry.manager !== 'string') return [];
    const at = typeof entry.time === 'string' ? { at: entry.time } : {};
    return [{ manager: entry.manager, ...at, paths: ownedPaths(entry.fieldsV1, { metadata, ...rest }) }];
  });
}

/** Who owns the field, the whole that it is in, or something in it: who set something in the object last comes first. */
export function findOwners(object: Manifest, path: Path): readonly Owner[] {
  const owners = ownersOf(object).filter(({ paths }) => paths.some((owned) => isWithin(path, owned) || isWithin(owned, path)));
  return owners
    .toSorted((one, other) => (other.at ?? '').localeCompare(one.at ?? ''))
    .map(({ manager, at }) => ({ manager, ...(at === undefined ? {} : { at }) }));
}

/** The value at a path; undefined where there is none. */
export function valueAt(object: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value[key as number];
    return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }, object);
}

/** "spec.template.spec.containers[loki].image": items of a list by their name, where they have one. */
export function printPath(path: Path, object: unknown): string {
  return path
    .map((key, index) => {
      if (typeof key === 'string') return /^[\w-]+$/.test(key) ? `${index === 0 ? '' : '.'}${key}` : `[${JSON.stringify(key)}]`;
      const item = valueAt(object, path.slice(0, index + 1));
      return `[${isMap(item) && typeof item.name === 'string' ? item.name : key}]`;
    })
    .join('');
}

/**
 * The leaves of a FieldsV1 tree, its keys resolved against the live value: `f:` a key of a mapping, `k:` the item of a list with these
 * fields, `v:` an item by its value, `i:` by its place, `.` the thing itself, which says nothing about what is in it.
 */
function ownedPaths(fields: unknown, value: unknown, path: Path = []): readonly Path[] {
  if (!isMap(fields)) return [];
  const keys = Object.keys(fields);
  if (keys.length === 0) return [path];
  return keys.flatMap((key) => {
    const step = stepOf(key, value);
    return step === undefined ? [] : ownedPaths(fields[key], valueAt(value, [step]), [...path, step]);
  });
}

function stepOf(key: string, value: unknown): string | number | undefined {
  const said = key.slice(2);
  if (key.startsWith('f:')) return isMap(value) && Object.hasOwn(value, said) ? said : undefined;
  if (!Array.isArray(value)) return undefined;
  const wanted = parse(said);
  if (key.startsWith('i:')) return typeof wanted === 'number' && wanted in value ? wanted : undefined;
  const matches = (item: unknown): boolean =>
    key.startsWith('k:')
      ? isMap(item) && isMap(wanted) && Object.entries(wanted).every(([name, each]) => isDeepStrictEqual(item[name], each))
      : key.startsWith('v:') && isDeepStrictEqual(item, wanted);
  const place = value.findIndex(matches);
  return place === -1 ? undefined : place;
}

function isWithin(path: Path, outer: Path): boolean {
  return outer.every((key, index) => key === path[index]);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
