import { describe, expect, it } from 'vitest';
import { findChangedChanges, findMoves, isProgress } from '#engine/plan-moves.ts';
import type { Basis, Plan, PlannedObjective, PlannedPart } from '#model/plan.ts';

const OWN = 'own';
const BASIS: Basis = {
  goals: { '/environment/loki/retention': { shown: '30d', digest: '30' }, '/environment/token': { shown: '***', digest: 'a' } },
  cluster: { server: 'https://one', uid: 'u1' },
  repository: { remote: 'origin (url)', branch: 'main', tip: 'aaaaaaaaaaaaaaaa' },
};
const commit = { hash: 'bbbbbbbbbbbbbbbb', author: 'Ada', subject: 'mine', files: ['a.yaml'] };

describe('what a plan was made of', () => {
  it.each<[string, Basis, Parameters<typeof findMoves>[2], readonly string[]]>([
    ['is the same', BASIS, [], []],
    ['has the commits of its own run', BASIS, [{ ...commit, plan: OWN }], []],
    ['has the commit of another plan', BASIS, [{ ...commit, plan: 'other' }], ['repository: commit bbbbbbbbbb by Ada came to main: mine']],
    ['has a foreign commit', BASIS, [commit], ['repository: commit bbbbbbbbbb by Ada came to main: mine']],
    ['has another history', BASIS, undefined, ['repository: commit aaaaaaaaaa of the plan is not on main any more']],
    [
      'has other goals',
      { ...BASIS, goals: { '/environment/loki/retention': { shown: '14d', digest: '14' }, '/new': { shown: '1', digest: '1' } } },
      [],
      [
        'goals: /environment/loki/retention: was 30d, is 14d',
        'goals: /environment/token: was ***, is not there',
        'goals: /new: was not there, is 1',
      ],
    ],
    [
      'has another secret',
      { ...BASIS, goals: { ...BASIS.goals, '/environment/token': { shown: '***', digest: 'b' } } },
      [],
      ['goals: /environment/token: was ***, is *** (another value)'],
    ],
    [
      'is another cluster',
      { ...BASIS, cluster: { server: 'https://two', uid: 'u2' } },
      [],
      ['cluster: the API server was https://one, is https://two', 'cluster: it is another one: namespace kube-system had uid u1, has u2'],
    ],
    [
      'is another repository',
      { ...BASIS, repository: { ...BASIS.repository, remote: 'origin (other)' } },
      undefined,
      ['repository: it was origin (url), is origin (other)'],
    ],
  ])('%s', (_, now, commits, moves) => {
    expect(findMoves(BASIS, now, commits, OWN)).toEqual(moves);
  });
});

it.each<[readonly string[], boolean]>([
  [['goals/goals.json'], true],
  [['goals/goals.json', 'a.yaml'], false],
  [['other/goals.json'], false],
  [[], false],
])('a commit of %j: is it progress alone? %s', (files, expected) => {
  expect(isProgress({ ...commit, files }, '/home/ada/lab/goals/goals.json')).toBe(expected);
});

const file = { name: 'a.yaml', digest: '1' };
const job = { name: 'Job lab/a', digest: '1', effect: 'e' };

describe('planned changes', () => {
  it.each<
    [string, readonly PlannedPart[], readonly PlannedPart[], { begun?: true; before?: Partial<PlannedObjective> }, readonly string[]]
  >([
    ['are the same', [file, job], [file, job], {}, []],
    ['have another content', [file], [{ ...file, digest: '2' }], {}, ['1.1 a.yaml: it would become something else']],
    ['have another effect', [job], [{ ...job, effect: 'f' }], {}, ['1.1 Job lab/a: what is there is not what it was']],
    ['have another effect on what a killed run left', [job], [{ ...job, effect: 'f' }], { begun: true }, []],
    ['are more', [], [file], {}, ['1.1 a.yaml: it is not in the plan']],
    ['are more of a run that goes on', [], [file], { begun: true }, ['1.1 a.yaml: it is not in the plan']],
    ['are done by somebody else', [file], [], {}, ['1.1 a.yaml: there is nothing left to do']],
    ['are done by a run that goes on', [file], [], { begun: true }, []],
    ['follow from what a run that goes on has done', [], [job], { begun: true, before: { derives: true } }, []],
    ['could not be planned before', [], [file], { before: { state: 'blocked' } }, []],
  ])('%s', (_, before, now, { begun = false, before: of = {} }, changed) => {
    expect(findChangedChanges(planOf(before, of), planOf(now), begun)).toEqual(changed.map((line) => `planned change: ${line}`));
  });

  it('can not be planned any more', () => {
    const now = planOf([], { state: 'failed', reason: 'a.yaml was edited' });
    expect(findChangedChanges(planOf([file]), now, true)).toEqual(['planned change: 1.1 as a whole: a.yaml was edited']);
  });
});

function planOf(parts: readonly PlannedPart[], rest: Partial<PlannedObjective> = {}): Plan {
  const changes = [{ do: 'commit', target: 'commit', diff: '', parts }] as const;
  const objective = { objective: '1.1', name: 'A', state: 'pending', derives: false, changes, waits: [], probes: [], gates: [] } as const;
  return { phases: [{ objectives: [{ ...objective, ...rest }] }] } as unknown as Plan;
}
