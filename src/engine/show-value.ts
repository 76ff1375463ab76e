import { redact } from '#model/redact.ts';
import type { Path } from './managed-fields.ts';

const LONGEST = 60;

/** Two values that differ, on one line each, without credentials: of texts of many lines the first line that differs. */
export function showDifference(path: Path, wanted: unknown, found: unknown): { readonly wanted: string; readonly found: string } {
  const [mine, theirs] = [linesOf(wanted), linesOf(found)];
  const differing = mine.findIndex((line, index) => line !== theirs[index]);
  const place = differing === -1 ? mine.length : differing;
  const where = mine.length > 1 || theirs.length > 1 ? `line ${place + 1}: ` : '';
  return { wanted: `${where}${showLine(path, mine[place])}`, found: `${where}${showLine(path, theirs[place])}` };
}

/** One value, on one line, without credentials. */
export function showValue(path: Path, value: unknown): string {
  const [line, ...more] = linesOf(value);
  return `${showLine(path, line)}${more.length === 0 ? '' : ' …'}`;
}

function linesOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? value.split('\n') : [JSON.stringify(value)];
}

/** What says that a value is a credential may be the name of its field. */
function showLine(path: Path, line: string | undefined): string {
  if (line === undefined) return 'nothing';
  const name = `${path.findLast((key) => typeof key === 'string')}: `;
  const shown = redact(`${name}${line.trim()}`).slice(name.length);
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown;
}
