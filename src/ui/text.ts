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

export function paintStatus(paint: ChalkInstance, status: Status): string {
  switch (status) {
    case 'completed':
      return paint.green(status);
    case 'failed':
    case 'regressed':
      return paint.red(status);
    case 'waiting':
    case 'blocked':
    case 'in_progress':
      return paint.yellow(status);
    default:
      return paint.dim(status);
  }
}

export function paintState(paint: ChalkInstance, state: Outcome['state']): string {
  switch (state) {
    case 'met':
      return paint.green(state);
    case 'failed':
      return paint.red(state);
    case 'unknown':
      return paint.magenta(state);
    case 'pending':
      return paint.yellow(state);
  }
}
