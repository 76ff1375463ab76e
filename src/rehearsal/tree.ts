import { hash } from 'node:crypto';
import type { Manifest } from '#model/kubernetes.ts';
import type { Store } from './world.ts';

/** JSON of a kind that only its reader knows: a spec, a status, chart values. */
// biome-ignore lint/suspicious/noExplicitAny: the world's objects are JSON trees, and whoever reads one knows its kind
export type Tree = any;

export function specOf(object: Manifest | undefined): Tree {
  return object?.spec ?? {};
}

export function statusOf(object: Manifest | undefined): Tree {
  return object?.status ?? {};
}

export function dataOf(object: Manifest | undefined): Readonly<Record<string, string>> {
  return (object?.data ?? {}) as Readonly<Record<string, string>>;
}

/** A Secret's values, decoded. */
export function secretOf(secret: Manifest | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(dataOf(secret)).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}

/** The ConfigMap that a pod mounts under this name, as it is now. */
export function volumeOf(store: Store, pod: Manifest, volume: string): Manifest | undefined {
  const { configMap } = specOf(pod).volumes.find(({ name }: Tree) => name === volume);
  return store.get({ apiVersion: 'v1', kind: 'ConfigMap', namespace: pod.metadata.namespace ?? '', name: configMap.name });
}

export function encodeSecret(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
}

export function hasLabels(object: Manifest, wanted: Readonly<Record<string, string>> | undefined): boolean {
  return wanted !== undefined && Object.entries(wanted).every(([key, value]) => object.metadata.labels?.[key] === value);
}

/** The first characters of a digest of any value: names and revisions that stay the same while the value does. */
export function hashOf(value: unknown, length = 10): string {
  return hash('sha256', JSON.stringify(value)).slice(0, length);
}

/** "2Gi" in bytes. */
export function parseQuantity(quantity: string | number): number {
  const [, number, unit] = /^([\d.]+)(Ki|Mi|Gi|Ti|k|M|G|m)?$/.exec(String(quantity)) ?? [];
  const units: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, k: 1e3, M: 1e6, G: 1e9, m: 1e-3 };
  return Number(number) * (unit === undefined ? 1 : (units[unit] as number));
}

/** "1h30m", "168h", "4w" in milliseconds, as Go and Loki write durations; undefined when it is none. */
export function parseSpan(span: unknown): number | undefined {
  if (typeof span !== 'string' || !/^(\d+(\.\d+)?(ms|[smhdwy]))+$/.test(span)) return undefined;
  const units: Record<string, number> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5, y: 31536e6 };
  const parts = span.matchAll(/([\d.]+)(ms|[smhdwy])/g);
  return [...parts].reduce((sum, [, number, unit = '']) => sum + Number(number) * (units[unit] ?? 0), 0);
}

/** "10m0s": milliseconds as Go writes durations. */
export function formatSpan(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const hours = seconds < 3600 ? '' : `${Math.floor(seconds / 3600)}h`;
  return `${hours}${seconds < 60 ? '' : `${Math.floor(seconds / 60) % 60}m`}${seconds % 60}s`;
}

/** Values of the right win, mappings are merged, lists replaced: what Helm does with values. */
export function mergeTrees(left: Tree, right: Tree): Tree {
  if (!isMapping(left) || !isMapping(right)) return right === undefined ? left : right;
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return Object.fromEntries(keys.map((key) => [key, mergeTrees(left[key], right[key])]));
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
