import { describe, expect, test } from 'vitest';
import { matchPhases } from '#goals/catalogue.ts';
import { loadGoals } from '#goals/load.ts';
import type { MatchedPhase } from '#goals/types.ts';
import { normaliseTitle } from '#goals/words.ts';
import { check } from '#model/check.ts';
import { objective } from '#model/phase.ts';
import { met } from '#model/verdict.ts';
import { goalsWith } from './support.ts';

const ready = check({ id: 'ready', title: 'ready', holds: 'always', reads: {}, judge: () => met('ready') });
const body = {
  preconditions: [],
  objectives: [
    objective('2.1', 'Core deployment', {
      deliverables: [
        { title: 'Deploy Loki HelmRelease', validations: [ready] },
        { title: 'Configure deployment mode', aliases: ['Configure Simple Scalable mode'], validations: [ready] },
        { title: 'Serve Grafana v12', skipped: 'no Grafana', validations: [ready] },
      ],
    }),
    objective('2.3', 'Integration tests', { deliverables: [] }),
  ],
};
const match = (objectives: unknown[], phase: Record<string, unknown> = {}): MatchedPhase => {
  const phases = [{ id: 'phase-2', name: 'Loki', status: 'in_progress', objectives, ...phase }];
  return matchPhases(
    [{ number: 2, name: 'Loki Deployment', body }],
    loadGoals(goalsWith({ rollout: 'logging', phases }), 'g'),
  )[0] as MatchedPhase;
};

describe('deliverables', () => {
  const { objectives } = match([
    {
      id: '2.1',
      name: 'Core',
      status: 'pending',
      deliverables: [
        'Deploy Loki HelmRelease ✅ (yesterday)',
        'CONFIGURE Simple  Scalable mode - pending',
        'Network policies supported by Cilium',
      ],
    },
  ]);

  test("match by title and alias, in the file's wording; the rest is marked", () => {
    expect(objectives[0]?.deliverables.map(({ title, inFile, unknown, skipped }) => [title, inFile, unknown, skipped])).toEqual([
      ['Deploy Loki HelmRelease ✅ (yesterday)', true, false, undefined],
      ['CONFIGURE Simple  Scalable mode - pending', true, false, undefined],
      ['Serve Grafana v12', false, false, 'no Grafana'],
      ['Network policies supported by Cilium', true, true, undefined],
    ]);
    expect(objectives[0]?.deliverables.map(({ validations }) => validations.length)).toEqual([1, 1, 1, 0]);
  });
});

describe('objectives', () => {
  test('those of the catalogue come first, with what the file recorded of them', () => {
    const added = { '2.3': { status: 'completed', evidence: { at: '2026-01-01', run: 'r', checks: {}, approvals: {}, desired: 'd' } } };
    const matched = match([{ id: '2.9', name: 'Ours', status: 'completed' }], { evidence: added });
    expect(matched.objectives.map(({ id, inFile, status, evidence }) => [id, inFile, status, evidence?.run])).toEqual([
      ['2.1', false, 'pending', undefined],
      ['2.3', false, 'completed', 'r'],
      ['2.9', true, 'completed', undefined],
    ]);
    expect(matched).toMatchObject({ name: 'Loki', id: 'phase-2', status: 'in_progress', body });
  });

  test("a person's skipping counts, a run's own is decided anew", () => {
    const evidence = { at: '2026-01-01', run: '', checks: {}, approvals: {}, desired: '' };
    const skipped = (fields: Record<string, unknown>) =>
      match([{ id: '2.1', name: 'x', status: 'skipped', ...fields }]).objectives[0]?.skipped;
    expect(skipped({})).toBe('the goals file skips it');
    expect(skipped({ skip_reason: 'not now', evidence })).toBe('not now');
    expect(skipped({ evidence })).toBeUndefined();
  });
});

test('a phase that only one side has is there all the same', () => {
  const goals = loadGoals(goalsWith({ rollout: 'logging', phases: [{ id: 7, name: 'Ours', objectives: [] }] }), 'g');
  const matched = matchPhases([{ number: 2, name: 'Loki Deployment', body }], goals);
  expect(matched.map(({ id, name, objectives }) => [id, name, objectives.length])).toEqual([
    ['phase-2', 'Loki Deployment', 2],
    ['phase-7', 'Ours', 0],
  ]);
});

test('goals of another rollout match nothing', () => {
  const goals = loadGoals(goalsWith({ rollout: 'ceph' }), 'g');
  expect(matchPhases([{ number: 2, name: 'x', body }], goals)[0]?.objectives.map(({ id, definition }) => [id, definition])).toEqual([
    ['2.1', undefined],
  ]);
});

test.each([
  ['Deploy test workloads ✅ (test fixtures created)', 'deploy test workloads'],
  ['✅ Deploy test workloads', 'deploy test workloads'],
  ['Full backup of all PVCs - ⏭️ SKIPPED', 'full backup of all pvcs'],
  ['Kernel version ≥4.17 confirmed - ✅ All nodes', 'kernel version confirmed'],
  ['Grafana v11.4.0 already deployed', 'grafana already deployed'],
  ['7-day stability monitoring', '7 day stability monitoring'],
  ['Test query performance (pending Alloy)', 'test query performance'],
])('the title of "%s" is "%s"', (title, normalised) => {
  expect(normaliseTitle(title)).toBe(normalised);
});
