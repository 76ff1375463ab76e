import { describe, expect, test } from 'vitest';
import { loadGoals } from '#goals/load.ts';
import { migrateGoals } from '#goals/migrate.ts';
import { goalsWith, REAL_FILES, readFixture, readOwn, readReal, whyNoRealFiles } from './support.ts';

const condition = 'Ceph S3 storage is operational';
const initiative = (fields: Record<string, unknown>) => goalsWith({ rollout: 'logging', initiative: { name: 'x', ...fields } });
const texts: Readonly<Record<string, string>> = {
  'old form': readFixture('old-form.goals'),
  'old form with Windows line ends and a mark': `\uFEFF${readFixture('old-form.goals').replaceAll('\n', '\r\n')}`,
  'old form on one line': JSON.stringify(JSON.parse(readFixture('old-form.goals').replace('1.10', '"1.10"'))),
  'triggers as an object at the top level': goalsWith({
    trigger_conditions: { conditions: [condition], current_state: { a: 1 }, mine: 2 },
  }),
  'triggers as a list in the initiative': initiative({ trigger_conditions: [condition], current_state: { a: 1 } }),
  'triggers under another name in the initiative': initiative({ triggers: { conditions: [condition] } }),
  'an initiative without a name': goalsWith({ initiative: { status: 'active' }, metadata: { title: 'x' } }),
  'two spellings of a date': initiative({}).replace('"status": "pending"', '"status": "Done", "completed_date": "a", "completed_at": "b"'),
  ...(whyNoRealFiles === undefined ? Object.fromEntries(REAL_FILES.map((name) => [name, readReal(name)])) : {}),
};

describe.each(Object.entries(texts))('%s', (_, text) => {
  const migrated = migrateGoals(text, 'some/file.json');
  const [before, after] = [loadGoals(text, 'some/file.json'), loadGoals(migrated, 'some/file.json')];

  test('has no warning about its form any more', () => {
    expect(after.warnings).toEqual([]);
  });

  test('means the same', () => {
    // How it is written is another thing.
    const meaning = ({ digest, value, warnings, statements, metrics, ...rest }: typeof before) => rest;
    expect(meaning(after)).toEqual(meaning(before));
  });

  test('is the same when migrated twice', () => {
    expect(migrateGoals(migrated, 'some/file.json')).toBe(migrated);
  });

  test('loses no text', () => {
    const words = (from: string) => [...from.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.]*/g)].map(([word]) => word);
    const kept = new Set(words(migrated).map((word) => word.replaceAll('"', '')));
    const rewritten =
      /^(id|status|title)$|^(Done|finished|✅ Completed|In Progress|someday|READY_TO_START|active|complete[a-z]*_date|completed_at|triggers|phase2|[123])$/;
    const lost = words(text)
      .map((word) => word.replaceAll('"', ''))
      .filter((word) => !kept.has(word) && !rewritten.test(word));
    expect(lost).toEqual([]);
  });
});

test("what is in today's form stays as it is, to the letter", () => {
  expect(migrateGoals(readOwn(), 'goals.json')).toBe(readOwn());
});

test('an old form, rewritten', () => {
  expect(migrateGoals(readFixture('old-form.goals'), 'old-form.json')).toMatchInlineSnapshot(`
    "{
    	"rollout": "logging",
    	"initiative": {
    		"name": "Old logging goals",
    		"status": "in_progress",
    		"trigger_conditions": {
    			"conditions": [
    				"Ceph S3 storage is operational",
    				{ "condition": "Debugging requires centralized log search", "met": true, "since": 2.10 }
    			],
    			"current_state": { "ceph_s3_ready": "yes" }
    		}
    	},
    	"title": "Old logging goals",
    	"phases": [
    		{
    			"id": "phase-1",
    			"name": "Infrastructure Preparation",
    			"status": "completed",
    			"completion_date": "2025-01-10T08:00:00Z",
    			"objectives": [
    				{ "id": "1.1", "name": "S3 Storage Setup", "status": "completed", "deliverables": ["Validate S3 bucket operations - ✅ done"] },
    				{ "id": "1.10", "name": "Repository Configuration", "status": "completed", "deliverables": [{ "title": "Verify chart availability", "owner": "me" }] }
    			]
    		},
    		{
    			"id": "phase-2",
    			"name": "Loki Deployment",
    			"status": "in_progress",
    			"objectives": [
    				{
    					"id": "2.1",
    					"name": "Core Deployment",
    					"status": "pending",
    					"state_of_mind": "hopeful",
    					"deliverables": [],
    					"prerequisites": ["1.1"]
    				},
    				{ "id": "2.2", "name": "Monitoring Integration", "status": "pending", "deliverables": [] }
    			]
    		},
    		{ "id": "phase-3", "name": "Alloy Configuration", "status": "pending", "objectives": [] }
    	],
    	"metadata": { "last_updated": "2025-01-10" }
    }
    "
  `);
});
