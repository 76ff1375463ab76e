import { expect, test } from 'vitest';
import { judgeGit, judgeNode } from '#checks/tools.ts';

test.each([
  ['git version 2.39.5 (Apple Git-154)', 'met'],
  ['git version 2.31.0', 'met'],
  ['git version 2.53.0.windows.1', 'met'],
  ['git version 2.30.9', 'failed'],
  ['git version 1.8.3.1', 'failed'],
  ['', 'failed'],
])('git that says "%s" is %s', (words, state) => {
  expect(judgeGit(words)).toMatchObject({ state, saw: words || 'git told no version' });
});

test.each([
  ['v24.15.0', 'met'],
  ['v24.14.9', 'failed'],
  ['v26.0.0', 'met'],
  ['v25.9.0', 'failed'],
])('Node %s is %s', (version, state) => {
  expect(judgeNode(version, '^22.22.2 || ^24.15.0 || >=26').state).toBe(state);
});
