import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadGoals } from '#goals/load.ts';
import { recordProgress } from '#goals/record.ts';
import type { Evidence, ProgressUpdate } from '#goals/types.ts';
import type { Status } from '#model/event.ts';
import { differences, goalsWith, REAL_FILES, readFixture, readOwn, readReal, whyNoRealFiles } from './support.ts';

const at = '2026-03-04T05:06:07.000Z';
const evidence: Evidence = { at, run: 'r1', checks: { 'loki.ready': { state: 'met', saw: 'ready', at } }, approvals: {}, desired: 'abc' };
const STATUSES: readonly Status[] = ['pending', 'in_progress', 'waiting', 'completed', 'failed', 'blocked', 'skipped', 'regressed'];

const texts: Readonly<Record<string, string>> = {
  own: readOwn(),
  old: readFixture('old-form.goals'),
  'old with Windows line ends and a mark': `\uFEFF${readFixture('old-form.goals').replaceAll('\n', '\r\n')}`,
  minified: JSON.stringify(JSON.parse(readOwn())),
  small: goalsWith({}),
  ...(whyNoRealFiles === undefined ? Object.fromEntries(REAL_FILES.map((name) => [name, readReal(name)])) : {}),
};
const parsed = (text: string) => JSON.parse(text.replace(/^\uFEFF/, '')) as Record<string, never>;
const firstPhaseOf = (text: string) => parsed(text).phases?.[0] as unknown as { objectives: Record<string, unknown>[] };

/** Everything that may change; the last step of a date is one of its spellings. */
const ALLOWED = [
  /^\/initiative\/status$/,
  /^\/phases\/\d+\/(objectives\/\d+\/)?(status|started_date|completion_date|completed_date)$/,
  /^\/phases\/\d+\/objectives\/\d+\/evidence(\/|$)/,
  /^\/phases\/\d+\/evidence(\/|$)/,
  /^(\/initiative)?(\/trigger_conditions)?\/current_state(\/observed(\/|$)|$)/,
  /^\/metadata\/last_updated$/,
];

describe('one update', () => {
  const update: ProgressUpdate = {
    initiative: 'in_progress',
    phases: [{ phase: 2, status: 'in_progress', at }],
    objectives: [
      { phase: 2, objective: '2.1', status: 'completed', at, evidence },
      { phase: 2, objective: '2.7', status: 'completed', at, evidence },
    ],
    triggers: { 'ceph-s3-storage-is-operational': { state: 'met', observed: 'Ready', at } },
  };

  test('changes these places of an old form, and nothing else', () => {
    const before = readFixture('old-form.goals');
    expect(linesOf(before, recordProgress(before, { ...update, objectives: update.objectives?.slice(0, 1) ?? [] }))).toMatchInlineSnapshot(`
      "+	"current_state": { "ceph_s3_ready": "yes", "observed": {"ceph-s3-storage-is-operational":{"state":"met","observed":"Ready","at":"2026-03-04T05:06:07.000Z"}} },
      -	"current_state": { "ceph_s3_ready": "yes" },
      +			"started_date": "2026-03-04",
      +					"status": "completed",
      +					"completed_date": "2026-03-04",
      +					"prerequisites": ["1.1"],
      +					"evidence": {
      +						"at": "2026-03-04T05:06:07.000Z",
      +						"run": "r1",
      +						"checks": {
      +							"loki.ready": {
      +								"state": "met",
      +								"saw": "ready",
      +								"at": "2026-03-04T05:06:07.000Z"
      +							}
      +						},
      +						"approvals": {},
      +						"desired": "abc"
      +					}
      -					"prerequisites": ["1.1"]
      +	"metadata": { "last_updated": "2026-03-04" }
      -	"metadata": { "last_updated": "2025-01-10" }"
    `);
  });

  test('stays on the line of what stands on one line', () => {
    const before = readFixture('old-form.goals');
    const after = recordProgress(before, { objectives: [{ phase: 2, objective: '2.2', status: 'completed', at }] });
    expect(linesOf(before, after)).toMatchInlineSnapshot(`
      "+				{ "id": "2.2", "name": "Monitoring Integration", "status": "completed", "completed_date": "2026-03-04", "deliverables": [] }
      -				{ "id": "2.2", "name": "Monitoring Integration", "status": "someday", "deliverables": [] }
      +	"metadata": { "last_updated": "2026-03-04" }
      -	"metadata": { "last_updated": "2025-01-10" }"
    `);
  });

  test('is read back', () => {
    const goals = loadGoals(recordProgress(readOwn(), update), 'g');
    expect(goals.phases[2]).toMatchObject({ status: 'in_progress', added: { '2.7': { status: 'completed', evidence } } });
    expect(goals.phases[2]?.objectives[0]).toMatchObject({ status: 'completed', evidence });
    expect(goals.initiative.status).toBe('in_progress');
  });
});

describe('statuses and dates', () => {
  const phase = (fields: Record<string, unknown>) => goalsWith({ phases: [{ id: 'phase-2', name: 'x', objectives: [], ...fields }] });
  const record = (text: string, status: Status) => firstPhaseOf(recordProgress(text, { phases: [{ phase: 2, status, at }] }));

  test('a word that means the same stays', () => {
    expect(record(phase({ status: 'active' }), 'in_progress')).toMatchObject({ status: 'active', started_date: '2026-03-04' });
    expect(record(phase({ status: 'active' }), 'completed')).toMatchObject({ status: 'completed', completion_date: '2026-03-04' });
  });

  test("the file's key and form of a date are kept", () => {
    expect(record(phase({ status: 'x', completed_date: '2025-01-01' }), 'completed')).toMatchObject({ completed_date: '2026-03-04' });
    expect(record(phase({ status: 'x', completed_at: '2025-01-01T00:00:00Z' }), 'completed')).toMatchObject({ completed_at: at });
  });

  test('the day of something completed long ago stays', () => {
    expect(record(phase({ status: 'done', completion_date: '2025-01-01' }), 'completed')).toMatchObject({ completion_date: '2025-01-01' });
  });
});

test('phases, initiatives and trigger places that the file lacks are left out', () => {
  const update: ProgressUpdate = {
    initiative: 'completed',
    phases: [{ phase: 9, status: 'completed', at }],
    triggers: { x: { state: 'met', observed: '', at } },
  };
  expect(recordProgress(goalsWith({}), update)).toBe(goalsWith({}));
});

test("a run's own skipping leaves evidence, a person's is left alone", () => {
  const skip: ProgressUpdate = { objectives: [{ phase: 2, objective: '2.1', status: 'skipped', at }] };
  const objective = (text: string) => firstPhaseOf(recordProgress(text, skip)).objectives[0];
  expect(objective(goalsWith({}))).toMatchObject({ status: 'skipped', evidence: { at } });
  expect(
    objective(goalsWith({}).replace('"2.1",\n', '"2.1",\n"skip_reason": "no",').replaceAll('"pending"', '"skipped"')),
  ).not.toHaveProperty('evidence');
});

describe('for any update of any file', () => {
  const status = fc.constantFrom(...STATUSES);
  const moment = fc
    .date({ min: new Date('2025-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString());
  const phase = fc.integer({ min: 0, max: 8 });
  const objective = fc.tuple(phase, fc.integer({ min: 1, max: 11 }));
  const updates: fc.Arbitrary<ProgressUpdate> = fc.record(
    {
      initiative: status,
      phases: fc.array(fc.record({ phase, status, at: moment }), { maxLength: 4 }),
      objectives: fc.array(
        fc.record({ id: objective, status, at: moment, saw: fc.option(fc.string({ unit: 'binary' })) }).map(({ id, saw, ...rest }) => ({
          ...rest,
          phase: id[0],
          objective: id.join('.'),
          ...(saw === null ? {} : { evidence: { ...evidence, checks: { a: { state: 'failed' as const, saw, at } } } }),
        })),
        { maxLength: 5 },
      ),
      triggers: fc.dictionary(
        fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/),
        fc.record({ state: fc.constant('met' as const), observed: fc.string(), at: moment }),
      ),
    },
    { requiredKeys: [] },
  );
  const property = (check: (text: string, update: ProgressUpdate) => void) =>
    fc.assert(fc.property(fc.constantFrom(...Object.values(texts)), updates, check), { numRuns: 100 });

  test('only allowed places change', () => {
    property((text, update) => {
      const changed = differences(parsed(text), parsed(recordProgress(text, update)));
      expect(changed.filter((pointer) => !ALLOWED.some((allowed) => allowed.test(pointer)))).toEqual([]);
    });
  });

  test('twice is the same as once', () => {
    property((text, update) => {
      const once = recordProgress(text, update);
      expect(recordProgress(once, update)).toBe(once);
    });
  });

  test('what was there keeps its order and its form', () => {
    property((text, update) => {
      const after = recordProgress(text, update);
      expect(keysOf(parsed(after)).filter((key) => keysOf(parsed(text)).includes(key))).toEqual(keysOf(parsed(text)));
      expect(after.slice(-20).match(/\s*$/)?.[0]).toBe(text.match(/\s*$/)?.[0]);
      expect(after.includes('\r\n')).toBe(text.includes('\r\n'));
      expect(after.replaceAll('\r\n', '').includes('\n')).toBe(text.replaceAll('\r\n', '').includes('\n'));
      const untouched = text
        .split('\n')
        .filter((line) => !/status|_date|observed|last_updated|current_state|reset_reason|evidence/.test(line));
      const lines = new Set(after.split('\n').map((line) => line.replace(/,?\r?$/, '')));
      if (untouched.length > 1 && !text.includes('\t'))
        expect(untouched.filter((line) => !lines.has(line.replace(/,?\r?$/, '')))).toEqual([]);
    });
  });

  test('it loads again, with the same digest', () => {
    property((text, update) => {
      expect(loadGoals(recordProgress(text, update), 'g').digest).toBe(loadGoals(text, 'g').digest);
    });
  });
});

/** Every key with its path, in the file's order. */
function keysOf(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [`${path}/${key}`, ...keysOf(inner, `${path}/${key}`)]);
}

/** The changed lines, as a diff has them: removed ones, then added ones. */
function linesOf(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const result: string[] = [];
  let index = 0;
  for (const line of now) {
    const found = old.indexOf(line, index);
    if (found === -1 || old.slice(index, found).some((skipped) => now.includes(skipped))) {
      result.push(`+${line}`);
      continue;
    }
    result.push(...old.slice(index, found).map((skipped) => `-${skipped}`));
    index = found + 1;
  }
  return result.join('\n');
}
