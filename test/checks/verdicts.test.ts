import { describe, expect, it } from 'vitest';
import { Unreadable } from '#model/errors.ts';
import { type Answers, judge, type Row, type Table, whyNothingRecorded } from './support.ts';
import tables from './tables/index.ts';

describe.each(tables)('$id', (table) => {
  for (const row of table.rows) {
    const why = typeof row.when === 'function' ? whyNothingRecorded : undefined;
    it.skipIf(why)(`${row.gives}: ${row.it}${why === undefined ? '' : ` (skipped: ${why})`}`, () => expectRow(table, row));
  }
});

/** What a remedy has to name for somebody to act on it: a command, or a setting, file, service or object by name. */
const ACTIONABLE = /\b(kubectl|flux|git|talosctl|NTP|kubeconfig) |[\w-]+[./:][\w-]+/;

function expectRow({ check, met }: Table, { gives, when, says }: Row): void {
  const answers: Answers = { ...met, ...(typeof when === 'function' ? when() : when) };
  if (gives === 'unreadable') {
    const message = messageOf(() => judge(check, answers));
    for (const words of says) expect(message).toContain(words);
    return;
  }
  const verdict = judge(check, answers);
  const text = verdict.state === 'met' ? verdict.saw : [verdict.saw, ...verdict.cause, verdict.remedy].join('\n');
  expect(verdict.state, text).toBe(gives);
  for (const words of says) expect(text).toContain(words);
  if (verdict.state !== 'failed') return;
  expect(verdict.cause, text).not.toEqual([]);
  expect(verdict.remedy).toMatch(ACTIONABLE);
}

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    throw error;
  }
  throw new Error('it was readable');
}
