import { isDeepStrictEqual } from 'node:util';
import type { Manifest } from '#model/kubernetes.ts';
import { Refusal } from './status.ts';

/** Who set which leaf. Lists are leaves: the real server merges some of them, this one replaces them whole. */
interface ManagedFields {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: Tree;
}
type Written = Omit<ManagedFields, 'fieldsType' | 'fieldsV1'>;
interface Tree {
  readonly [field: string]: Tree;
}
type Json = Record<string, unknown>;
type Path = readonly string[];

export interface Writer {
  readonly manager: string;
  readonly time: string;
}

const UNOWNED = ['apiVersion', 'kind', 'status'];
const UNOWNED_METADATA = ['name', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink'];

/**
 * Server-side apply: sets the leaves of `applied`, drops those this manager applied before and leaves out now.
 * @throws Refusal 409 when another manager owns a leaf and wants another value, unless forced
 */
export function applyFields(live: Manifest | undefined, applied: Manifest, { manager, time }: Writer, force: boolean): Manifest {
  // An empty mapping asks for nothing where there is one already.
  const wanted = leaves(applied).filter(
    (path) => !(isEmpty(valueAt(applied, path)) && isObject(valueAt(live, path)) && !isEmpty(valueAt(live, path))),
  );
  const entries = managersOf(live);
  const mine = entries.find((entry) => entry.manager === manager && entry.operation === 'Apply');
  const others = entries.filter((entry) => entry !== mine);
  const differing = wanted.filter((path) => !isDeepStrictEqual(valueAt(live, path), valueAt(applied, path)));
  const conflicts = differing.flatMap((path) => others.filter((owner) => owns(owner, path)).map((owner) => ({ owner, path })));
  if (conflicts.length > 0 && !force) throw applyConflict(conflicts);

  const result = structuredClone(live ?? applied) as Json;
  const remaining = others.flatMap((entry) => without(entry, differing));
  const dropped = (mine === undefined ? [] : pathsOf(mine.fieldsV1)).filter((path) => !wanted.some((kept) => overlaps(kept, path)));
  for (const path of dropped) if (!remaining.some((entry) => owns(entry, path))) unset(result, path);
  for (const path of wanted) set(result, path, valueAt(applied, path));
  return withManagers(result, [...remaining, entryOf({ manager, operation: 'Apply', apiVersion: applied.apiVersion, time }, wanted, mine)]);
}

/** After a create, replace or merge patch: what changed belongs to the writer now. */
export function updateFields(live: Manifest | undefined, next: Manifest, { manager, time }: Writer): Manifest {
  const changed = [...leaves(live ?? next), ...leaves(next)].filter(
    (path) => live === undefined || !isDeepStrictEqual(valueAt(live, path), valueAt(next, path)),
  );
  const entries = managersOf(live);
  if (changed.length === 0) return withManagers(structuredClone(next) as Json, entries);
  const mine = entries.find((entry) => entry.manager === manager && entry.operation === 'Update');
  const kept = mine === undefined ? [] : without(mine, changed).flatMap(({ fieldsV1 }) => pathsOf(fieldsV1));
  const owned = [...kept, ...changed.filter((path) => valueAt(next, path) !== undefined)];
  const others = entries.filter((entry) => entry !== mine).flatMap((entry) => without(entry, changed));
  return withManagers(structuredClone(next) as Json, [
    ...others,
    entryOf({ manager, operation: 'Update', apiVersion: next.apiVersion, time }, owned, mine),
  ]);
}

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Json = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

function leaves(manifest: Manifest): readonly Path[] {
  const collect = (value: unknown, path: Path): readonly Path[] =>
    isObject(value) && !isEmpty(value) ? Object.entries(value).flatMap(([key, inner]) => collect(inner, [...path, key])) : [path];
  const isOwned = ([field = '', inner = '']: Path) =>
    !UNOWNED.includes(field) && !(field === 'metadata' && UNOWNED_METADATA.includes(inner));
  return collect(manifest, []).filter(isOwned);
}

function applyConflict(conflicts: readonly { owner: ManagedFields; path: Path }[]): Refusal {
  const byOwner = Map.groupBy(conflicts, ({ owner }) => ownerName(owner));
  const name = (path: Path) => `.${path.join('.')}`;
  const [first] = conflicts;
  const told =
    conflicts.length === 1 && first !== undefined
      ? `conflict with ${ownerName(first.owner)}: ${name(first.path)}`
      : [...byOwner]
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .map(([owner, theirs]) => `conflicts with ${owner}:\n${theirs.map(({ path }) => `- ${name(path)}`).join('\n')}`)
          .join('\n');
  return new Refusal(409, 'Conflict', `Apply failed with ${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}: ${told}`, {
    causes: conflicts.map(({ owner, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${ownerName(owner)}`,
      field: name(path),
    })),
  });
}

function ownerName({ manager, operation, apiVersion }: ManagedFields): string {
  return operation === 'Apply' ? `"${manager}"` : `"${manager}" using ${apiVersion}`;
}

function managersOf(live: Manifest | undefined): readonly ManagedFields[] {
  return (live?.metadata.managedFields ?? []) as readonly ManagedFields[];
}

function withManagers(manifest: Json, managedFields: readonly ManagedFields[]): Manifest {
  return { ...manifest, metadata: { ...(manifest.metadata as Json), managedFields } } as unknown as Manifest;
}

/** The time stays when the fields do: applying the same again must change nothing. */
function entryOf(writer: Written, paths: readonly Path[], before: ManagedFields | undefined): ManagedFields {
  const fieldsV1 = treeOf(paths);
  const same = before !== undefined && isDeepStrictEqual(before.fieldsV1, fieldsV1);
  return { ...writer, time: same ? before.time : writer.time, fieldsType: 'FieldsV1', fieldsV1 };
}

function treeOf(paths: readonly Path[]): Tree {
  const tree: Json = {};
  for (const path of paths) {
    const fields = path.map((segment) => `f:${segment}`);
    if (valueAt(tree, fields) === undefined) set(tree, fields, {});
  }
  return tree as Tree;
}

function pathsOf(tree: Tree, path: Path = []): readonly Path[] {
  const entries = Object.entries(tree);
  return entries.length === 0 ? [path] : entries.flatMap(([field, inner]) => pathsOf(inner, [...path, field.slice(2)]));
}

/** The entry less what these paths touch; none when nothing is left. */
function without(entry: ManagedFields, paths: readonly Path[]): readonly ManagedFields[] {
  const all = pathsOf(entry.fieldsV1);
  const left = all.filter((owned) => !paths.some((path) => overlaps(owned, path)));
  if (left.length === all.length) return [entry];
  return left.length === 0 ? [] : [{ ...entry, fieldsV1: treeOf(left) }];
}

function owns(entry: ManagedFields, path: Path): boolean {
  return pathsOf(entry.fieldsV1).some((owned) => overlaps(owned, path));
}

/** One is the other, or lies within it. */
function overlaps(a: Path, b: Path): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(0, length).every((segment, index) => segment === b[index]);
}

function valueAt(object: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), object);
}

function set(object: Json, path: Path, value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) define(object, key, value);
  else {
    if (!isObject(object[key])) define(object, key, {});
    set(object[key] as Json, rest, value);
  }
}

/** Also keeps a key named __proto__ what it is: a key. */
function define(object: Json, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}

function unset(object: Json, path: Path): void {
  const [key = '', ...rest] = path;
  const inner = object[key];
  if (rest.length === 0) delete object[key];
  else if (isObject(inner)) {
    unset(inner, rest);
    if (Object.keys(inner).length === 0) delete object[key];
  }
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
