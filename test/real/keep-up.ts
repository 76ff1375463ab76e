import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { writeKubeconfig } from './parts/keys.ts';
import { reach } from './relay.ts';

/** Once the cluster is up, unless it ends before: the ways to it from outside, and what to paste into another terminal. */
export async function keepUp(directory: string, root: string, ended: AbortSignal): Promise<void> {
  while (!existsSync(path.join(directory, 'git.sock'))) {
    if (ended.aborted) return;
    await sleep(200);
  }
  const [api, git] = [await reach(directory, 'api.sock'), await reach(directory, 'git.sock')];
  const kubeconfig = await writeKubeconfig(
    path.join(directory, 'outside.kubeconfig'),
    `https://127.0.0.1:${api}`,
    'admin',
    path.join(directory, 'keys', 'ca.crt'),
  );
  const checkout = path.join(directory, 'checkout');
  await execa('git', ['-C', checkout, 'remote', 'set-url', 'origin', `http://127.0.0.1:${git}/git/fleet.git`]);
  process.stdout.write(`export KUBECONFIG=${kubeconfig}\nalias anton-logging='node ${path.join(root, 'bin/run.js')}'\ncd ${checkout}\n`);
  process.stderr.write('The cluster is up until Ctrl-C: use these lines in another terminal.\n');
}
