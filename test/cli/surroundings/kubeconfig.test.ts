import { test } from 'vitest';
import { withRehearsal } from '../rehearsal.ts';
import { CREDENTIALS, FILES, PROXIES, TLS } from './kubeconfig-cases.ts';
import { matchPage } from './page.ts';

const HEAD = `# What a user reads with a kubeconfig of another kind

Written by \`vitest run test/cli/surroundings/kubeconfig.test.ts -u\`.
`;

test('any kubeconfig leads to the cluster, or the message says what is wrong with it', { timeout: 400_000 }, async () => {
  await withRehearsal((cluster) =>
    matchPage('kubeconfigs.md', HEAD, cluster, {
      Credentials: CREDENTIALS,
      'Files and contexts': FILES,
      TLS: TLS,
      Proxies: PROXIES,
    }),
  );
});
