import { test } from 'vitest';
import { withRehearsal } from '../rehearsal.ts';
import { CHECKOUTS, LAYOUTS } from './checkout-cases.ts';
import { matchPage } from './page.ts';
import { REMOTES } from './remote-cases.ts';

const HEAD = `# What a user reads in a Git repository of another kind

Written by \`vitest run test/cli/surroundings/git.test.ts -u\`. Where a run comes through, it has committed, Flux has applied it, and the checkout is as it was.
`;

test('a run comes through in any checkout, layout and remote, or says what to do', { timeout: 400_000 }, async () => {
  await withRehearsal((cluster) =>
    matchPage('git-surroundings.md', HEAD, cluster, { Checkouts: CHECKOUTS, Layouts: LAYOUTS, 'Remotes and signatures': REMOTES }),
  );
});
