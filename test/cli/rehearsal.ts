import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { type EmbeddedCluster, startCluster } from '#rehearsal/cluster.ts';
import { root } from './run-command.ts';
import { scratchFile, scratchFolder } from './scratch.ts';

/** Gives a test an embedded cluster and the surroundings that `rehearse --serve` prints, in its checkout. */
export async function withRehearsal(
  use: (cluster: EmbeddedCluster) => Promise<void>,
  file = join(root, 'goals/goals.json'),
): Promise<void> {
  const goals = await readFile(file, 'utf8');
  const cluster = await startCluster({ directory: await scratchFolder(), goals });
  vi.stubEnv('KUBECONFIG', await scratchFile('kubeconfig', cluster.kubeconfig));
  vi.stubEnv('ANTON_LOGGING_REHEARSAL', cluster.url);
  vi.stubEnv('XDG_STATE_HOME', await scratchFolder());
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(cluster.checkout);
  try {
    await use(cluster);
  } finally {
    cwd.mockRestore();
    vi.unstubAllEnvs();
    await cluster.stop();
  }
}
