import { test } from 'vitest';
import { withRehearsal } from '../rehearsal.ts';
import { CLUSTER } from './cluster-cases.ts';
import { GOALS, PLAN, STATE } from './file-cases.ts';
import { GIT } from './git-cases.ts';
import { matchPage } from './page.ts';

const HEAD = `# What a user reads of bad input

Written by \`vitest run test/cli/surroundings/bad-input.test.ts -u\`; to be read as somebody who has never seen this program.
`;

test('bad input gives one message that says what happened, where, why and what to do', { timeout: 400_000 }, async () => {
  await withRehearsal((cluster) =>
    matchPage('bad-input.md', HEAD, cluster, {
      'The cluster': CLUSTER,
      Git: GIT,
      'State and disk': STATE,
      'The goals file': GOALS,
      'The plan file': PLAN,
    }),
  );
});
