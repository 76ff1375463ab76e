import { expect, test } from 'vitest';
import type { Probing } from '#model/check.ts';
import { Unreadable } from '#model/errors.ts';
import type { Read, Reads } from '#model/read.ts';
import { judge, type Row, type Table } from './support.ts';
import tables from './tables/index.ts';

/**
 * What a person can read of each check, on one page, so that a change of any word shows where it can be judged: as if it were met at
 * three in the morning. Ids are keys of the evidence in users' goals files, and requests and permissions are what a role is made of.
 * After a change that is meant: `vitest run test/checks -u`.
 */
test('each check says what it is, what it asks for, and what it makes of it', async () => {
  await expect(tables.map(describeTable).join('\n')).toMatchFileSnapshot('./__snapshots__/wording.md');
});

function describeTable(table: Table): string {
  const { subject, check, rows } = table;
  const { before = [], after = [] } = check as Partial<Probing>;
  // Recorded answers are not there for everybody.
  const shown = rows.filter(({ when }) => typeof when !== 'function');
  return [
    `## ${subject.id}: ${subject.title}\n`,
    'validFor' in subject
      ? `Probe, holds ${subject.holds}, valid for ${subject.validFor}.`
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
      : [verdict.saw, ...verdict.cause.map((line) => `because ${line}`), `to fix it: ${verdict.remedy}`];
  } catch (error) {
    if (error instanceof Unreadable) return [error.message];
    throw error;
  }
}
