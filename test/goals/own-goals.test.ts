import { expect, test } from 'vitest';
import { matchPhasesFor } from '#goals/catalogue.ts';
import { resolveEnvironment } from '#goals/environment.ts';
import { loadGoals } from '#goals/load.ts';
import catalogue from '#phases/index.ts';
import { readOwn, readReal, whyNoRealFiles } from './support.ts';

const deliverablesOf = (text: string) => {
  const goals = loadGoals(text, 'goals.json');
  const { environment } = resolveEnvironment(goals);
  return matchPhasesFor(catalogue, environment, goals).flatMap(({ objectives }) => objectives.flatMap(({ deliverables }) => deliverables));
};
const titles = (deliverables: ReturnType<typeof deliverablesOf>) => deliverables.map(({ title }) => title);

test('our own goals and the catalogue have the same deliverables', () => {
  const deliverables = deliverablesOf(readOwn());
  expect(titles(deliverables.filter(({ unknown }) => unknown))).toEqual([]);
  expect(titles(deliverables.filter(({ inFile }) => !inFile))).toEqual([]);
});

test.skipIf(whyNoRealFiles !== undefined).each(['logging-clean-slate.json', 'logging-mid-rollout.json'] as const)(
  '%s: two deliverables are closed by approval only',
  (name) => {
    expect(titles(deliverablesOf(readReal(name)).filter(({ unknown }) => unknown))).toEqual([
      'Network policies supported by Cilium',
      'Phased rollout approach defined',
    ]);
  },
);
