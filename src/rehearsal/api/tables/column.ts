import type { Manifest } from '#model/kubernetes.ts';

type Cell = string | number | boolean | null;

/** A column of a Table: what the API server makes of each object, for kubectl to print. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: 'name';
  /** Above 0: with -o wide only. */
  readonly priority?: number;
  cell(object: Manifest, now: Date): Cell;
}

export function text(name: string, cell: Column['cell']): Column {
  return { name, type: 'string', cell };
}

export function integer(name: string, cell: Column['cell']): Column {
  return { name, type: 'integer', cell };
}

export function wide(column: Column): Column {
  return { ...column, priority: 1 };
}

export const NAME: Column = { ...text('Name', ({ metadata }) => metadata.name), format: 'name' };
export const AGE = text('Age', ({ metadata }, now) => formatAge(metadata.creationTimestamp, now));

/** How long ago, as a client prints it: HumanDuration of k8s.io/apimachinery. */
export function formatAge(time: unknown, now: Date): string {
  return typeof time === 'string' ? formatDuration(now.getTime() - Date.parse(time)) : '<unknown>';
}

export function formatDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 120) return `${Math.max(0, seconds)}s`;
  const [minutes, hours, days] = [60, 3600, 86_400].map((length) => Math.floor(seconds / length)) as [number, number, number];
  const years = Math.floor(days / 365);
  if (minutes < 10) return `${minutes}m${rest(seconds % 60, 's')}`;
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return `${hours}h${rest(minutes % 60, 'm')}`;
  if (hours < 48) return `${hours}h`;
  if (hours < 192) return `${days}d${rest(hours % 24, 'h')}`;
  if (years < 2) return `${days}d`;
  return `${years}y${rest(years < 8 ? days % 365 : 0, 'd')}`;
}

function rest(amount: number, unit: string): string {
  return amount === 0 ? '' : `${amount}${unit}`;
}

export function formatLabels(labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.sort().join(',') || '<none>';
}
