import { expect } from 'vitest';
import type { Reason } from '#checks/reasons.ts';
import type { Probing } from '#model/check.ts';
import { Unreadable } from '#model/errors.ts';
import type { Measured, Measurement } from '#model/initiative.ts';
import type { Read, Reads } from '#model/read.ts';
import { type Answers, judge, type Row, type Table } from './support.ts';
import type { MetricRow, MetricTable } from './tables/measurements.ts';

/** The verdict is the one that the row gives, says what the row says, and names what can be done. */
export function expectRow({ check, met }: Table, { gives, when, says }: Row): void {
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

/** The measurement comes to what the row gives, and says what the row says. */
export function expectMeasured({ measurement, met }: MetricTable, { gives, when, says }: MetricRow): void {
  const measured = measure(measurement, { ...met, ...when });
  const told = Object.values(measured).join('\n');
  expect('untold' in measured ? 'untold' : measured.reached ? 'reached' : 'missed', told).toBe(gives);
  for (const words of says) expect(told).toContain(words);
}

/** As the engine does it, which reads for a judge in the same way. */
export function measure({ measure: take, ...reads }: Measurement, answers: Answers): Measured {
  return judge({ ...reads, judge: take as never }, answers) as unknown as Measured;
}

/** All that is known of a reason. */
export function describeReason({ of, reason, says, ends, again, remedy, source }: Reason): string {
  const which = `${of} ${reason}${says === undefined ? '' : ` (${says})`}`;
  return [`## ${which}: ${ends}`, `- again: ${again}`, `- ${remedy}`, `- ${source}`, ''].join('\n');
}

/** All that a person can read of a check. */
export function describeTable(table: Table): string {
  const { subject, check, rows } = table;
  const { before = [], after = [] } = check as Partial<Probing>;
  // Recorded answers are not there for everybody.
  const shown = rows.filter(({ when }) => typeof when !== 'function');
  return [
    `## ${subject.id}: ${subject.title}\n`,
    'validFor' in subject
      ? `Probe, holds ${subject.holds}, valid for ${subject.validFor}${order(subject.after)}.`
      : `Holds ${subject.holds}${order(subject.after)}.`,
    ...Object.entries(check.reads as Reads).map(([name, read]) => describeRead(name, read)),
    ...[...before, ...after].map((change) => `- writes ${JSON.stringify(change).slice(0, 400)}`),
    ...shown.map((row) => describeRow(table, row)),
    '',
  ].join('\n');
}

function order(after: readonly string[] = []): string {
  return after.length === 0 ? '' : `, after ${after.join(', ')}`;
}

function describeRead(name: string, { subject, request, permissions, wakes }: Read<unknown>): string {
  const needs = permissions.map(({ verb, group, resource, namespace, name: one }) =>
    [verb, `${resource}${group === '' ? '' : `.${group}`}`, [namespace, one].filter(Boolean).join('/')].join(' ').trim(),
  );
  const watched = wakes === undefined ? '' : `, watched: ${wakes.resource}`;
  return `- reads ${name}: ${subject}, ${JSON.stringify(request)}${watched}; needs ${needs.join(', ') || 'nothing'}`;
}

function describeRow({ check, met }: Table, { it, gives, when }: Row): string {
  const told = tell(() => judge(check, { ...met, ...(when as object) }));
  return `- ${gives}, ${it}: ${told.join('\n  - ')}`;
}

function tell(act: () => ReturnType<typeof judge>): readonly string[] {
  try {
    const verdict = act();
    return verdict.state === 'met'
      ? [verdict.saw]
      : [
          verdict.saw,
          ...verdict.cause.map((line) => `because ${line}`),
          `to fix it: ${verdict.remedy}`,
          ...(verdict.repair ?? []).map((change) => `offers: ${JSON.stringify(change)}`),
        ];
  } catch (error) {
    if (error instanceof Unreadable) return [error.message];
    throw error;
  }
}

/** What a remedy has to name for somebody to act on it: a command, or a setting, file, service or object by name. */
const ACTIONABLE = /\b(kubectl|flux|git|talosctl|NTP|kubeconfig) |[\w-]+[./:][\w-]+/;

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    throw error;
  }
  throw new Error('it was readable');
}
