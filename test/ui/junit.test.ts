import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it, test } from 'vitest';
import type { Event, Happening } from '#model/event.ts';
import type { Drift, Verification, VerifiedCheck } from '#model/verification.ts';
import { junitProgress, verificationJunit } from '#ui/junit.ts';
import { writeSuites } from '#ui/junit-xml.ts';
import { RUN } from './a-run.ts';

const LIST = { isArray: (name: string) => /^test(suite|case)$/.test(name) };
// biome-ignore lint/suspicious/noExplicitAny: XML of a known form
type Json = any;

describe('a run', () => {
  it('has a testsuite a phase and a testcase a check, with why and what to do below what is red', async () => {
    expect(await hear(RUN)).toMatchSnapshot();
  });

  it('that was pending to the end of its time has failed there', async () => {
    const [suite] = suitesOf(await hear(runOf('failed', judged('one', 'met'), judged('two', 'pending'))));
    expect(casesIn(suite)).toEqual([
      ['one: Title one', 'met'],
      ['two: Title two', 'failure'],
    ]);
  });

  it('that was pending beside what failed, or was interrupted, was not awaited', async () => {
    const [beside] = suitesOf(await hear(runOf('failed', judged('one', 'failed'), judged('two', 'pending'))));
    expect(casesIn(beside)).toEqual([
      ['one: Title one', 'failure'],
      ['two: Title two', 'skipped'],
    ]);
    const [interrupted, run] = suitesOf(await hear(runOf('in_progress', judged('two', 'pending'))));
    expect(casesIn(interrupted)).toEqual([['two: Title two', 'skipped']]);
    expect(casesIn(run)).toEqual([['The run', 'error']]);
  });

  it('whose precondition did not come has failed there', async () => {
    const { objective: _, ...precondition } = judged('store', 'pending') as Extract<Happening, { type: 'check.judged' }>;
    const events = [begun, precondition, { type: 'phase.finished', phase: 1, name: 'One', state: 'blocked' }, ended(5)] as Happening[];
    const [suite, ...others] = suitesOf(await hear(dated(events)));
    expect(casesIn(suite)).toEqual([['store: Title store', 'failure']]);
    expect(others).toEqual([]);
  });

  it.each([
    [0, []],
    [3, []],
    [4, [['The run', 'error']]],
    [130, [['The run', 'error']]],
  ] as const)('that ended with %i and nothing red besides tells so', async (exit, expected) => {
    const suites = suitesOf(await hear(dated([begun, judged('one', 'met'), ended(exit)])));
    expect(suites.slice(1).flatMap(casesIn)).toEqual(expected);
  });

  it('is written once, and not before it is over', async () => {
    const written: string[] = [];
    const progress = junitProgress((text) => written.push(text));
    progress.listener(RUN[0] as Event);
    await progress.close();
    expect(written).toEqual([]);
    progress.listener(RUN.at(-1) as Event);
    await progress.close();
    await progress.close();
    expect(written).toHaveLength(1);
  });
});

describe('a verification', () => {
  const check = (id: string, state: VerifiedCheck['state'], rest: Partial<VerifiedCheck> = {}): VerifiedCheck => ({
    ...{ id, title: `Title ${id}`, state, saw: `saw ${id}` },
    ...(state === 'met' ? {} : { cause: ['why'], remedy: 'do this' }),
    ...rest,
  });

  it.each<[VerifiedCheck, string]>([
    [check('a', 'met'), 'met'],
    [check('a', 'failed'), 'failure'],
    [check('a', 'pending'), 'failure'],
    [check('a', 'pending', { deferred: true }), 'skipped'],
    [check('a', 'unknown'), 'error'],
    [check('a', 'stale'), 'skipped'],
  ])('$state becomes %s', (one, expected) => {
    expect(suitesOf(verificationJunit(verified([one]))).flatMap(casesIn)).toEqual([['a: Title a', expected]]);
  });

  it('tells a check of several objectives once, and a skipped objective as such', () => {
    const [suite] = suitesOf(verificationJunit(verified([check('a', 'met')], [check('a', 'met'), check('b', 'failed')])));
    expect(suite).toMatchObject({ '@name': 'Phase 1: One', '@tests': '3', '@failures': '1', '@errors': '0', '@skipped': '1' });
    expect(casesIn(suite)).toEqual([
      ['a: Title a', 'met'],
      ['b: Title b', 'failure'],
      ['Nothing', 'skipped'],
    ]);
    expect(suite.testcase[1].failure).toEqual({ '@message': 'saw b', '#text': 'because why\nto fix it: do this' });
  });

  it('has a red testcase for each drift in its phase, and for what could not be looked at', () => {
    const base = { phase: 1, objective: '1.1', remedy: 'do this' };
    const drift: readonly Drift[] = [
      {
        ...base,
        kind: 'object',
        state: 'changed',
        what: 'ConfigMap monitoring/a',
        field: 'data.b',
        wanted: '1',
        found: '2',
        by: 'kubectl-edit',
      },
      { ...base, phase: 2, kind: 'file', state: 'missing', what: 'b.yaml' },
    ];
    const unseen = [{ ...base, saw: 'ConfigMap monitoring/c could not be read', cause: ['forbidden'] }];
    const [suite] = suitesOf(verificationJunit({ ...verified([]), drift, unseen }));
    expect(casesIn(suite)).toEqual([
      ['drift of object ConfigMap monitoring/a data.b', 'failure'],
      ['drift', 'error'],
    ]);
    expect(suite.testcase[0].failure['@message']).toBe('ConfigMap monitoring/a: data.b is 2, wanted is 1; last set by kubectl-edit');
    expect(suite.testcase[1].error).toEqual({
      '@message': 'ConfigMap monitoring/c could not be read',
      '#text': 'because forbidden\nto fix it: do this',
    });
  });

  function verified(...objectives: readonly (readonly VerifiedCheck[])[]): Verification {
    const all = objectives.map((checks, index) => ({
      id: `1.${index + 1}`,
      name: `Objective ${index + 1}`,
      status: 'completed' as const,
      checks,
    }));
    const skipped =
      objectives.length === 1 ? [] : [{ id: '1.9', name: 'Nothing', status: 'skipped' as const, reason: 'none here', checks: [] }];
    return {
      ...{ observed_at: '2026-01-02T03:04:05.678Z', regressions: [], drift: [], unseen: [], exit: 0 },
      phases: [{ number: 1, name: 'One', objectives: [...all, ...skipped] }],
    };
  }
});

test('whatever a text holds, the XML is well-formed and says the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const one = { of: text, id: text, name: text, message: text, details: [text] };
      const xml = writeSuites([
        {
          name: text,
          cases: [
            { ...one, result: 'failure' },
            { ...one, result: 'met' },
          ],
        },
      ]);
      expect(XMLValidator.validate(xml)).toBe(true);
      expect(xml).not.toMatch(/[^\n\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u);
    }),
  );
  const said = suitesOf(writeSuites([{ name: '<&>"\'', cases: [] }]));
  expect(said).toMatchObject([{ '@name': '<&>"\'' }]);
});

const begun: Happening = { type: 'phase.started', phase: 1, name: 'One' };

function ended(exit: 0 | 1 | 3 | 4 | 5 | 130): Happening {
  return { type: 'run.finished', state: 'failed', exit, phases: [], summary: 'it is over' };
}

function judged(check: string, state: VerifiedCheck['state']): Happening {
  return { type: 'check.judged', phase: 1, objective: '1.1', check, title: `Title ${check}`, state, summary: 'seen' } as Happening;
}

function runOf(state: 'failed' | 'in_progress', ...checks: readonly Happening[]): readonly Event[] {
  const finished: Happening = { type: 'objective.finished', phase: 1, objective: '1.1', name: 'Objective', state };
  return dated([begun, ...checks, finished, ended(state === 'failed' ? 1 : 130)]);
}

function dated(happenings: readonly Happening[]): readonly Event[] {
  return happenings.map((happening, index) => ({ time: '2026-01-02T03:04:05.678Z', run: 'r1', seq: index + 1, ...happening }));
}

async function hear(events: readonly Event[]): Promise<string> {
  let written = '';
  const progress = junitProgress((text) => {
    written += text;
  });
  for (const event of events) progress.listener(event);
  await progress.close();
  return written;
}

function suitesOf(xml: string): readonly Json[] {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', ...LIST });
  return parser.parse(xml, true).testsuites.testsuite ?? [];
}

function casesIn(suite: Json): readonly (readonly [string, string])[] {
  return suite.testcase.map((one: Json) => [one['@name'], ['failure', 'error', 'skipped'].find((kind) => kind in one) ?? 'met']);
}
