import { stripVTControlCharacters } from 'node:util';
import { Chalk, type ChalkInstance } from 'chalk';
import type { Status } from '#model/event.ts';
import type { Outcome } from '#model/verdict.ts';

/** A painter that colours, or one that leaves text as it is. */
export function painter(colours: boolean): ChalkInstance {
  return new Chalk({ level: colours ? 1 : 0 });
}

/** Text from outside on one line, without anything that could move a terminal's cursor: names in goals files are anybody's. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

/** "2026-11-21 14:02 UTC"; an unreadable time is shown as it is. */
export function shortTime(iso: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? oneLine(iso) : `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** " (4.2 s after the commit)"; nothing when no commit came before. */
export function afterCommit(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '';
  const took = milliseconds < 60_000 ? `${(milliseconds / 1_000).toFixed(1)} s` : `${Math.round(milliseconds / 60_000)} min`;
  return ` (${took} after the commit)`;
}

export function statusColour(paint: ChalkInstance, status: Status): (text: string) => string {
  switch (status) {
    case 'completed':
      return paint.green;
    case 'failed':
    case 'regressed':
      return paint.red;
    case 'waiting':
    case 'blocked':
    case 'in_progress':
      return paint.yellow;
    default:
      return paint.dim;
  }
}

export function stateColour(paint: ChalkInstance, state: Outcome['state']): (text: string) => string {
  return { met: paint.green, failed: paint.red, unknown: paint.magenta, pending: paint.yellow }[state];
}
