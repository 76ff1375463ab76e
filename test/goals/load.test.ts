import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadGoals } from '#goals/load.ts';
import { UserError } from '#model/errors.ts';
import { goalsWith, REAL_FILES, readFixture, readOwn, readReal, userErrorOf, whyNoRealFiles } from './support.ts';

const phase = (id: unknown, objectives: unknown[] = []) => ({ id, name: 'x', status: 'pending', objectives });

describe('what cannot be loaded is refused with place, pointer and remedy', () => {
  const cases: readonly [string, string, RegExp][] = [
    ['empty', ' \n', /^goals\.json is empty$/],
    ['only a byte-order mark', '\uFEFF', /is empty/],
    ['cut off in an object', '{"phases": [\n {"id": 1,', /^goals\.json:2:11: the file is cut off/],
    ['cut off in a text', '{"phases": [\n {"id": "pha', /^goals\.json:2:9: the file is cut off/],
    ['no JSON', 'phases: []', /^goals\.json:1:1: a word that JSON does not know/],
    ['a comma too many', '{"phases": [],}', /^goals\.json:1:15: .*comma too many/],
    ['comments', '{\n // mine\n"phases": []}', /^goals\.json:2:2: comments are not part of JSON/],
    ['something after it', '{"phases": []} 1', /^goals\.json:1:16: something stands after the end/],
    ['an array', '[1]', /^goals\.json:1:1: the file is a list, not an object$/],
    ['a scalar', '"phases"', /^goals\.json:1:1: the file is text, not an object$/],
    ['null', 'null', /the file is null, not an object/],
    ['no phases', '{"a": 1}', /^goals\.json:1:1: the file lacks "phases"$/],
    ['phases of a wrong type', '{\n"phases": {}}', /^goals\.json:2:11: \/phases is an object, not a list$/],
    [
      'a wrong type inside',
      goalsWith({ metadata: { last_updated: 5 } }),
      /^goals\.json:20:21: \/metadata\/last_updated is a number, not text$/,
    ],
    ['several errors', '{"phases": [{"id": "phase-1"}, {"name": "x"}]}', /^goals\.json:1:13: \/phases\/0 lacks "name" \(and 1 more\)$/],
    [
      'twice the same phase',
      JSON.stringify({ phases: [phase(2), phase('phase-2')] }),
      /\/phases\/1\/id is "phase-2", and so is \/phases\/0\/id \(line 1\)/,
    ],
    [
      'twice the same objective',
      JSON.stringify({ phases: [phase(1, [phase('1.1')]), phase(2, [phase('1.1')])] }),
      /\/phases\/1\/objectives\/0\/id is "1\.1", and so is \/phases\/0\/objectives\/0\/id/,
    ],
    ['a key twice', '{"phases": [],\n "phases": []}', /^goals\.json:2:2: "phases" stands twice/],
    ['__proto__', '{"phases": [], "a": [{"__proto__": {}}]}', /^goals\.json:1:23: the name "__proto__" is not allowed/],
    ['an escaped __proto__', '{"phases": [], "\\u005f_proto__": {}}', /the name "__proto__" is not allowed/],
    ['constructor', '{"phases": [], "constructor": 1}', /the name "constructor" is not allowed/],
    ['bytes that are no UTF-8', Buffer.from([123, 34, 255, 34]).toString('utf8'), /^goals\.json:1:3: the file is not text in UTF-8/],
    ['deep nesting', '['.repeat(100_000), /^goals\.json:1:65: nested more than 64 levels deep/],
    ['a name that is too long', goalsWith({ initiative: { name: 'x'.repeat(501) } }), /\/initiative\/name is larger than the limit of 500/],
    [
      'too many phases',
      JSON.stringify({ phases: Array.from({ length: 101 }, (_, id) => phase(id)) }),
      /\/phases is larger than the limit of 100/,
    ],
    [
      'evidence that is not ours',
      goalsWith({ phases: [{ ...phase(1), objectives: [{ ...phase('1.1'), evidence: {} }] }] }),
      /evidence lacks "at"/,
    ],
  ];
  test.each(cases)('%s', (_, text, message) => {
    const error = userErrorOf(() => loadGoals(text, 'goals.json'));
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/\n/);
    expect(error.remedy).not.toBe('');
    expect(error.exit).toBe(2);
  });

  test('an unknown setting is refused with the nearest known one', () => {
    const error = userErrorOf(() => loadGoals(goalsWith({ environment: { loki: { retension: '7d' } } }), 'g'));
    expect(error.message).toMatch(/^g:\d+:\d+: \/environment\/loki\/retension is not a setting that exists$/);
    expect(error.remedy).toMatch(/^Did you mean "retention"\? Known here: namespace, mode, chart/);
  });

  test('a setting in a wrong form is refused with the right form', () => {
    const error = userErrorOf(() => loadGoals(goalsWith({ environment: { gitops: { directory: '../else' } } }), 'g'));
    expect(error.message).toMatch(/\/environment\/gitops\/directory is "\.\.\/else"$/);
    expect(error.remedy).toBe('Write a path inside the repository, without a leading / and without .., or . for its root.');
  });

  test('a password in the address of the Git remote is refused and not shown', () => {
    const error = userErrorOf(() => loadGoals(goalsWith({ environment: { gitops: { remote: 'https://me:hunter2@git.example/x' } } }), 'g'));
    expect(error.message + error.remedy).not.toContain('hunter2');
  });
});

describe('other forms load with warnings that name pointer and line', () => {
  const goals = loadGoals(readFixture('old-form.goals'), 'some/old-form.goals');

  test('phases, objectives and statuses are understood', () => {
    expect(goals.initiative).toEqual({ name: 'Old logging goals', status: 'in_progress' });
    expect(goals.rollout).toBe('logging');
    expect(goals.phases.map(({ id, number, status }) => [id, number, status])).toEqual([
      ['phase-1', 1, 'completed'],
      ['phase-2', 2, 'in_progress'],
      ['phase-3', 3, 'pending'],
    ]);
    const objectives = goals.phases.flatMap(({ objectives }) => objectives);
    expect(objectives.map(({ id, status }) => [id, status])).toEqual([
      ['1.1', 'completed'],
      ['1.10', 'completed'],
      ['2.1', 'pending'],
      ['2.2', 'pending'],
    ]);
    expect(objectives[1]?.deliverables).toEqual(['Verify chart availability']);
  });

  test('triggers at the top level are found, with what a person said', () => {
    expect(goals.triggers).toEqual([
      { id: 'ceph-s3-storage-is-operational', description: 'Ceph S3 storage is operational', claimed: 'yes' },
      { id: 'debugging-requires-centralized-log-search', description: 'Debugging requires centralized log search', claimed: true },
    ]);
  });

  test('each of it is a warning', () => {
    expect(goals.warnings.map(({ pointer, line, message }) => `${line} ${pointer}: ${message}`)).toMatchInlineSnapshot(`
      [
        "1 : no "initiative": called "Old logging goals", status derived from the phases",
        "1 /rollout: no "rollout": taken for "logging" by its names",
        "3 /triggers: trigger conditions stand in /initiative/trigger_conditions/conditions today",
        "10 /phases/0/id: taken for "phase-1": today it is written so",
        "12 /phases/0/status: "Done" is taken for "completed"",
        "13 /phases/0/completed_date: is called "completion_date" today",
        "15 /phases/0/objectives/0/id: taken for the text "1.1"",
        "15 /phases/0/objectives/0/status: "finished" is taken for "completed"",
        "16 /phases/0/objectives/1/id: taken for the text "1.10"",
        "16 /phases/0/objectives/1/status: "✅ Completed" is taken for "completed"",
        "20 /phases/1/id: taken for "phase-2": today it is written so",
        "22 /phases/1/status: "In Progress" is taken for "in_progress"",
        "24 /phases/1/objectives/0: no "status": taken for "pending"",
        "31 /phases/1/objectives/1/status: "someday" is no status that is known: taken for "pending"",
        "34 /phases/2/id: taken for "phase-3": today it is written so",
        "34 /phases/2: no "objectives": the phase has none",
        "34 /phases/2/status: "READY_TO_START" is taken for "pending"",
      ]
    `);
  });

  test('the name of the file serves when nothing else names the initiative', () => {
    expect(loadGoals(goalsWith({}), 'some/rollout.json').initiative.name).toBe('rollout');
  });

  test('a byte-order mark and Windows line ends do no harm', () => {
    const text = `\uFEFF${readFixture('old-form.goals').replaceAll('\n', '\r\n')}`;
    expect(loadGoals(text, 'some/old-form.goals')).toEqual({ ...goals });
  });

  test('ids without a number count by their place', () => {
    const text = JSON.stringify({ phases: [phase('setup'), phase('phase-1'), phase('cleanup')] });
    expect(loadGoals(text, 'g').phases.map(({ number }) => number)).toEqual([0, 1, 2]);
  });
});

describe('the digest', () => {
  const digest = (text: string) => loadGoals(text, 'g').digest;

  test('does not depend on progress, order or spacing', () => {
    const progressed = goalsWith({
      initiative: { name: 'a', status: 'done', trigger_conditions: { conditions: [], current_state: { x: 1 } } },
    });
    const plain = goalsWith({ initiative: { trigger_conditions: { conditions: [] }, name: 'a' } });
    expect(digest(progressed)).toBe(digest(plain));
    expect(digest(JSON.stringify(JSON.parse(plain)))).toBe(digest(plain));
  });

  test('changes with what is declared', () => {
    expect(digest(goalsWith({ environment: { loki: { retention: '7d' } } }))).not.toBe(digest(goalsWith({})));
  });
});

test('our own goals load without a warning', () => {
  const goals = loadGoals(readOwn(), 'goals.json');
  expect(goals.warnings).toEqual([]);
  expect(goals.phases.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(goals.phases.flatMap(({ objectives }) => objectives.map(({ status }) => status)).every((status) => status === 'pending')).toBe(
    true,
  );
});

describe.skipIf(whyNoRealFiles !== undefined)(`real files${whyNoRealFiles === undefined ? '' : ` (skipped: ${whyNoRealFiles})`}`, () => {
  test.each([
    ['logging-clean-slate.json', 'logging', 7],
    ['logging-mid-rollout.json', 'logging', 7],
    ['ceph-with-skips.json', 'ceph-distributed-storage-implementation', 5],
  ] as const)('%s loads as %s', (name, rollout, phases) => {
    const goals = loadGoals(readReal(name), name);
    expect(goals.rollout).toBe(rollout);
    expect(goals.phases).toHaveLength(phases);
    expect(goals.triggers).toHaveLength(4);
  });

  test('a skipped objective stays skipped, with its reason', () => {
    const goals = loadGoals(readReal('ceph-with-skips.json'), 'ceph');
    expect(goals.phases[0]?.objectives[1]).toMatchObject({ status: 'skipped', skipReason: 'User decision - proceeding without backup' });
  });

  test('what people said of the triggers is found', () => {
    expect(loadGoals(readReal('ceph-with-skips.json'), 'ceph').triggers.map(({ claimed }) => claimed)).toEqual([
      false,
      '116Gi',
      false,
      false,
    ]);
    expect(loadGoals(readReal('logging-mid-rollout.json'), 'mid').triggers.map(({ claimed }) => claimed)).toEqual([
      '100Gi',
      true,
      true,
      true,
    ]);
  });
});

describe('nothing else than a UserError is ever thrown', () => {
  const survives = (text: string): void => {
    try {
      const goals = loadGoals(text, 'g');
      expect(goals.phases.length).toBeGreaterThan(0);
      JSON.parse(text.replace(/^\uFEFF/, ''));
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
    }
  };
  const texts = [readFixture('old-form.goals'), readOwn(), ...(whyNoRealFiles === undefined ? REAL_FILES.map(readReal) : [])];

  test('for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => survives(Buffer.from(bytes).toString('utf8'))));
  });

  test('for any JSON', () => {
    const named = (value: fc.Arbitrary<unknown>) =>
      fc.record({ phases: fc.array(value), initiative: value, environment: value }, { requiredKeys: [] });
    fc.assert(fc.property(fc.oneof(fc.jsonValue(), named(fc.jsonValue())), (value) => survives(JSON.stringify(value))));
  });

  test('for files with a piece cut out, doubled or replaced', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('{', '}', '[', ']', ',', ':', '"', 'null', '1e999', '-', '\\', '\uD800', '"__proto__":1,'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(), fc.nat({ max: 400 }), piece, (text, at, length, put) => {
        const start = at % text.length;
        survives(text.slice(0, start) + put + text.slice(start + length));
      }),
      { numRuns: 300 },
    );
  });

  test('for files with any value put anywhere', () => {
    const places = texts.flatMap((text) => pathsOf(JSON.parse(text)).map((path) => ({ text, path })));
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 2 }), ({ text, path }, value) => {
        survives(JSON.stringify(put(JSON.parse(text), path, value)));
      }),
      { numRuns: 500 },
    );
  });
});

function pathsOf(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[key], ...pathsOf(inner).map((path) => [key, ...path])]);
}

function put(root: unknown, path: readonly string[], value: unknown): unknown {
  const parent = path
    .slice(0, -1)
    .reduce<Record<string, unknown>>((inner, key) => inner[key] as Record<string, unknown>, root as Record<string, unknown>);
  parent[path.at(-1) as string] = value;
  return root;
}
