import { declaredPart } from '#goals/digest.ts';
import { pointerOf } from '#goals/document.ts';
import { digestOf } from '#model/digest.ts';
import type { Declared } from '#model/plan.ts';
import { MASK, namesCredential } from '#model/redact.ts';
import { showValue } from './show-value.ts';

type Path = readonly (string | number)[];

/** What a goals file declares, value by value: progress and evidence are left out, and credentials are there as digests only. */
export function describeDeclared(goals: Readonly<Record<string, unknown>>): Declared {
  return Object.fromEntries(
    leavesOf(declaredPart(goals), [], false).map(({ path, value, masked }) => [
      pointerOf(path),
      { shown: masked ? MASK : showValue(path, value), digest: digestOf(value) },
    ]),
  );
}

interface Leaf {
  readonly path: Path;
  readonly value: unknown;
  readonly masked: boolean;
}

function leavesOf(value: unknown, path: Path, masked: boolean): readonly Leaf[] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [{ path, value, masked }];
  if (Array.isArray(value)) return value.flatMap((item, index) => leavesOf(item, [...path, index], masked));
  // As in a container's environment: { name: DB_PASSWORD, value: … }
  const { name } = value as { name?: unknown };
  const pair = typeof name === 'string' && namesCredential(name);
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, [...path, key], masked || (path.includes('values') && namesCredential(key)) || (pair && key === 'value')),
  );
}
