import { parse, stringify } from 'yaml';
import type { Tree } from '#rehearsal/tree.ts';
import { lotOf } from '../lots.ts';

/** A field of an object, by its path: keys and indices. A file in a ConfigMap that is YAML is gone into. */
export type Path = readonly (string | number)[];

/** The paths of all fields that hold no others. */
export function leavesOf(value: Tree, path: Path = []): readonly Path[] {
  if (isYaml(path, value)) return leavesOf(parse(value), [...path, FILE]);
  if (Array.isArray(value) && value.length > 0) return value.flatMap((element, index) => leavesOf(element, [...path, index]));
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

/** A copy in which the field is gone or changed; the same where it is not there. */
export function edit(value: Tree, [key, ...rest]: Path, how: 'remove' | 'change'): Tree {
  if (key === FILE) return stringify(edit(parse(value), rest, how));
  if (key === undefined) return changed(value);
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return value;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  if (rest.length > 0 || how === 'change') copy[key] = edit(copy[key], rest, how);
  else if (Array.isArray(copy)) copy.splice(Number(key), 1);
  else delete copy[key];
  return copy;
}

export function describePath(path: Path): string {
  return path.join('.');
}

/** Between the key of a file and what stands in it. */
const FILE = ':';

function isYaml(path: Path, value: unknown): value is string {
  return typeof value === 'string' && /\.ya?ml$/.test(String(path.at(-1))) && value.includes('\n');
}

function changed(value: Tree): Tree {
  if (typeof value === 'number') return value * 2 + 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'string') return 'changed';
  const lines = value.split('\n');
  // Of a text one line goes.
  if (lines.length > 2) return lines.toSpliced(lotOf(value) % (lines.length - 1), 1).join('\n');
  return /^\d+$/.test(value) ? String(Number(value) * 2 + 1) : `${value}-changed`;
}
